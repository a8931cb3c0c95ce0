/* Requests: what they hold, both ways. What is wrong with a launch beyond its shape: message_check.c. */
#include "proto/fields.h"
#include "proto/json_scan.h"
#include "proto/message.h"
#include "proto/message_envelope.h"

#include <string.h>

static const char *const lifetimes[] = {
#define X(id, name) name,
    LIFETIME_LIST(X)
#undef X
};

static const char *const methods[] = {NULL,
#define X(id, name) name,
                                      METHOD_LIST(X)
#undef X
};

enum { METHOD_COUNT = sizeof methods / sizeof *methods };

const char *msg_lifetime_name(msg_lifetime lifetime) {
    return (unsigned)lifetime <= MSG_LIFETIME_DETACHED ? lifetimes[lifetime] : NULL;
}

static const field hello_list[] = {
    {"protocol", FIELD_U32, FIELD_AT(msg_hello, protocol)},
    {"client", FIELD_TEXT, FIELD_AT(msg_hello, client)},
};
static const fields hello_fields = FIELDS_OF(hello_list, msg_hello);

static const field handle_list[] = {
    {"name", FIELD_TEXT, FIELD_AT(msg_handle, name)},
    {"value", FIELD_U32, FIELD_AT(msg_handle, value)},
    {"access", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_handle, access)},
    {"fd", FIELD_INT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_handle, fd)},
    {"fd_text", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_handle, fd_text)},
};
static const fields handle_fields = FIELDS_OF(handle_list, msg_handle);

enum { STD_FLAGS = FIELD_OPTIONAL | FIELD_NULLABLE };
static const field std_list[] = {
    {"input", FIELD_U32, .flags = STD_FLAGS, .offset = MSG_STD_INPUT * sizeof(uint32_t)},
    {"output", FIELD_U32, .flags = STD_FLAGS, .offset = MSG_STD_OUTPUT * sizeof(uint32_t)},
    {"error", FIELD_U32, .flags = STD_FLAGS, .offset = MSG_STD_ERROR * sizeof(uint32_t)},
};
static const fields std_fields = FIELDS_OF(std_list, uint32_t[MSG_STD_COUNT]);

static const field limit_list[] = {
    {"process_memory_bytes", FIELD_U64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_limits, process_memory_bytes)},
    {"job_memory_bytes", FIELD_U64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_limits, job_memory_bytes)},
    {"cpu_percent", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_limits, cpu_percent)},
    {"max_processes", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_limits, max_processes)},
};
static const fields limit_fields = FIELDS_OF(limit_list, msg_limits);

static const field attribute_list[] = {
    {"affinity", FIELD_MASK, .flags = FIELD_OPTIONAL, FIELD_AT(msg_attributes, affinity)},
    {"mitigation_policy", FIELD_MASK, .flags = FIELD_OPTIONAL, FIELD_AT(msg_attributes, mitigations[0])},
    {"mitigation_policy2", FIELD_MASK, .flags = FIELD_OPTIONAL, FIELD_AT(msg_attributes, mitigations[1])},
    {"no_child_processes", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_attributes, no_child_processes)},
};
static const fields attribute_fields = FIELDS_OF(attribute_list, msg_attributes);

static const field reduce_list[] = {
    {"drop_privileges", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_reduce, drop_privileges)},
    {"deny_groups", FIELD_TEXTS, .flags = FIELD_OPTIONAL, FIELD_AT(msg_reduce, deny_groups),
     FIELD_WITH(msg_reduce, deny_group_count), .most = LIMIT_GROUPS},
    {"low_integrity", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_reduce, low_integrity)},
    {"restricted", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_reduce, restricted)},
};
static const fields reduce_fields = FIELDS_OF(reduce_list, msg_reduce);

