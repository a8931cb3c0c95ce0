/* The shape of policy.json: the name, type and place of each field, written once. policy.schema.json says the
 * same to editors. */
#ifndef SB_SERVICE_POLICY_SHAPE_H
#define SB_SERVICE_POLICY_SHAPE_H

#include "proto/fields.h"
#include "proto/message.h"

typedef struct raw_texts {
    const char *const *at; /* NULL: the member is not there */
    size_t count;
} raw_texts;

typedef struct raw_range {
    bool given, has_most;
    uint32_t least, most;
} raw_range;

typedef struct raw_caller {
    raw_texts sid, group, image, signer, integrity;
    raw_range session;
    bool has_sandboxed, sandboxed;
} raw_caller;

typedef struct raw_program {
    raw_texts path, sha256, directory, environment_not;
    bool directory_not_writable_by_caller;
} raw_program;

typedef struct raw_arguments {
    raw_texts command_line, each, some, none;
    raw_range count;
    bool ignore_case;
} raw_arguments;

typedef struct raw_handles {
    raw_range count;
    raw_texts kinds;
    const char *access_within;
} raw_handles;

typedef struct raw_rule {
    const char *name, *action, *reason;
    raw_caller caller;
    raw_program program;
    raw_arguments arguments;
    raw_handles handles;
    raw_texts lifetime, redact;
    msg_limits limits;
    bool has_attest, attest;
} raw_rule;

typedef struct raw_quotas {
    uint32_t connections, launches_in_flight, bytes_in_flight, launches_per_minute, live_children;
    bool has_connections, has_launches_in_flight, has_bytes_in_flight, has_launches_per_minute,
        has_live_children;
} raw_quotas;

typedef struct raw_retention {
    uint32_t days;
    uint64_t bytes;
} raw_retention;

typedef struct raw_audit {
    const char *wait, *on_failure;
    raw_retention retention;
    bool has_denials_per_minute;
    uint32_t denials_per_minute;
} raw_audit;

typedef struct raw_hash {
    uint64_t most_bytes;
    bool remote;
} raw_hash;

typedef struct raw_policy {
    const char *schema;
    uint32_t version;
    const char *otherwise; /* "default" */
    const char *security;
    raw_quotas quotas;
    uint32_t launches_at_once;
    raw_audit audit;
    raw_hash hash;
    raw_texts redact;
    const raw_rule *rules;
    size_t rule_count;
} raw_policy;

extern const fields shape_policy;

#endif
