/* Commands that are named within the text. */
#ifndef SB_TESTS_DOCS_USAGE_H
#define SB_TESTS_DOCS_USAGE_H

#include "tests/docs/pages.h"

/* Checks that every `spawnctl ...` has a command and options that docs/spawnctl.md has. Prints what does not;
 * adds how many there were. */
bool usage_good(const page *p, const char *root, size_t *commands);

#endif
