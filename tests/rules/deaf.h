/* Opens that wait, and cannot be cancelled. */
#ifndef SB_TESTS_RULES_DEAF_H
#define SB_TESTS_RULES_DEAF_H

#include "tests/rules/layer.h"

/* Waits, if the path is in the directory of such files. Keeps the last error. */
void deaf_wait(const wchar_t *path);

#endif
