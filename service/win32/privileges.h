/* The privileges with which a child gets another token than its creator's. Whoever holds them has them
 * disabled except around the one call that needs them. */
#ifndef SB_SERVICE_WIN32_PRIVILEGES_H
#define SB_SERVICE_WIN32_PRIVILEGES_H

#include <stdbool.h>

/* Whether this process holds SeAssignPrimaryToken and SeIncreaseQuota, enabled or not. */
bool privileges_held(void);

/* Enables both; false, and nothing changed, when they are not held. Not while impersonating. They are the
 * process's, so they stay enabled until as many privileges_disable as privileges_enable have been called. Any
 * thread. */
bool privileges_enable(void);
void privileges_disable(void);

#endif
