/* token_compare.h: compares what tokens allow. token_same and token_within (token.h) do so for handles. */
#ifndef SB_SERVICE_WIN32_TOKEN_COMPARE_H
#define SB_SERVICE_WIN32_TOKEN_COMPARE_H

#include "service/win32/token.h"

#include <stdbool.h>
#include <windows.h>

/* What a token allows. The pointers are malloc'd. */
typedef struct token_rights {
    token_identity identity;
    TOKEN_GROUPS *groups;
    TOKEN_GROUPS *restricting; /* NULL: the token is not restricted */
    TOKEN_PRIVILEGES *privileges;
} token_rights;

/* token needs TOKEN_QUERY. On failure *ret is untouched. */
DWORD token_rights_read(HANDLE token, token_rights *ret);
/* May be called again, and for a zeroed struct. */
void token_rights_free(token_rights *rights);

/* Returns whether both give the same rights to the same user: the same user, logon, session, integrity and
 * package, the same groups and restricting SIDs, each enabled or deny-only in both, and the same privileges,
 * enabled or not: a process can enable those that it holds. */
bool token_rights_same(const token_rights *a, const token_rights *b);

/* Returns whether part gives no right that whole does not give: the same user and logon, no higher integrity,
 * no further group that grants access, no further privilege, and restricted if whole is. */
bool token_rights_within(const token_rights *part, const token_rights *whole);

/* Returns whether part can be the effective-only copy of whole: the same identity and restricting SIDs; all
 * groups that count and all enabled privileges of whole; and nothing that whole lacks. A server gets such a
 * token from a client that opened its pipe without SECURITY_SQOS_PRESENT. */
bool token_rights_effective(const token_rights *part, const token_rights *whole);

#endif
