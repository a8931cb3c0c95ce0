#include "service/policy/args.h"

#include <string.h>

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* Reads the program's name: in it, quotes only group, and a backslash is an ordinary character. */
static const char *take_program(const char *p, char **out) {
    bool quoted = false;
    for (; *p && (quoted || !is_space(*p)); p++) {
        if (*p == '"') quoted = !quoted;
        else *(*out)++ = *p;
    }
    return p;
}

/* Reads an argument. Before a quote, each pair of backslashes stands for one, and an odd backslash makes the
 * quote an ordinary character. Inside quotes, "" stands for one quote. */
static const char *take_argument(const char *p, char **out) {
    bool quoted = false;
    while (*p && (quoted || !is_space(*p))) {
        size_t slashes = strspn(p, "\\");
        p += slashes;
        size_t kept = *p == '"' ? slashes / 2 : slashes;
        memset(*out, '\\', kept);
        *out += kept;

        if (*p == '"' && slashes % 2) {
            *(*out)++ = *p++;
        } else if (*p == '"' && quoted && p[1] == '"') {
            *(*out)++ = '"';
            p += 2;
        } else if (*p == '"') {
            quoted = !quoted;
            p++;
        } else if (!slashes) {
            *(*out)++ = *p++;
        }
    }
    return p;
}

bool args_split(arena *a, const char *line, argument **ret, size_t *ret_count) {
    size_t length = strlen(line), count = 0;
    /* Each argument takes a NUL, and has a space or a quote in front of the next. */
    char *out = arena_alloc(a, length + length / 2 + 3);
    argument *list = arena_array(a, length / 2 + 2, sizeof *list);
    const char *p = line;
    if (!out || !list) return false;

    while (count == 0 || *p) {
        argument *one = &list[count++];
        one->text = out;
        one->from = (size_t)(p - line);
        p = count == 1 ? take_program(p, &out) : take_argument(p, &out);
        one->to = (size_t)(p - line);
        *out++ = '\0';
        while (is_space(*p)) p++;
    }

    *ret = list;
    *ret_count = count;
    return true;
}
