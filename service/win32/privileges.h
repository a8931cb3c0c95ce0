/* The two privileges that CreateProcessAsUser needs to give a child the token of another user. They stay
 * disabled except around that call. */
#ifndef SB_SERVICE_WIN32_PRIVILEGES_H
#define SB_SERVICE_WIN32_PRIVILEGES_H

#include <stdbool.h>

/* Whether this process holds SeAssignPrimaryToken and SeIncreaseQuota, enabled or not. */
bool privileges_held(void);

/* Enables both privileges for the whole process, until privileges_disable has been called as often as
 * privileges_enable. False: the process does not hold both, and nothing has changed. Any thread, but not one
 * that impersonates. */
bool privileges_enable(void);
void privileges_disable(void);

#endif
