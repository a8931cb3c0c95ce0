/* spawnctl policy: what its files share. */
#ifndef SB_CLIENT_CTL_POLICY_H
#define SB_CLIENT_CTL_POLICY_H

#include "client/ctl/ctl.h"
#include "service/policy/policy.h"

/* Reads a policy file: CTL_EXIT_OK, or POLICY_EXIT_WRONG after saying what is wrong, and where. */
enum { POLICY_EXIT_WRONG = 1 };
int policy_read_file(ctl *c, const char *name, policy **ret);

/* The same, saying nothing: why tells what is wrong and where. */
DWORD policy_load_file(arena *a, const char *name, policy **ret, policy_error *ret_why);

/* What the policy would do, asked of this process's own token and files, without a broker. */
int policy_ask_here(ctl *c, const policy *p, const msg_explain *what, msg_explained *ret);

#endif
