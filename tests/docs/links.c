#include "tests/docs/links.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 1024 };

/* Makes the anchor of a heading: small letters, blanks as hyphens, no punctuation. */
static void slug_of(const char *heading, size_t length, char *ret, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < size; i++) {
        unsigned char c = (unsigned char)heading[i];
        if (isalnum(c) || c == '-' || c == '_' || c >= 0x80) ret[used++] = (char)tolower(c);
        else if (c == ' ') ret[used++] = '-';
    }
    ret[used] = 0;
}

static bool has_heading(const page *p, const char *anchor) {
    char slug[256];
    const char *prose = p->prose;
    for (const char *at = p->text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        size_t hashes = strspn(at, "#");
        if (!hashes || at[hashes] != ' ' || prose[at - p->text] != '#')
            continue; /* no heading, or in a block */
        slug_of(at + hashes + 1, strcspn(at + hashes + 1, "\n"), slug, sizeof slug);
        if (!strcmp(slug, anchor)) return true;
    }
    return false;
}

/* Makes a path of target, which is relative to the directory of the page. */
static void path_of(const page *p, const char *target, size_t length, char *ret, size_t size) {
    const char *slash = strrchr(p->path, '/');
    int directory = slash ? (int)(slash - p->path) + 1 : 0;
    snprintf(ret, size, "%.*s%.*s", directory, p->path, (int)length, target);
}

static bool is_there(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

static bool leads_somewhere(const page *p, const char *target, size_t length) {
    char path[PATH_SIZE], anchor[256] = "";
    const char *hash = memchr(target, '#', length);
    size_t file_length = hash ? (size_t)(hash - target) : length;
    if (hash) snprintf(anchor, sizeof anchor, "%.*s", (int)(length - file_length - 1), hash + 1);
    if (!file_length) return has_heading(p, anchor);
    path_of(p, target, file_length, path, sizeof path);
    if (!hash) return is_there(path);
    page other;
    if (!page_read(path, &other)) return false;
    bool found = has_heading(&other, anchor);
    page_free(&other);
    return found;
}

static int line_of(const page *p, size_t offset) {
    int line = 1;
    for (size_t i = 0; i < offset; i++) line += p->text[i] == '\n';
    return line;
}

static bool page_links_good(const page *p, size_t *links) {
    bool good = true;
    for (const char *at = p->prose; (at = strstr(at, "](")) != NULL;) {
        const char *target = p->text + (at - p->prose) + 2;
        size_t length = strcspn(target, ")");
        at += 2;
        if (!strncmp(target, "http", 4)) continue;
        (*links)++;
        if (leads_somewhere(p, target, length)) continue;
        fprintf(stderr, "%s:%d: the link leads nowhere: %.*s\n", p->path,
                line_of(p, (size_t)(target - p->text)), (int)length, target);
        good = false;
    }
    return good;
}

bool links_good(const page *pages, size_t count, size_t *ret_links) {
    bool good = true;
    size_t links = 0;
    for (size_t i = 0; i < count; i++)
        if (!page_links_good(&pages[i], &links)) good = false;
    *ret_links = links;
    return good;
}
