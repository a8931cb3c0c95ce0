/* accounts.h: the names of users, looked up without making clients wait.
 *
 * LookupAccountSid can take half a minute if no domain controller answers. So a name is looked up once per
 * user on a thread of its own. Until it is known, the SID stands for it. Any thread may call these functions.
 */
#ifndef SB_SERVICE_BROKER_ACCOUNTS_H
#define SB_SERVICE_BROKER_ACCOUNTS_H

#include <stdbool.h>

typedef struct accounts accounts;
/* A user; lives until accounts_destroy. */
typedef struct account account;

/* Returns "DOMAIN\name" for a SID as text, malloc'd; NULL if there is no name or it cannot be found now. */
typedef char *accounts_lookup(const char *sid);

/* Asks Windows. */
accounts_lookup accounts_ask_windows;

bool accounts_create(accounts_lookup *look_up, accounts **ret);
/* Does not wait for lookups. Sets *all to NULL, which is fine. */
void accounts_destroy(accounts **all);

/* Returns the user with this SID. Its first lookup is waited for, but not longer than a second after it
 * began; one that failed is repeated after a minute at the earliest. NULL: out of memory. */
const account *accounts_find(accounts *all, const char *sid);

/* Returns the user's name, or the SID while the name is not known. */
const char *account_name(const account *user);

#endif
