/* The place where the documentation's commands run: a directory with stand-ins for the programs that it
 * names, and a broker. */
#ifndef SB_TESTS_DOCS_SCENE_H
#define SB_TESTS_DOCS_SCENE_H

#include "tests/support/checks.h"
#include "tests/support/harness.h"
#include "tests/docs/pages.h"

typedef struct scene {
    wchar_t directory[MAX_PATH]; /* the current directory */
    test_broker broker;
    const wchar_t *node; /* NULL: there is none */
    const wchar_t *root; /* of the tree */
    bool says;           /* prints transcripts with the output of this run */
} scene;

/* Each runs a block and checks its output. */
void run_console(scene *s, const page_block *b);
void run_frames(scene *s, const page_block *b);
void run_script(scene *s, const page_block *b);

/* Runs a program and puts its output into text, with C's line ends. Returns the exit code, or STILL_ACTIVE.
 */
DWORD scene_run(const wchar_t *program, const wchar_t *arguments, char *text, size_t size);
/* Returns text as UTF-16, which lives until the next call. */
const wchar_t *wide_of(const char *text);

#endif
