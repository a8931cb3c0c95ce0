/* What a machine may be like, as a test names it (rules.h). */
#ifndef SB_TESTS_RULES_MACHINE_H
#define SB_TESTS_RULES_MACHINE_H

#include "tests/rules/layer.h"

/* Waits if an open of a file waits. True: the open was cancelled. Keeps the last error. */
bool machine_wait(const wchar_t *path, DWORD access);

/* Returns the path at which a 32-bit program finds what it names: path itself, or a path in ret. */
enum { MACHINE_PATH = 1024 };
const wchar_t *machine_redirected(const wchar_t *path, wchar_t ret[MACHINE_PATH]);

#endif
