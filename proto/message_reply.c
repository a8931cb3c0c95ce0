/* Replies: what they hold, both ways. */
#include "proto/fields.h"
#include "proto/message.h"
#include "proto/message_envelope.h"
#include "proto/utf.h"

#include <string.h>

static const field caller_list[] = {
    {"user", FIELD_TEXT, FIELD_AT(msg_hello_result, user)},
    {"sid", FIELD_TEXT, FIELD_AT(msg_hello_result, sid)},
    {"session", FIELD_U32, FIELD_AT(msg_hello_result, session)},
    {"process_id", FIELD_U32, FIELD_AT(msg_hello_result, caller_pid)},
};
static const fields caller_fields = FIELDS_OF(caller_list, msg_hello_result);

static const field hello_list[] = {
    {"protocol", FIELD_U32, FIELD_AT(msg_hello_result, protocol)},
    {"broker", FIELD_TEXT, FIELD_AT(msg_hello_result, broker)},
    {"process_id", FIELD_U32, FIELD_AT(msg_hello_result, process_id)},
    {"caller", FIELD_OBJECT, .parts = &caller_fields},
};
static const fields hello_fields = FIELDS_OF(hello_list, msg_hello_result);

static const field time_list[] = {
#define X(name) {#name, FIELD_U32, FIELD_AT(msg_times, name)},
    TIME_LIST(X)
#undef X
};
static const fields time_fields = FIELDS_OF(time_list, msg_times);

static const field spawn_list[] = {
    {"launch_id", FIELD_TEXT, FIELD_AT(msg_spawn_result, launch_id)},
    {"process_id", FIELD_U32, FIELD_AT(msg_spawn_result, process_id)},
    {"thread_id", FIELD_U32, FIELD_AT(msg_spawn_result, thread_id)},
    {"process", FIELD_U32, FIELD_AT(msg_spawn_result, process)},
    {"thread", FIELD_U32, FIELD_AT(msg_spawn_result, thread)},
    {"job", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_spawn_result, job)},
    {"attested", FIELD_YES_NO, FIELD_AT(msg_spawn_result, attested)},
    {"times_us", FIELD_OBJECT, FIELD_AT(msg_spawn_result, times_us), .parts = &time_fields},
};
static const fields spawn_fields = FIELDS_OF(spawn_list, msg_spawn_result);

static const field child_list[] = {
    {"launch_id", FIELD_TEXT, FIELD_AT(msg_child, launch_id)},
    {"process_id", FIELD_U32, FIELD_AT(msg_child, process_id)},
    {"caller_pid", FIELD_U32, FIELD_AT(msg_child, caller_pid)},
    {"user", FIELD_TEXT, FIELD_AT(msg_child, user)},
    {"application", FIELD_TEXT, FIELD_AT(msg_child, application)},
    {"started_at", FIELD_I64, FIELD_AT(msg_child, started_at)},
    {"handles", FIELD_U32, FIELD_AT(msg_child, handles)},
    {"lifetime", FIELD_LIFETIME, FIELD_AT(msg_child, lifetime)},
};
static const fields child_fields = FIELDS_OF(child_list, msg_child);

typedef struct children {
    const msg_child *rows;
    size_t count;
    bool more;
} children;

static const field children_list[] = {
    {"children", FIELD_OBJECTS, FIELD_AT(children, rows), FIELD_WITH(children, count),
     .parts = &child_fields},
    {"more", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(children, more)},
};
static const fields children_fields = FIELDS_OF(children_list, children);

typedef struct error_data {
    const char *name, *stage, *field, *launch_id;
    uint32_t win32;
    bool has_handle;
    int handle_index;
} error_data;

static const field error_list[] = {
    {"name", FIELD_TEXT, FIELD_AT(error_data, name)},
    {"win32", FIELD_U32, FIELD_AT(error_data, win32)},
    {"stage", FIELD_TEXT, FIELD_AT(error_data, stage)},
    {"field", FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(error_data, field)},
    {"handle_index", FIELD_INT, .flags = FIELD_OPTIONAL | FIELD_HAS, FIELD_AT(error_data, handle_index),
     FIELD_WITH(error_data, has_handle)},
    {"launch_id", FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(error_data, launch_id)},
};
static const fields error_fields = FIELDS_OF(error_list, error_data);

#define HELLO_LIMITS(X)                               \
    X(frame_bytes, LIMIT_FRAME_BYTES)                 \
    X(nesting, LIMIT_NESTING)                         \
    X(values, LIMIT_VALUES)                           \
    X(members, LIMIT_MEMBERS)                         \
    X(handles, LIMIT_HANDLES)                         \
    X(name_chars, LIMIT_NAME_CHARS)                   \
    X(command_line_units, LIMIT_COMMAND_LINE_UNITS)   \
    X(path_units, LIMIT_PATH_UNITS)                   \
    X(environment_entries, LIMIT_ENVIRONMENT_ENTRIES) \
    X(groups, LIMIT_GROUPS)                           \
    X(fd, LIMIT_FD)                                   \
    X(in_flight, LIMIT_IN_FLIGHT)                     \
    X(id_chars, LIMIT_ID_CHARS)                       \
    X(query_rows, LIMIT_QUERY_ROWS)                   \
    X(frame_seconds, LIMIT_FRAME_SECONDS)             \
    X(write_seconds, LIMIT_WRITE_SECONDS)

