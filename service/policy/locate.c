#include "service/policy/locate.h"

#include "proto/fault.h"
#include "proto/utf.h"

#include <string.h>

typedef struct cursor {
    const char *at, *end;
    bool cut; /* the path may have been cut to fit its field */
} cursor;

static void skip_space(cursor *c) {
    while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at) c->at++;
}

static void skip_string(cursor *c) {
    for (c->at++; *c->at != '"'; c->at++)
        if (*c->at == '\\') c->at++;
    c->at++;
}

/* Skips a value with everything inside it. */
static void skip_value(cursor *c) {
    int depth = 0;
    do {
        skip_space(c);
        char first = *c->at;

        if (first == '"') {
            skip_string(c);
        } else if (first == '{' || first == '[') {
            depth++;
            c->at++;
        } else if (first == '}' || first == ']') {
            depth--;
            c->at++;
        } else if (first == ',' || first == ':') {
            c->at++;
        } else {
            while (c->at < c->end && !strchr(",:]} \t\r\n", *c->at)) c->at++;
        }
    } while (depth && c->at < c->end);
}

/* How many characters of path are the printed name of the member key; 0: path begins with another member.
 * print_path prints control characters as '?', and cuts long paths. */
static size_t takes(const cursor *c, const char *path, const char *key) {
    size_t i = 0;
    for (; key[i] && path[i]; i++) {
        unsigned char k = (unsigned char)key[i];
        if (path[i] != key[i] && !(path[i] == '?' && (k < 0x20 || k == 0x7F))) return 0;
    }
    if (key[i]) return c->cut && !path[i] ? i : 0;
    return !path[i] || path[i] == '.' || path[i] == '[' ? i : 0;
}

/* Moves to the value of the member that path begins with. False: the object has no such member. */
static bool enter_object(cursor *c, const json_tree_node **node, const char **path, const char **ret_name) {
    const json_tree_node *best = NULL;
    size_t most = 0;
    for (const json_tree_node *m = json_tree_first(*node); m; m = json_tree_next(m)) {
        size_t taken = takes(c, *path, json_tree_key(m));
        if (taken > most) most = taken, best = m;
    }
    if (!best) return false;

    c->at++;
    for (const json_tree_node *m = json_tree_first(*node);; m = json_tree_next(m)) {
        skip_space(c);
        if (*c->at == ',') c->at++;
        skip_space(c);
        *ret_name = c->at;
        skip_string(c);
        skip_space(c);
        c->at++; /* the colon */
        skip_space(c);
        if (m == best) break;
        skip_value(c);
        skip_space(c);
    }

    *path += most;
    if (**path == '.') ++*path;
    *node = best;
    return true;
}

static bool enter_array(cursor *c, const json_tree_node **node, const char **path) {
    const char *p = *path + 1;
    size_t index = 0;
    for (; *p >= '0' && *p <= '9'; p++) index = index * 10 + (size_t)(*p - '0');
    if (index >= json_tree_count(*node)) return false;
    const json_tree_node *element = json_tree_first(*node);
    c->at++;
    for (size_t i = 0;; i++, element = json_tree_next(element)) {
        skip_space(c);
        if (*c->at == ',') c->at++;
        skip_space(c);
        if (i == index) break;
        skip_value(c);
    }
    *path = *p == ']' ? p + 1 : p;
    if (**path == '.') ++*path;
    *node = element;
    return true;
}

size_t locate_start(const char *text, size_t length) {
    static const char mark[] = "\xEF\xBB\xBF";
    return length >= 3 && !memcmp(text, mark, 3) ? 3 : 0;
}

size_t locate(const char *text, size_t length, const json_tree_node *root, const char *path) {
    cursor c = {text, text + length, strlen(path) + 4 >= sizeof((fault *)0)->field};
    skip_space(&c);
    const char *place = c.at;
    while (*path) {
        json_tree_kind kind = json_tree_kind_of(root);
        const char *name = NULL;
        bool in = kind == TREE_OBJECT                  ? enter_object(&c, &root, &path, &name)
                  : kind == TREE_ARRAY && *path == '[' ? enter_array(&c, &root, &path)
                                                       : false;
        if (!in) break;
        place = name && !*path ? name : c.at;
    }
    return (size_t)(place - text);
}

void locate_line(const char *text, size_t offset, size_t *ret_line, size_t *ret_column) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') line++, column = 1;
        else if (utf8_starts(text[i])) column++;
    }
    *ret_line = line;
    *ret_column = column;
}
