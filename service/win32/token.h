/* What a token says about who holds it. */
#ifndef SB_SERVICE_WIN32_TOKEN_H
#define SB_SERVICE_WIN32_TOKEN_H

#include "proto/arena.h"

#include <stdbool.h>
#include <windows.h>

typedef struct token_identity {
    BYTE user[SECURITY_MAX_SID_SIZE]; /* a SID */
    LUID logon;                       /* the logon session */
    DWORD session;
    bool restricted, app_container;
    BYTE package[SECURITY_MAX_SID_SIZE]; /* the AppContainer's SID */
    DWORD integrity;                     /* SECURITY_MANDATORY_..._RID */
    bool sandboxed;                      /* restricted, in an AppContainer, or below medium integrity */
} token_identity;

/* token needs TOKEN_QUERY. */
DWORD token_identify(HANDLE token, token_identity *ret);
/* Whether two tokens give the same rights to the same user: logon session, session, integrity, package,
 * groups with whether each counts, restricting SIDs and the privileges that there are. Both need TOKEN_QUERY.
 */
DWORD token_same(HANDLE a, HANDLE b, bool *ret);
/* Whether part gives no right that whole does not give: the same user and logon, no higher integrity, no
 * group that grants and no privilege that whole has not, restricted where whole is. Both need TOKEN_QUERY. */
DWORD token_within(HANDLE part, HANDLE whole, bool *ret);

/* A part of unknown size, malloc'd: free(*ret). */
DWORD token_read(HANDLE token, TOKEN_INFORMATION_CLASS class, void **ret);

/* Whether an impersonation token has the Administrators group, enabled (deny-only is not). */
DWORD token_is_administrator(HANDLE token, bool *ret);

/* "S-1-5-..." and "DOMAIN\name" (the SID where there is no name); NULL when out of memory. */
char *token_sid_text(arena *a, HANDLE token);
char *token_user_name(arena *a, HANDLE token);

/* Whether token gives the rights of this process's own, no more and no less. False where that cannot be told.
 */
bool token_is_own(HANDLE token);
/* Whether this process acts as an administrator: its token has the group, enabled. False where that cannot be
 * told. */
bool token_elevated(void);

#endif
