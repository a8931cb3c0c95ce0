/* The files of the tree that the documentation names. */
#ifndef SB_TESTS_DOCS_PATHS_H
#define SB_TESTS_DOCS_PATHS_H

#include "tests/docs/pages.h"

/* Checks that every path in inline code that begins with a room of the tree, such as `service/win32/nt.c`,
 * leads to a file or directory below root. Words in capitals stand for what the reader fills in. Prints what
 * is missing; adds the number of paths to *paths. */
bool paths_good(const page *p, const char *root, size_t *paths);

#endif
