/* The policy: who may launch what. Text in, a decision out; nothing of Windows. docs/policy.md is for people.
 *
 * A policy is read-only once parsed: any number of threads may use it. Text is UTF-8. */
#ifndef SB_SERVICE_POLICY_POLICY_H
#define SB_SERVICE_POLICY_POLICY_H

#include "proto/arena.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct policy policy;

enum { POLICY_LIMIT_BYTES = 1024 * 1024, POLICY_LIMIT_RULES = 1000, POLICY_LIMIT_AT_ONCE = 1024 };

/* What the parser asks of the system it is for. Zeroed is good: a table of its own, and folders that it does
 * not know. */
typedef struct policy_options {
    uint16_t (*upcase)(uint16_t unit); /* as the system compares names; NULL: codepoints_upcase */
    /* The path of %NAME% ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramData"), which must live
     * as long as the call; NULL where there is none. */
    const char *(*folder)(void *context, const char *name);
    /* Whether the text is a security descriptor; NULL: its start is looked at. */
    bool (*security)(void *context, const char *sddl);
    void *context;
} policy_options;

/* Where and what: line and column (in characters) count from 1. */
typedef struct policy_error {
    size_t line, column;
    char field[80]; /* such as "rules[2].caller.sid[0]", or "" */
    char message[256];
} policy_error;

/* Reads a policy; false and *ret_error when it is wrong. policy_free it. */
bool policy_parse(const char *text, size_t length, const policy_options *options, policy **ret,
                  policy_error *ret_error);
/* What holds without a file: whoever is not sandboxed launches as themselves. NULL when memory ran out. */
policy *policy_builtin(const policy_options *options);
/* NULL is fine; sets *p to NULL. */
void policy_free(policy **p);

/* ---- what is not a rule ---- */

/* Of each user; 0: none. */
typedef struct policy_quotas {
    uint32_t connections, launches_in_flight, launches_per_minute, live_children;
} policy_quotas;

typedef struct policy_audit {
    bool wait_for_outcome;       /* "wait": "outcome", not "request" */
    bool allow_degraded;         /* "on_failure": "allow_degraded", not "deny" */
    uint32_t retention_days;     /* 0: for ever */
    uint64_t retention_bytes;    /* 0: any size */
    uint32_t denials_per_minute; /* records of each user's; more are counted */
} policy_audit;

typedef struct policy_settings {
    const char *security; /* SDDL; the rights are those of POLICY_RIGHT_... */
    policy_quotas quotas;
    uint32_t launches_at_once; /* of all users; 0: by the processors there are */
    policy_audit audit;
    size_t rules;
    bool admits_sandboxed; /* a rule that allows is for sandboxed callers */
} policy_settings;

/* The access mask of "security". */
enum {
    POLICY_RIGHT_LAUNCH = 1,     /* launch, and end what one has launched */
    POLICY_RIGHT_READ_OWN = 2,   /* one's own records and live children */
    POLICY_RIGHT_READ_ALL = 4,   /* everybody's */
    POLICY_RIGHT_ADMINISTER = 8, /* end anybody's children, reload the policy, ask for others */
    POLICY_RIGHTS_ALL = 15
};

const policy_settings *policy_settings_of(const policy *p);

/* ---- a decision ---- */

/* A handle of the launch: the object's type, or for a File "File.disk", "File.pipe" or "File.other". */
typedef struct policy_handle {
    const char *kind;
    uint32_t access;
} policy_handle;

typedef struct policy_why {
    char text[160];
} policy_why;

/* Facts that cost something: asked for when a rule that fits otherwise needs them, each at most once (member:
 * once a rule). False, and *why, when it cannot be told; then the launch is refused. Text lives as long as
 * the arena. */
typedef struct policy_oracle {
    bool (*member)(void *context, const char *sid, bool *ret, policy_why *why);
    bool (*signer)(void *context, const char **ret,
                   policy_why *why);                                /* of the caller's image; "": unsigned */
    bool (*path)(void *context, const char **ret, policy_why *why); /* of the very file that will run */
    bool (*sha256)(void *context, char ret[65], policy_why *why);   /* of that file, in lower case */
    bool (*writable)(void *context, bool *ret,
                     policy_why *why); /* by the caller: that file or its directory */
    bool (*handles)(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why);
} policy_oracle;

typedef struct policy_facts {
    const char *sid;             /* of the caller */
    const char *image;           /* its program's path; "" where it is not known */
    uint32_t session, integrity; /* integrity: the last part of the label's SID */
    bool sandboxed;
    const char *application;  /* as asked for */
    const char *command_line; /* NULL: the application, quoted */
    size_t handle_count;      /* the caller's own, the standard ones too */
    msg_lifetime lifetime;
    const policy_oracle *ask;
    void *context;
} policy_facts;

typedef struct policy_rule policy_rule;

typedef struct policy_decision {
    bool allow;
    bool undecided;   /* refused, since what the rule needs could not be told */
    const char *rule; /* its name; "default", "default.sandboxed" or "builtin.stream" where it is none of the
                         file's */
    const char *reason; /* of a refusal; else NULL or what the rule says. In the arena or the policy */
    msg_limits limits;  /* to be imposed; 0: none */
    bool attest;
    const policy_rule *by; /* NULL where it is none of the file's */
} policy_decision;

/* A rule that was looked at. When it did not match: the first condition that failed, such as "program.path".
 */
typedef struct policy_step {
    const char *rule;
    bool matched;
    const char *condition, *wanted, *got; /* NULL when it matched */
} policy_step;

typedef struct policy_trace {
    void (*each)(void *context, const policy_step *step); /* its text lives as long as arena and policy */
    void *context;
} policy_trace;

/* trace may be NULL. False: memory ran out. */
bool policy_decide(const policy *p, const policy_facts *facts, arena *a, const policy_trace *trace,
                   policy_decision *ret);

/* The same for people: what would happen, and each rule's part in it. */
bool policy_explain(const policy *p, const policy_facts *facts, arena *a, msg_explained *ret);

/* The smaller of each limit; 0 is none. */
msg_limits policy_limits_within(const msg_limits *asked, const msg_limits *imposed);

/* The command line as it may be recorded, by the policy's patterns and those of the rule (NULL: none): in the
 * arena, or the same pointer. NULL: memory ran out. */
const char *policy_redact(const policy *p, const policy_rule *by, arena *a, const char *command_line);

#endif
