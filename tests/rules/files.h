/* File objects, and which process has handles of them. */
#ifndef SB_TESTS_RULES_FILES_H
#define SB_TESTS_RULES_FILES_H

#include "tests/rules/shared.h"

/* Finds the handles that are followed and that a child would inherit, by a list or, if it is NULL, all that
 * are inheritable. Returns how many it put into ret. */
size_t files_inherited(const HANDLE *listed, size_t count, HANDLE *ret, size_t room);
/* Notes that a child has inherited them. */
void files_give(HANDLE process, const HANDLE *handles, size_t count);

#endif
