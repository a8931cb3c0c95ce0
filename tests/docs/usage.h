/* Checks commands that are named within the text. */
#ifndef SB_TESTS_DOCS_USAGE_H
#define SB_TESTS_DOCS_USAGE_H

#include "tests/docs/pages.h"

/* Checks that docs/spawnctl.md has the command and the options of every `spawnctl ...`. Prints those that it
 * lacks, and adds the number of commands to *commands. */
bool usage_good(const page *p, const char *root, size_t *commands);

#endif
