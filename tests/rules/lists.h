/* The attributes of a process that is to be made. */
#ifndef SB_TESTS_RULES_LISTS_H
#define SB_TESTS_RULES_LISTS_H

#include "tests/rules/layer.h"

/* Finds an attribute of a list; its copy is as long as the list. */
bool lists_get(const void *list, DWORD_PTR key, rules_attribute *ret);
/* What CreateProcess says to a list (NULL: none) on Windows. */
DWORD lists_check(const void *list, bool inherit);

#endif
