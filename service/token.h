/* What a token says about who holds it. */
#ifndef SB_SERVICE_TOKEN_H
#define SB_SERVICE_TOKEN_H

#include "arena.h"

#include <stdbool.h>
#include <windows.h>

typedef struct token_identity {
    BYTE user[SECURITY_MAX_SID_SIZE]; /* a SID */
    LUID logon;                       /* the logon session */
    DWORD session;
    bool restricted, app_container;
    DWORD integrity; /* SECURITY_MANDATORY_..._RID */
    bool sandboxed;  /* restricted, in an AppContainer, or below medium integrity */
} token_identity;

/* token needs TOKEN_QUERY. */
DWORD token_identify(HANDLE token, token_identity *ret);
/* Same user, logon session, session, restrictions and integrity. */
bool token_same(const token_identity *a, const token_identity *b);

/* Whether an impersonation token has the Administrators group, enabled (deny-only is not). */
DWORD token_is_administrator(HANDLE token, bool *ret);

/* "S-1-5-..." and "DOMAIN\name" (the SID where there is no name); NULL when out of memory. */
char *token_sid_text(arena *a, HANDLE token);
char *token_user_name(arena *a, HANDLE token);

/* Whether this process may give a child another token than its own, that is, holds SeAssignPrimaryToken and
 * SeIncreaseQuota, and enables both if so. */
bool token_may_assign(void);
/* Whether identity is this process's own. */
bool token_is_own(const token_identity *identity);

#endif
