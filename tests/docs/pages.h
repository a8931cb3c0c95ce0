/* Markdown as the tests of the documentation see it: fenced blocks by their kind. */
#ifndef SB_TESTS_DOCS_PAGES_H
#define SB_TESTS_DOCS_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* A fenced block. Its kind is the word behind the fence. A line just before the fence
 *     <!-- not run: REASON -->
 * is its reason not to be run. */
typedef struct page_block {
    const char *path; /* of its page */
    int line;
    const char *kind, *text; /* the text ends with a line end */
    const char *reason;      /* NULL: it is run */
} page_block;

typedef struct page {
    const char *path;
    char *text;  /* as it is */
    char *prose; /* the same with fenced blocks and inline code blanked out, for looking for links */
    page_block *blocks;
    size_t count;
    int stray; /* the line of a block that is indented instead of fenced; 0: there is none */
} page;

/* False after printing why. */
bool page_read(const char *path, page *ret);
void page_free(page *p);

/* Which program runs a kind. */
typedef enum page_runner { RUN_NOWHERE, RUN_PORTABLE, RUN_WINDOWS } page_runner;
page_runner page_runner_of(const char *kind);

/* Whether a line of output is as the documentation shows it. Numbers, times, ids, users and paths may be
 * others, but not exit codes; blanks may be more or fewer; "..." stands for anything. note, unless NULL, is
 * told of a number that begins the line: what was shown, and what it is here. */
typedef void page_note(void *context, const char *shown, size_t shown_length, const char *got,
                       size_t got_length);
bool page_line_matches(const char *shown, const char *got, page_note *note, void *context);
/* Lines against lines; a line "..." stands for any number of them. */
bool page_lines_match(const char *shown, const char *got, page_note *note, void *context);

#endif
