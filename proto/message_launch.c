#include "proto/message_envelope.h"

static const char *const lifetimes[] = {
#define X(id, name) name,
    LIFETIME_LIST(X)
#undef X
};

const char *msg_lifetime_name(msg_lifetime lifetime) {
    return (unsigned)lifetime <= MSG_LIFETIME_DETACHED ? lifetimes[lifetime] : NULL;
}

static const field handle_list[] = {
    FIELD(msg_handle, name, FIELD_TEXT),
    FIELD(msg_handle, value, FIELD_U32),
    FIELD(msg_handle, access, FIELD_U32, .flags = FIELD_OPTIONAL),
    FIELD(msg_handle, fd, FIELD_INT, .flags = FIELD_OPTIONAL),
    FIELD(msg_handle, fd_text, FIELD_BOOL, .flags = FIELD_OPTIONAL),
};
static const fields handle_fields = FIELDS_OF(handle_list, msg_handle);

enum { STD_FLAGS = FIELD_OPTIONAL | FIELD_NULLABLE };
static const field std_list[] = {
#define X(id, name) {#name, FIELD_U32, .flags = STD_FLAGS, .offset = MSG_STD_##id * sizeof(uint32_t)},
    STD_LIST(X)
#undef X
};
static const fields std_fields = FIELDS_OF(std_list, uint32_t[MSG_STD_COUNT]);

static const field limit_list[] = {
#define X(name, bits, most) FIELD(msg_limits, name, FIELD_U##bits, .flags = FIELD_OPTIONAL),
    LAUNCH_LIMIT_LIST(X)
#undef X
};
static const fields limit_fields = FIELDS_OF(limit_list, msg_limits);

static const field attribute_list[] = {
    FIELD(msg_attributes, affinity, FIELD_MASK, .flags = FIELD_OPTIONAL),
    {"mitigation_policy", FIELD_MASK, .flags = FIELD_OPTIONAL, FIELD_AT(msg_attributes, mitigations[0])},
    {"mitigation_policy2", FIELD_MASK, .flags = FIELD_OPTIONAL, FIELD_AT(msg_attributes, mitigations[1])},
    FIELD(msg_attributes, no_child_processes, FIELD_BOOL, .flags = FIELD_OPTIONAL),
};
static const fields attribute_fields = FIELDS_OF(attribute_list, msg_attributes);

static const field reduce_list[] = {
    FIELD(msg_reduce, drop_privileges, FIELD_BOOL, .flags = FIELD_OPTIONAL),
    FIELD(msg_reduce, deny_groups, FIELD_TEXTS, .flags = FIELD_OPTIONAL,
          FIELD_WITH(msg_reduce, deny_group_count), .most = LIMIT_GROUPS),
    FIELD(msg_reduce, low_integrity, FIELD_BOOL, .flags = FIELD_OPTIONAL),
    FIELD(msg_reduce, restricted, FIELD_BOOL, .flags = FIELD_OPTIONAL),
};
static const fields reduce_fields = FIELDS_OF(reduce_list, msg_reduce);

static const field spawn_list[] = {
    FIELD(msg_spawn, application, FIELD_TEXT),
    FIELD(msg_spawn, command_line, FIELD_TEXT, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, expand, FIELD_BOOL, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, directory, FIELD_TEXT),
    FIELD(msg_spawn, environment, FIELD_TEXTS, FIELD_WITH(msg_spawn, environment_count),
          .most = LIMIT_ENVIRONMENT_ENTRIES),
    FIELD(msg_spawn, handles, FIELD_OBJECTS, .flags = FIELD_OPTIONAL, FIELD_WITH(msg_spawn, handle_count),
          .parts = &handle_fields, .most = LIMIT_HANDLES),
    FIELD(msg_spawn, std, FIELD_OBJECT, .flags = FIELD_OPTIONAL, .parts = &std_fields),
    FIELD(msg_spawn, creation_flags, FIELD_U32, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, lifetime, FIELD_LIFETIME, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, limits, FIELD_OBJECT, .flags = FIELD_OPTIONAL, .parts = &limit_fields),
    FIELD(msg_spawn, desktop, FIELD_TEXT, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, timeout_ms, FIELD_U32, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, attributes, FIELD_OBJECT, .flags = FIELD_OPTIONAL, .parts = &attribute_fields),
    FIELD(msg_spawn, reduce, FIELD_OBJECT, .flags = FIELD_OPTIONAL, .parts = &reduce_fields),
    FIELD(msg_spawn, job, FIELD_BOOL, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, show_window, FIELD_U32, .flags = FIELD_OPTIONAL | FIELD_HAS,
          FIELD_WITH(msg_spawn, has_show_window), .most = UINT16_MAX),
    FIELD(msg_spawn, key, FIELD_TEXT, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, label, FIELD_TEXT, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn, no_handles, FIELD_BOOL, .flags = FIELD_OPTIONAL),
};
const fields message_spawn_fields = FIELDS_OF(spawn_list, msg_spawn);

static const field outcome_list[] = {
    FIELD(msg_outcome, key, FIELD_TEXT),
    FIELD(msg_outcome, no_handles, FIELD_BOOL, .flags = FIELD_OPTIONAL),
};
const fields message_outcome_fields = FIELDS_OF(outcome_list, msg_outcome);

static const field time_list[] = {
#define X(name) FIELD(msg_times, name, FIELD_U32),
    TIME_LIST(X)
#undef X
};
static const fields time_fields = FIELDS_OF(time_list, msg_times);

static const field result_list[] = {
    FIELD(msg_spawn_result, launch_id, FIELD_TEXT),
    FIELD(msg_spawn_result, process_id, FIELD_U32),
    FIELD(msg_spawn_result, thread_id, FIELD_U32),
    FIELD(msg_spawn_result, process, FIELD_U32),
    FIELD(msg_spawn_result, thread, FIELD_U32),
    FIELD(msg_spawn_result, job, FIELD_U32, .flags = FIELD_OPTIONAL),
    FIELD(msg_spawn_result, attested, FIELD_YES_NO),
    FIELD(msg_spawn_result, times_us, FIELD_OBJECT, .parts = &time_fields),
};
const fields message_spawn_result_fields = FIELDS_OF(result_list, msg_spawn_result);
