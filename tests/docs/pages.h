/* Markdown as the tests of the documentation read it: fenced blocks by their kind. */
#ifndef SB_TESTS_DOCS_PAGES_H
#define SB_TESTS_DOCS_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* A fenced block. Its kind is the word after the fence. The line
 *     <!-- not run: REASON -->
 * just before the fence says why no test runs it. */
typedef struct page_block {
    const char *path; /* of its page */
    int line;
    const char *kind, *text; /* the text ends with a line end */
    const char *reason;      /* NULL: it is run */
} page_block;

typedef struct page {
    const char *path;
    char *text;  /* unchanged */
    char *prose; /* the same with fenced blocks and inline code blanked out, for looking for links */
    page_block *blocks;
    size_t count;
    int stray; /* the line of a block that is indented, not fenced; 0: none */
} page;

/* Reads a page. On failure prints why and returns false. */
bool page_read(const char *path, page *ret);
void page_free(page *p);

/* Returns which program runs blocks of a kind. */
typedef enum page_runner { RUN_NOWHERE, RUN_PORTABLE, RUN_WINDOWS } page_runner;
page_runner page_runner_of(const char *kind);

/* Checks that a line of output matches the line in the documentation. Numbers, times, ids, users and paths
 * may differ, exit codes may not. The number of blanks may differ, and "..." matches anything. note may be
 * NULL; it is called with a number at the beginning of the line, as shown and as printed here. */
typedef void page_note(void *context, const char *shown, size_t shown_length, const char *got,
                       size_t got_length);
bool page_line_matches(const char *shown, const char *got, page_note *note, void *context);
/* The same for several lines; a line "..." matches any number of lines. */
bool page_lines_match(const char *shown, const char *got, page_note *note, void *context);

#endif
