/* The policy: who may launch what. Takes text and gives decisions, without calling Windows. docs/policy.md
 * describes it for users.
 *
 * A parsed policy is read-only: any number of threads may use it. Text is UTF-8. */
#ifndef SB_SERVICE_POLICY_POLICY_H
#define SB_SERVICE_POLICY_POLICY_H

#include "proto/arena.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct policy policy;

enum { POLICY_LIMIT_BYTES = 1024 * 1024, POLICY_LIMIT_RULES = 1000, POLICY_LIMIT_AT_ONCE = 1024 };

/* What the parser needs of the system. May be all zero: then the parser uses a table of its own, and knows no
 * folders. */
typedef struct policy_options {
    uint16_t (*upcase)(uint16_t unit); /* as the system compares names; NULL: codepoints_upcase */
    /* Returns the path of %NAME% ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)" or "ProgramData"), which
     * must live until policy_parse returns; NULL: the system has no such folder. */
    const char *(*folder)(void *context, const char *name);
    /* Whether the text is a security descriptor; NULL: the parser checks its start only. */
    bool (*security)(void *context, const char *sddl);
    void *context;
} policy_options;

/* Where the mistake is, and what it is. line and column (in characters) count from 1. */
typedef struct policy_error {
    size_t line, column;
    char field[80]; /* such as "rules[2].caller.sid[0]", or "" */
    char message[256];
} policy_error;

/* Parses a policy, for policy_free. False: *ret_error says what is wrong. */
bool policy_parse(const char *text, size_t length, const policy_options *options, policy **ret,
                  policy_error *ret_error);
/* The policy in force without a file: callers that are not sandboxed may launch as themselves. NULL: memory
 * ran out. */
policy *policy_builtin(const policy_options *options);
/* Frees *p and sets it to NULL. *p may be NULL. */
void policy_free(policy **p);

/* ---- settings ---- */

/* The limits for each user; 0: no limit. */
typedef struct policy_quotas {
    uint32_t connections, launches_in_flight, bytes_in_flight, launches_per_minute, live_children;
} policy_quotas;

typedef struct policy_audit {
    bool wait_for_outcome;       /* "wait" is "outcome", not "request" */
    bool allow_degraded;         /* "on_failure" is "allow_degraded", not "deny" */
    uint32_t retention_days;     /* 0: keep records for ever */
    uint64_t retention_bytes;    /* 0: the database may have any size */
    uint32_t denials_per_minute; /* recorded one by one for each user; further denials are counted */
} policy_audit;

/* Which programs "program.sha256" can be evaluated for. */
typedef struct policy_hash {
    uint64_t most_bytes; /* of the program; 0: any size */
    bool remote;         /* programs on other machines, too */
} policy_hash;

typedef struct policy_settings {
    const char *security; /* SDDL; its access masks consist of POLICY_RIGHT_... */
    policy_quotas quotas;
    uint32_t launches_at_once; /* of all users together; 0: depends on the number of processors */
    policy_audit audit;
    policy_hash hash;
    size_t rules;
    bool admits_sandboxed; /* some rule allows launches by sandboxed callers */
} policy_settings;

/* The rights in the access masks of "security". */
enum {
    POLICY_RIGHT_LAUNCH = 1,     /* launch, and terminate one's own children */
    POLICY_RIGHT_READ_OWN = 2,   /* read one's own records and list one's own children */
    POLICY_RIGHT_READ_ALL = 4,   /* read the records and list the children of all users */
    POLICY_RIGHT_ADMINISTER = 8, /* terminate any child, reload the policy, explain it for others */
    POLICY_RIGHTS_ALL = 15
};

const policy_settings *policy_settings_of(const policy *p);

/* ---- a decision ---- */

/* The kind of a file that gave no answer in time. A rule that names some of "File.disk", "File.pipe" and
 * "File.other" cannot be evaluated for it: whoever can make the query hang could choose the kind otherwise.
 */
#define POLICY_KIND_UNKNOWN "File.unknown"

/* A handle of the launch. kind is the object's type; for a File, "File.disk", "File.pipe", "File.other" or
 * POLICY_KIND_UNKNOWN. */
typedef struct policy_handle {
    const char *kind;
    uint32_t access;
} policy_handle;

typedef struct policy_why {
    char text[160];
} policy_why;

/* Facts that take time to find out. Each function is called when a rule whose cheaper conditions hold needs
 * it, and at most once (member: once for each rule). A function that cannot answer fills *why and returns
 * false; the launch is then denied. Text that a function returns must live as long as the arena. */
typedef struct policy_oracle {
    bool (*member)(void *context, const char *sid, bool *ret, policy_why *why);
    /* Who signed the caller's image; "": it is not signed. */
    bool (*signer)(void *context, const char **ret, policy_why *why);
    /* The path of the very file that will run. */
    bool (*path)(void *context, const char **ret, policy_why *why);
    /* The SHA-256 of that file, in lower case. */
    bool (*sha256)(void *context, char ret[65], policy_why *why);
    /* Whether the caller can change that file or its directory, or replace a directory above. */
    bool (*writable)(void *context, bool *ret, policy_why *why);
    /* The true path of the directory that the child starts in. */
    bool (*directory)(void *context, const char **ret, policy_why *why);
    bool (*handles)(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why);
} policy_oracle;

typedef struct policy_facts {
    const char *sid;             /* of the caller */
    const char *image;           /* the path of the caller's program; "": not known */
    uint32_t session, integrity; /* integrity: the last part of the label's SID */
    bool sandboxed;
    const char *application;        /* as asked for */
    const char *command_line;       /* NULL: the application, quoted */
    size_t handle_count;            /* of the caller's handles, including the standard handles */
    const char *const *environment; /* NAME=VALUE, as the child will have it; NULL: not known */
    size_t environment_count;
    msg_lifetime lifetime;
    const policy_oracle *ask;
    void *context;
} policy_facts;

typedef struct policy_rule policy_rule;

typedef struct policy_decision {
    bool allow;
    bool undecided; /* denied because a condition of the rule could not be evaluated */
    /* The name of the rule; "default", "default.sandboxed" or "builtin.stream" where no rule decided. */
    const char *rule;
    const char *reason; /* of a denial; else what the rule says, or NULL. In the arena or the policy */
    msg_limits limits;  /* that the rule imposes; 0: none */
    bool attest;
    const policy_rule *by; /* NULL where no rule decided */
} policy_decision;

/* The result for one rule. When it did not match, condition is the first that failed, such as "program.path".
 */
typedef struct policy_step {
    const char *rule;
    bool matched;
    const char *condition, *wanted, *got; /* NULL when it matched */
} policy_step;

typedef struct policy_trace {
    void (*each)(void *context,
                 const policy_step *step); /* step's text lives as long as the arena and the policy */
    void *context;
} policy_trace;

/* Decides by the first rule that matches. trace may be NULL. False: memory ran out. */
bool policy_decide(const policy *p, const policy_facts *facts, arena *a, const policy_trace *trace,
                   policy_decision *ret);

/* Decides as policy_decide, and collects the result for each rule. */
bool policy_explain(const policy *p, const policy_facts *facts, arena *a, msg_explained *ret);

/* The smaller of each two limits; 0 means no limit. */
msg_limits policy_limits_within(const msg_limits *asked, const msg_limits *imposed);

/* Replaces the parts of a command line that the patterns of the policy and of the rule by (NULL: none) hide.
 * Returns text in the arena, or command_line itself where nothing is hidden. NULL: memory ran out. */
const char *policy_redact(const policy *p, const policy_rule *by, arena *a, const char *command_line);

#endif
