#include "tests/docs/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long size = file && !fseek(file, 0, SEEK_END) ? ftell(file) : -1;
    if (size >= 0 && (text = malloc((size_t)size + 1)) != NULL) {
        rewind(file);
        text[fread(text, 1, (size_t)size, file)] = 0;
    }
    if (file) fclose(file);
    if (!text) fprintf(stderr, "%s: not to be read\n", path);
    return text;
}

static void drop_carriage_returns(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '\r') *to++ = *from;
    *to = 0;
}

static char *copy_of(const char *text, size_t length) {
    char *copy = malloc(length + 1);
    if (!copy) abort();
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

static size_t line_length(const char *at) {
    return strcspn(at, "\n");
}

/* Returns a copy of the reason in the line before the fence, or NULL. */
static const char *reason_of(const char *line) {
    static const char mark[] = "<!-- not run: ";
    const char *end = line ? strstr(line, " -->") : NULL;
    if (!end || strncmp(line, mark, sizeof mark - 1) || end > line + line_length(line)) return NULL;
    return copy_of(line + sizeof mark - 1, (size_t)(end - line) - (sizeof mark - 1));
}

static void blank(char *from, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (from[i] != '\n') from[i] = ' ';
}

/* Blanks inline code, which is between two runs of equally many backticks. */
static void blank_code(char *text) {
    for (char *at = text; (at = strchr(at, '`')) != NULL;) {
        size_t ticks = strspn(at, "`");
        char *end = at + ticks;
        while ((end = strchr(end, '`')) != NULL && strspn(end, "`") != ticks) end += strspn(end, "`");
        if (!end) break;
        blank(at, (size_t)(end - at) + ticks);
        at = end + ticks;
    }
}

static page_block *add_block(page *p) {
    page_block *grown = realloc(p->blocks, (p->count + 1) * sizeof *grown);
    if (!grown) abort();
    p->blocks = grown;
    return &grown[p->count++];
}

/* Takes the block whose opening fence ends at at. Returns the end of the block, or NULL if it has none. */
static char *take_block(page *p, char *at, int line, const char *before) {
    size_t length = line_length(at);
    char *text = at + length + (at[length] != 0),
         *end = !strncmp(text, "```\n", 4) ? text : strstr(text, "\n```\n");
    if (!end) return NULL;
    if (end != text) end++;
    page_block *b = add_block(p);
    *b = (page_block){.path = p->path,
                      .line = line,
                      .kind = copy_of(at, length),
                      .text = copy_of(text, (size_t)(end - text)),
                      .reason = reason_of(before)};
    return end + 4;
}

static bool find_blocks(page *p) {
    const char *before = NULL;
    bool was_empty = true;
    int line = 1;

    for (char *at = p->text; *at;) {
        char *next = at + line_length(at) + (at[line_length(at)] != 0);
        if (!strncmp(at, "```", 3)) {
            next = take_block(p, at + 3, line, before);
            if (!next) fprintf(stderr, "%s:%d: a block without an end\n", p->path, line);
            if (!next) return false;
            blank(p->prose + (at - p->text), (size_t)(next - at));
        } else if (was_empty && !strncmp(at, "    ", 4) && !p->stray) {
            p->stray = line;
        }
        for (const char *c = at; c < next; c++) line += *c == '\n';
        was_empty = at[0] == '\n';
        before = at;
        at = next;
    }
    blank_code(p->prose);
    return true;
}

bool page_read(const char *path, page *ret) {
    page p = {.path = path, .text = read_file(path)};
    if (!p.text) return false;
    drop_carriage_returns(p.text);
    p.prose = copy_of(p.text, strlen(p.text));
    bool good = find_blocks(&p);
    if (good) *ret = p;
    else page_free(&p);
    return good;
}

void page_free(page *p) {
    for (size_t i = 0; i < p->count; i++) {
        free((char *)p->blocks[i].kind);
        free((char *)p->blocks[i].text);
        free((char *)p->blocks[i].reason);
    }
    free(p->blocks);
    free(p->text);
    free(p->prose);
    *p = (page){0};
}

page_runner page_runner_of(const char *kind) {
    static const struct {
        const char *kind;
        page_runner runner;
    } list[] = {{"c", RUN_WINDOWS},     {"console", RUN_WINDOWS}, {"jsonrpc", RUN_WINDOWS},
                {"js", RUN_WINDOWS},    {"cmake", RUN_PORTABLE},  {"diff", RUN_PORTABLE},
                {"json", RUN_PORTABLE}, {"sh", RUN_PORTABLE},     {"sql", RUN_PORTABLE}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (!strcmp(kind, list[i].kind)) return list[i].runner;
    return RUN_NOWHERE;
}
