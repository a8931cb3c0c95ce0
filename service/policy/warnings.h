/* What a policy may say, but hardly means: rules that never decide, and kinds of handles that Windows does
 * not have. */
#ifndef SB_SERVICE_POLICY_WARNINGS_H
#define SB_SERVICE_POLICY_WARNINGS_H

#include "service/policy/policy.h"

/* Finds the doubtful parts of a policy that was parsed from this text, in the order of its rules. The list is
 * in the arena. False: memory ran out. */
bool policy_warnings(const policy *p, const char *text, size_t length, arena *a, policy_error **ret,
                     size_t *ret_count);

#endif
