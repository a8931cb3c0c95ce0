#include "tests/docs/paths.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static size_t path_length(const char *at) {
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || (at[length] && strchr("/._-", at[length]))) length++;
    while (length && at[length - 1] == '.') length--; /* the end of a sentence */
    return length;
}

/* Returns whether a component has no small letter, as in "tests/fuzz/TARGET". */
static bool has_placeholder(const char *path) {
    for (const char *part = path; *part; part += strcspn(part, "/"), part += *part == '/') {
        size_t length = strcspn(part, "/"), small = 0;
        for (size_t i = 0; i < length; i++) small += islower((unsigned char)part[i]) != 0;
        if (length && !small) return true;
    }
    return false;
}

static bool begins_with_room(const char *at) {
    static const char *const rooms[] = {"proto/", "service/", "client/", "install/", "tests/", "docs/"};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        if (!strncmp(at, rooms[i], strlen(rooms[i]))) return true;
    return false;
}

/* Returns whether there is such a file or directory: fopen opens both. */
static bool is_there(const char *root, const char *path) {
    char whole[1024];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    FILE *file = fopen(whole, "rb");
    if (file) fclose(file);
    return file != NULL;
}

/* Returns whether at begins a word of code: only code is blank in prose. */
static bool is_word_of_code(const page *p, const char *at) {
    return p->prose[at - p->text] == ' ' && (at == p->text || strchr("` \n(", at[-1]));
}

bool paths_good(const page *p, const char *root, size_t *paths) {
    bool good = true;
    for (const char *at = p->text; *at; at++) {
        char path[256];
        if (!begins_with_room(at) || !is_word_of_code(p, at)) continue;
        snprintf(path, sizeof path, "%.*s", (int)path_length(at), at);
        if (has_placeholder(path)) continue;
        ++*paths;
        if (is_there(root, path)) continue;
        fprintf(stderr, "%s: there is no such file: %s\n", p->path, path);
        good = false;
    }
    return good;
}