char *msg_encode_hello_result(const msg_id *id, const msg_hello_result *r, size_t *ret_length) {
    json_writer w = message_begin(id);
    json_writer_open(&w, "result", '{');
    fields_write(&w, &hello_fields, r);
    json_writer_open(&w, "limits", '{');
#define X(name, limit) json_writer_integer(&w, #name, limit);
    HELLO_LIMITS(X)
#undef X
    json_writer_close(&w, '}');
    json_writer_close(&w, '}');
    return message_finish(&w, ret_length);
}

char *msg_encode_spawn_result(const msg_id *id, const msg_spawn_result *r, size_t *ret_length) {
    return message_encode_result(id, &spawn_fields, r, ret_length);
}

char *msg_encode_list_result(const msg_id *id, const msg_child *rows, size_t count, size_t *ret_length) {
    bool more = false;
    for (;; count /= 2, more = true) {
        const children result = {.rows = rows, .count = count, .more = more};
        char *frame = message_encode_result(id, &children_fields, &result, ret_length);
        if (frame || count <= 1) return frame;
    }
}

char *msg_encode_fault(const msg_id *id, const fault *f, const char *launch_id, size_t *ret_length) {
    error_data data = {
        .name = fault_name(f->kind),
        .stage = stage_name(f->stage),
        .field = f->field[0] ? f->field : NULL,
        .launch_id = launch_id,
        .win32 = f->win32,
        .has_handle = f->handle_index != FAULT_NO_HANDLE,
        .handle_index = f->handle_index,
    };
    json_writer w = message_begin(id);
    json_writer_open(&w, "error", '{');
    json_writer_integer(&w, "code", fault_code(f->kind));
    json_writer_text(&w, "message", f->message);
    json_writer_open(&w, "data", '{');
    fields_write(&w, &error_fields, &data);
    json_writer_close(&w, '}');
    json_writer_close(&w, '}');
    return message_finish(&w, ret_length);
}

/* The broker's error as a fault. What it does not say becomes an internal fault: never a success. */
static void read_error(msg_reply *reply, const json_tree_node *error) {
    fault ignored = {.kind = FAULT_NONE}, f;
    field_reader reader = {.arena = &reply->arena, .stage = STAGE_REPLY, .ret_fault = &ignored};
    field_path path = {.name = "data", .index = FIELD_NO_INDEX};
    error_data data = {0};
    const json_tree_node *text = json_tree_member(error, "message"),
                         *data_node = json_tree_member(error, "data");
    const char *message = text ? json_tree_text(text) : NULL;
    if (data_node) fields_read(&reader, &error_fields, data_node, &path, &data);
    fault_kind kind = fault_from_name(data.name);
    fault_set(&f, kind != FAULT_NONE ? kind : FAULT_INTERNAL, stage_from_name(data.stage),
              data.win32 ? data.win32 : WIN32_INVALID_DATA, "%s",
              message ? message : "the broker gave no message");
    if (data.has_handle && data.handle_index >= 0) f.handle_index = data.handle_index;
    if (data.field) memcpy(f.field, data.field, utf8_cut(data.field, strlen(data.field), sizeof f.field - 1));
    if (data.launch_id && strlen(data.launch_id) < sizeof reply->launch_id)
        memcpy(reply->launch_id, data.launch_id, strlen(data.launch_id) + 1);
    reply->fault = f;
}

void msg_decode_reply(const char *text, size_t length, msg_reply *ret) {
    *ret = (msg_reply){.id = -1, .fault.handle_index = FAULT_NO_HANDLE};
    json_tree_node *root = message_parse(text, length, STAGE_REPLY, &ret->fault);
    ret->tree = root;
    if (!root) return;
    msg_id id;
    const json_tree_node *version = json_tree_member(root, "jsonrpc"),
                         *id_node = json_tree_member(root, "id");
    const json_tree_node *result = json_tree_member(root, "result"), *error = json_tree_member(root, "error");
    if (!version || !json_tree_text(version) || strcmp(json_tree_text(version), "2.0") != 0 || !id_node ||
        !message_read_id(id_node, &id) || id.is_text || !result == !error ||
        (error && json_tree_kind_of(error) != TREE_OBJECT)) {
        fault_set(&ret->fault, FAULT_INVALID_REQUEST, STAGE_REPLY, WIN32_INVALID_DATA,
                  "what the broker sent is not a JSON-RPC reply");
        return;
    }
    if (!id.is_null) ret->id = id.number;
    if (error) read_error(ret, error);
}

void msg_reply_free(msg_reply *reply) {
    json_tree_free(reply->tree);
    reply->tree = NULL;
    arena_free(&reply->arena);
}

bool msg_reply_hello(msg_reply *reply, msg_hello_result *ret) {
    msg_hello_result result = {0};
    bool good = message_read_result(reply, &hello_fields, &result);
    if (good) *ret = result;
    return good;
}

bool msg_reply_spawn(msg_reply *reply, msg_spawn_result *ret) {
    msg_spawn_result result = {0};
    bool good = message_read_result(reply, &spawn_fields, &result);
    if (good) *ret = result;
    return good;
}

bool msg_reply_list(msg_reply *reply, const msg_child **ret, size_t *ret_count) {
    children result = {0};
    bool good = message_read_result(reply, &children_fields, &result);
    if (good) *ret = result.rows, *ret_count = result.count;
    return good;
}
