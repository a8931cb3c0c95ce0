/* Reads and compares access tokens. */
#ifndef SB_SERVICE_WIN32_TOKEN_H
#define SB_SERVICE_WIN32_TOKEN_H

#include "proto/arena.h"

#include <stdbool.h>
#include <windows.h>

typedef struct token_identity {
    BYTE user[SECURITY_MAX_SID_SIZE]; /* a SID */
    LUID logon;                       /* of the logon session */
    DWORD session;
    bool restricted, app_container;
    BYTE package[SECURITY_MAX_SID_SIZE]; /* the AppContainer's SID */
    DWORD integrity;                     /* SECURITY_MANDATORY_..._RID */
    bool sandboxed;                      /* restricted, in an AppContainer, or below medium integrity */
} token_identity;

/* Reads the identity of a token, which needs TOKEN_QUERY. */
DWORD token_identify(HANDLE token, token_identity *ret);
/* Whether two tokens give the same rights to the same user. Compares the logon session, the session, the
 * integrity, the package, the groups with their attributes, the restricting SIDs and the privileges that are
 * held. Both tokens need TOKEN_QUERY. */
DWORD token_same(HANDLE a, HANDLE b, bool *ret);
/* Whether part gives only rights that whole gives: it has the same user and logon session, no higher
 * integrity, no enabled group and no privilege that whole lacks, and is restricted if whole is. Both need
 * TOKEN_QUERY. */
DWORD token_within(HANDLE part, HANDLE whole, bool *ret);

/* Reads information of any size; free(*ret). */
DWORD token_read(HANDLE token, TOKEN_INFORMATION_CLASS class, void **ret);

/* Whether an impersonation token has the Administrators group, enabled and not deny-only. */
DWORD token_is_administrator(HANDLE token, bool *ret);

/* A SID as "S-1-5-...". NULL: out of memory. */
char *token_text_of_sid(arena *a, PSID sid);
/* The same of a token's user. */
char *token_sid_text(arena *a, HANDLE token);

/* Whether token gives exactly the rights of this process's own token. False also when it cannot be read. */
bool token_is_own(HANDLE token);
/* Whether this process acts as an administrator: its token has the group, enabled. False also when the token
 * cannot be read. */
bool token_elevated(void);

/* Makes this thread act as token until token_revert. token_revert ends the process when it fails: to go on
 * with the rights of somebody else would be worse. */
DWORD token_impersonate(HANDLE token);
void token_revert(void);

#endif
