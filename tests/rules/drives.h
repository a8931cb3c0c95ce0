/* Drives that only a user has. */
#ifndef SB_TESTS_RULES_DRIVES_H
#define SB_TESTS_RULES_DRIVES_H

#include "tests/rules/layer.h"

/* Returns whether this thread finds nothing at a path, as its drive is another's. Keeps the last error. */
bool drives_hidden(const wchar_t *path);

#endif
