#include "service/policy/shape.h"

#include "service/policy/policy.h"

#define OPTIONAL .flags = FIELD_OPTIONAL
#define TEXTS(type, member) \
    { #member, FIELD_TEXTS, OPTIONAL, FIELD_AT(type, member.at), FIELD_WITH(type, member.count), .most = 256 }
#define TEXT(type, member) \
    { #member, FIELD_TEXT, OPTIONAL, FIELD_AT(type, member) }
#define YES(type, member) \
    { #member, FIELD_BOOL, OPTIONAL, FIELD_AT(type, member) }
#define HAS(type, member, kind)                                                     \
    {                                                                               \
#member, kind, .flags = FIELD_OPTIONAL | FIELD_HAS, FIELD_AT(type, member), \
                       FIELD_WITH(type, has_##member)                               \
    }
#define PART(type, member, shape) \
    { #member, FIELD_OBJECT, OPTIONAL, FIELD_AT(type, member), .parts = &shape }
#define RANGE(type, member)                                                                 \
    {                                                                                       \
#member, FIELD_OBJECT, .flags = FIELD_OPTIONAL | FIELD_HAS, FIELD_AT(type, member), \
                               FIELD_WITH(type, member.given), .parts = &range_fields       \
    }

static const field range_list[] = {
    {"least", FIELD_U32, OPTIONAL, FIELD_AT(raw_range, least)},
    HAS(raw_range, most, FIELD_U32),
};
static const fields range_fields = FIELDS_OF(range_list, raw_range);

static const field caller_list[] = {
    TEXTS(raw_caller, sid),
    TEXTS(raw_caller, group),
    TEXTS(raw_caller, image),
    TEXTS(raw_caller, signer),
    TEXTS(raw_caller, integrity),
    RANGE(raw_caller, session),
    HAS(raw_caller, sandboxed, FIELD_BOOL),
};
static const fields caller_fields = FIELDS_OF(caller_list, raw_caller);

static const field program_list[] = {
    TEXTS(raw_program, path),
    TEXTS(raw_program, sha256),
    TEXTS(raw_program, directory),
    TEXTS(raw_program, environment_not),
    YES(raw_program, directory_not_writable_by_caller),
};
static const fields program_fields = FIELDS_OF(program_list, raw_program);

static const field arguments_list[] = {
    TEXTS(raw_arguments, command_line), TEXTS(raw_arguments, each),  TEXTS(raw_arguments, some),
    TEXTS(raw_arguments, none),         RANGE(raw_arguments, count), YES(raw_arguments, ignore_case),
};
static const fields arguments_fields = FIELDS_OF(arguments_list, raw_arguments);

static const field handles_list[] = {
    RANGE(raw_handles, count),
    TEXTS(raw_handles, kinds),
    TEXT(raw_handles, access_within),
};
static const fields handles_fields = FIELDS_OF(handles_list, raw_handles);

static const field limits_list[] = {
#define X(name, bits, most_) \
    {#name, FIELD_U##bits, OPTIONAL, FIELD_AT(msg_limits, name), .least = 1, .most = most_},
    LAUNCH_LIMIT_LIST(X)
#undef X
};
static const fields limits_fields = FIELDS_OF(limits_list, msg_limits);

static const field rule_list[] = {
    {"name", FIELD_TEXT, FIELD_AT(raw_rule, name)},
    {"action", FIELD_TEXT, FIELD_AT(raw_rule, action)},
    TEXT(raw_rule, reason),
    PART(raw_rule, caller, caller_fields),
    PART(raw_rule, program, program_fields),
    PART(raw_rule, arguments, arguments_fields),
    PART(raw_rule, handles, handles_fields),
    TEXTS(raw_rule, lifetime),
    PART(raw_rule, limits, limits_fields),
    TEXTS(raw_rule, redact),
    HAS(raw_rule, attest, FIELD_BOOL),
};
static const fields rule_fields = FIELDS_OF(rule_list, raw_rule);

static const field quotas_list[] = {
    HAS(raw_quotas, connections, FIELD_U32),     HAS(raw_quotas, launches_in_flight, FIELD_U32),
    HAS(raw_quotas, bytes_in_flight, FIELD_U32), HAS(raw_quotas, launches_per_minute, FIELD_U32),
    HAS(raw_quotas, live_children, FIELD_U32),
};
static const fields quotas_fields = FIELDS_OF(quotas_list, raw_quotas);

static const field retention_list[] = {
    {"days", FIELD_U32, OPTIONAL, FIELD_AT(raw_retention, days), .least = 1, .most = 36500},
    {"bytes", FIELD_U64, OPTIONAL, FIELD_AT(raw_retention, bytes), .least = 1024 * 1024,
     .most = JSON_INTEGER_MAX},
};
static const fields retention_fields = FIELDS_OF(retention_list, raw_retention);

static const field audit_list[] = {
    TEXT(raw_audit, wait),
    TEXT(raw_audit, on_failure),
    PART(raw_audit, retention, retention_fields),
    HAS(raw_audit, denials_per_minute, FIELD_U32),
};
static const fields audit_fields = FIELDS_OF(audit_list, raw_audit);

static const field hash_list[] = {
    {"most_bytes", FIELD_U64, OPTIONAL, FIELD_AT(raw_hash, most_bytes), .least = 1, .most = JSON_INTEGER_MAX},
    YES(raw_hash, remote),
};
static const fields hash_fields = FIELDS_OF(hash_list, raw_hash);

static const field policy_list[] = {
    {"$schema", FIELD_TEXT, OPTIONAL, FIELD_AT(raw_policy, schema)},
    {"version", FIELD_U32, FIELD_AT(raw_policy, version), .least = 1, .most = 1},
    {"default", FIELD_TEXT, FIELD_AT(raw_policy, otherwise)},
    TEXT(raw_policy, security),
    PART(raw_policy, quotas, quotas_fields),
    {"launches_at_once", FIELD_U32, OPTIONAL, FIELD_AT(raw_policy, launches_at_once), .least = 1,
     .most = POLICY_LIMIT_AT_ONCE},
    PART(raw_policy, audit, audit_fields),
    PART(raw_policy, hash, hash_fields),
    TEXTS(raw_policy, redact),
    {"rules", FIELD_OBJECTS, OPTIONAL, FIELD_AT(raw_policy, rules), FIELD_WITH(raw_policy, rule_count),
     .parts = &rule_fields, .most = POLICY_LIMIT_RULES},
};
const fields shape_policy = FIELDS_OF(policy_list, raw_policy);
