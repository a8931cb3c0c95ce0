/* policy.reload and policy.explain. docs/policy.md says what they mean. */
#ifndef SB_PROTO_MESSAGE_POLICY_H
#define SB_PROTO_MESSAGE_POLICY_H

#include "proto/message_launch.h"

typedef struct msg_reload {
    bool none; /* there is to be no policy.json: goes back to the built-in policy */
} msg_reload;

typedef struct msg_reloaded {
    uint32_t rules; /* of the policy that holds now */
} msg_reloaded;

/* A launch that the caller only asks about. */
typedef struct msg_explain {
    const char *application;  /* an absolute path; nothing else about it is checked */
    const char *command_line; /* NULL: the application, quoted */
    uint32_t handle_count;
    msg_lifetime lifetime;
    const char *as;            /* SID of another user; NULL: the caller */
    const char *const *groups; /* SIDs of that user's groups */
    size_t group_count;
} msg_explain;

/* A rule that the policy looked at. condition, wanted and got are NULL if the rule matched. */
typedef struct msg_step {
    const char *rule;
    bool matched;
    const char *condition, *wanted, *got;
} msg_step;

typedef struct msg_explained {
    const char *decision; /* "allow", "deny" or "unknown" */
    const char *rule, *reason;
    bool attest;
    msg_limits limits;
    const msg_step *steps; /* in the order in which the policy looked at the rules */
    size_t step_count;
} msg_explained;

#endif
