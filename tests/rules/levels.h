/* Threads that act at a level that opens nothing. */
#ifndef SB_TESTS_RULES_LEVELS_H
#define SB_TESTS_RULES_LEVELS_H

#include "tests/rules/shared.h"

/* Returns whether this thread may open nothing: ERROR_BAD_IMPERSONATION_LEVEL. */
bool levels_refuse(void);
/* Returns whether a token gives no copy of that type: the same error. */
bool levels_refuse_copy(HANDLE token, TOKEN_TYPE type);

#endif