static const field spawn_list[] = {
    {"application", FIELD_TEXT, FIELD_AT(msg_spawn, application)},
    {"command_line", FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, command_line)},
    {"expand", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, expand)},
    {"directory", FIELD_TEXT, FIELD_AT(msg_spawn, directory)},
    {"environment", FIELD_TEXTS, FIELD_AT(msg_spawn, environment), FIELD_WITH(msg_spawn, environment_count),
     .most = LIMIT_ENVIRONMENT_ENTRIES},
    {"handles", FIELD_OBJECTS, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, handles),
     FIELD_WITH(msg_spawn, handle_count), .parts = &handle_fields, .most = LIMIT_HANDLES},
    {"std", FIELD_OBJECT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, std), .parts = &std_fields},
    {"creation_flags", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, creation_flags)},
    {"lifetime", FIELD_LIFETIME, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, lifetime)},
    {"limits", FIELD_OBJECT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, limits), .parts = &limit_fields},
    {"desktop", FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, desktop)},
    {"timeout_ms", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, timeout_ms)},
    {"attributes", FIELD_OBJECT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, attributes),
     .parts = &attribute_fields},
    {"reduce", FIELD_OBJECT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, reduce), .parts = &reduce_fields},
    {"job", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn, job)},
};
static const fields spawn_fields = FIELDS_OF(spawn_list, msg_spawn);

static const field kill_list[] = {
    {"launch_id", FIELD_TEXT, FIELD_AT(msg_kill, launch_id)},
    {"exit_code", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_kill, exit_code)},
};
static const fields kill_fields = FIELDS_OF(kill_list, msg_kill);

static const field explain_list[] = {
    {"application", FIELD_TEXT, FIELD_AT(msg_explain, application)},
    {"command_line", FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_explain, command_line)},
    {"handles", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_explain, handle_count)},
    {"lifetime", FIELD_LIFETIME, .flags = FIELD_OPTIONAL, FIELD_AT(msg_explain, lifetime)},
    {"as", FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(msg_explain, as)},
    {"groups", FIELD_TEXTS, .flags = FIELD_OPTIONAL, FIELD_AT(msg_explain, groups),
     FIELD_WITH(msg_explain, group_count), .most = LIMIT_HANDLES},
};
static const fields explain_fields = FIELDS_OF(explain_list, msg_explain);

static const fields no_fields = {.list = kill_list, .count = 0, .size = 0};

/* By method. */
static const struct {
    const fields *shape;
    bool required;
} params_of[] = {
    [MSG_HELLO] = {&hello_fields, true},
    [MSG_SPAWN] = {&spawn_fields, true},
    [MSG_LIST] = {&no_fields, false},
    [MSG_STATUS] = {&no_fields, false},
    [MSG_AUDIT_QUERY] = {&message_query_fields, false},
    [MSG_AUDIT_SUMMARY] = {&message_summary_fields, true},
    [MSG_AUDIT_PRUNE] = {&message_prune_fields, true},
    [MSG_KILL] = {&kill_fields, true},
    [MSG_POLICY_RELOAD] = {&no_fields, false},
    [MSG_POLICY_EXPLAIN] = {&explain_fields, true},
};

static void invalid(msg_request *request, fault_kind kind, const char *name, const char *what) {
    if (request->fault.kind != FAULT_NONE) return;
    uint32_t win32 = kind == FAULT_UNKNOWN_METHOD ? WIN32_NOT_SUPPORTED : WIN32_INVALID_DATA;
    fault_set(&request->fault, kind, STAGE_DECODE, win32, "%s", what);
    memcpy(request->fault.field, name, strlen(name));
}

/* The members around params; the method, when it is a known one. */
static void read_envelope(const field_reader *reader, const json_tree_node *root, msg_request *request) {
    static const char *const names[] = {"jsonrpc", "id", "method", "params", NULL};
    const json_tree_node *id = json_tree_member(root, "id");
    const json_tree_node *version = json_tree_member(root, "jsonrpc"),
                         *method = json_tree_member(root, "method");
    const char *name = method ? json_tree_text(method) : NULL;
    if (!id)
        invalid(request, FAULT_INVALID_REQUEST, "id",
                "there is no id: each request has one and gets an answer");
    else if (!message_read_id(id, &request->id) || request->id.is_null)
        invalid(request, FAULT_INVALID_REQUEST, "id",
                "the id is neither a whole number below 2^53 nor text of at most 64 bytes");
    if (!version || !json_tree_text(version) || strcmp(json_tree_text(version), "2.0") != 0)
        invalid(request, FAULT_INVALID_REQUEST, "jsonrpc", "jsonrpc is not \"2.0\"");
    if (!name) invalid(request, FAULT_INVALID_REQUEST, "method", "there is no method, or it is not text");
    for (const json_tree_node *member = json_tree_first(root); member; member = json_tree_next(member)) {
        const char *const *known = names;
        while (*known && strcmp(*known, json_tree_key(member)) != 0) known++;
        field_path path = {.name = json_tree_key(member), .index = FIELD_NO_INDEX};
        if (!*known) fields_fail(reader, FAULT_UNKNOWN_FIELD, &path, "is not a field of this version");
    }
    for (int i = MSG_NONE + 1; name && i < METHOD_COUNT; i++)
        if (!strcmp(methods[i], name)) request->method = (msg_method)i;
    if (name && request->method == MSG_NONE)
        invalid(
            request, FAULT_UNKNOWN_METHOD, "method",
            "the method is not one of hello, spawn, list, status, audit.query, audit.summary, audit.prune, kill, policy.reload and policy.explain");
}

