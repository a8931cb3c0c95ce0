/* Tokens from which something was taken. */
#ifndef SB_TESTS_RULES_REDUCED_H
#define SB_TESTS_RULES_REDUCED_H

#include "tests/rules/shared.h"

/* Finds what a token lacks. Between shared_lock and shared_unlock. */
bool reduced_find(HANDLE token, shared_token *ret);
/* Finds what a child's token lacks, before the child is there: its token is a copy of this one or, if it is
 * NULL, of that of its parent, which the list of attributes may name. Returns false if it lacks nothing. */
bool reduced_plan(HANDLE token, const void *list, shared_token *ret);
/* Notes that the child's token lacks it. The child must not have run. */
void reduced_give(HANDLE process, const shared_token *what);
/* Notes that the child's token cannot open its desktop (lpDesktop), if so. */
void reduced_desktop(const wchar_t *desktop, shared_token *child);
/* At the start of a process: gives it what its token lacks by name, or ends it if it cannot open its desktop.
 */
void reduced_start(void);

#endif
