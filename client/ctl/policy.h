/* spawnctl policy: what its files share. */
#ifndef SB_CLIENT_CTL_POLICY_H
#define SB_CLIENT_CTL_POLICY_H

#include "client/ctl/ctl.h"
#include "service/policy/policy.h"

/* Reads a policy file: CTL_EXIT_OK, or POLICY_EXIT_WRONG after printing the mistake and its place. */
enum { POLICY_EXIT_WRONG = 1 };
int policy_read_file(ctl *c, const char *name, policy **ret);

typedef struct policy_doubts {
    policy_error *at; /* in the arena */
    size_t count;
} policy_doubts;

/* The same without a message: *ret_why is the mistake and its place. ret_doubts (may be NULL): what the
 * policy says, but hardly means. */
DWORD policy_load_file(arena *a, const char *name, policy **ret, policy_error *ret_why,
                       policy_doubts *ret_doubts);

/* Evaluates a launch with the policy and this process's token, without a broker. */
int policy_ask_here(ctl *c, const policy *p, const msg_explain *what, msg_explained *ret);

#endif