void msg_decode_request(const char *text, size_t length, msg_request *ret) {
    *ret = (msg_request){.id.is_null = true, .fault.handle_index = FAULT_NO_HANDLE};
    field_reader reader = {
        .arena = &ret->arena, .stage = STAGE_DECODE, .strict = true, .ret_fault = &ret->fault};
    field_path path = {.name = "params", .index = FIELD_NO_INDEX};
    json_tree_node *root = message_parse(text, length, STAGE_DECODE, &ret->fault);
    ret->tree = root;
    if (!root) return;
    read_envelope(&reader, root, ret);
    if (ret->method == MSG_NONE) return;
    const json_tree_node *params = json_tree_member(root, "params");
    if (params) fields_read(&reader, params_of[ret->method].shape, params, &path, &ret->u);
    else if (params_of[ret->method].required) fields_fail(&reader, FAULT_MISSING_FIELD, &path, "is missing");
    if (ret->method == MSG_SPAWN && ret->fault.kind == FAULT_NONE)
        msg_spawn_check(&ret->u.spawn, &ret->fault);
    if (ret->method == MSG_AUDIT_QUERY && ret->fault.kind == FAULT_NONE)
        msg_filter_check(&ret->u.query.filter, &ret->fault);
    if (ret->method == MSG_AUDIT_SUMMARY && ret->fault.kind == FAULT_NONE)
        msg_summary_check(&ret->u.summary, &ret->fault);
    if (ret->method == MSG_AUDIT_PRUNE && ret->fault.kind == FAULT_NONE)
        msg_prune_check(&ret->u.prune, &ret->fault);
}

void msg_request_free(msg_request *request) {
    json_tree_free(request->tree);
    request->tree = NULL;
    arena_free(&request->arena);
}

static char *encode(int64_t number, msg_method method, const void *params, size_t *ret_length) {
    msg_id id = {.number = number};
    json_writer w = message_begin(&id);
    json_writer_text(&w, "method", methods[method]);
    if (params) {
        json_writer_open(&w, "params", '{');
        fields_write(&w, params_of[method].shape, params);
        json_writer_close(&w, '}');
    }
    return message_finish(&w, ret_length);
}

char *msg_encode_hello(int64_t id, const msg_hello *hello, size_t *ret_length) {
    return encode(id, MSG_HELLO, hello, ret_length);
}

char *msg_encode_spawn(int64_t id, const msg_spawn *spawn, size_t *ret_length) {
    return encode(id, MSG_SPAWN, spawn, ret_length);
}

char *msg_encode_list(int64_t id, size_t *ret_length) {
    return encode(id, MSG_LIST, NULL, ret_length);
}

char *msg_encode_status(int64_t id, size_t *ret_length) {
    return encode(id, MSG_STATUS, NULL, ret_length);
}

char *msg_encode_query(int64_t id, const msg_query *query, size_t *ret_length) {
    return encode(id, MSG_AUDIT_QUERY, query, ret_length);
}

char *msg_encode_summary(int64_t id, const msg_summary *summary, size_t *ret_length) {
    return encode(id, MSG_AUDIT_SUMMARY, summary, ret_length);
}

char *msg_encode_prune(int64_t id, const msg_prune *prune, size_t *ret_length) {
    return encode(id, MSG_AUDIT_PRUNE, prune, ret_length);
}

char *msg_encode_kill(int64_t id, const msg_kill *kill, size_t *ret_length) {
    return encode(id, MSG_KILL, kill, ret_length);
}

char *msg_encode_reload(int64_t id, size_t *ret_length) {
    return encode(id, MSG_POLICY_RELOAD, NULL, ret_length);
}

char *msg_encode_explain(int64_t id, const msg_explain *explain, size_t *ret_length) {
    return encode(id, MSG_POLICY_EXPLAIN, explain, ret_length);
}
