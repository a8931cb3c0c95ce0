/* Replies in both directions: results, errors, and results as text. The file of each topic has the fields of
 * its methods. */
#include "proto/message_envelope.h"
#include "proto/utf.h"

#include <math.h>
#include <string.h>

/* ---- results ---- */

static const fields *const results[MSG_METHOD_COUNT] = {
#define X(id, stem, name, params, presence, result, ...) [MSG_##id] = &message_##result##_fields,
    METHOD_LIST(X, X)
#undef X
};

typedef union any_result {
#define X(id, stem, name, params, presence, result, ...) msg_##result stem;
    METHOD_LIST(X, X)
#undef X
} any_result;

char *msg_encode_result(const msg_id *id, msg_method method, const void *result, size_t *ret_length) {
    const fields *shape = results[method];
    arena a = {0};
    any_result part;
    memcpy(&part, result, shape->size);

    for (;;) {
        json_writer w = message_begin(id);
        message_write_member(&w, MEMBER_RESULT, shape, &part);
        char *frame = message_finish(&w, ret_length);
        if (!frame && shape->shorten && shape->shorten(&part, &a)) continue;
        arena_free(&a);
        return frame;
    }
}

bool msg_reply_result(msg_reply *reply, msg_method method, void *ret) {
    const fields *shape = results[method];
    any_result result = {0};
    if (reply->fault.kind != FAULT_NONE) return false;

    field_reader reader = {.arena = &reply->arena, .stage = STAGE_REPLY, .ret_fault = &reply->fault};
    field_path path = {.name = MEMBER_RESULT, .index = FIELD_NO_INDEX};
    fields_read(&reader, shape, json_tree_member(reply->tree, MEMBER_RESULT), &path, &result);
    if (reply->fault.kind != FAULT_NONE) return false;
    memcpy(ret, &result, shape->size);
    return true;
}

/* ---- errors ---- */

#define ERROR_CODE "code"
#define ERROR_MESSAGE "message"
#define ERROR_DATA "data"

typedef struct error_data {
    const char *name, *stage, *field, *launch_id;
    uint32_t win32;
    bool has_handle;
    int handle_index;
} error_data;

static const field error_list[] = {
    FIELD(error_data, name, FIELD_TEXT),
    FIELD(error_data, win32, FIELD_U32),
    FIELD(error_data, stage, FIELD_TEXT),
    FIELD(error_data, field, FIELD_TEXT, .flags = FIELD_OPTIONAL),
    FIELD(error_data, handle_index, FIELD_INT, .flags = FIELD_OPTIONAL | FIELD_HAS,
          FIELD_WITH(error_data, has_handle)),
    FIELD(error_data, launch_id, FIELD_TEXT, .flags = FIELD_OPTIONAL),
};
static const fields error_fields = FIELDS_OF(error_list, error_data);

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
    json_writer_open(&w, MEMBER_ERROR, '{');
    json_writer_integer(&w, ERROR_CODE, fault_code(f->kind));
    json_writer_text(&w, ERROR_MESSAGE, f->message);
    message_write_member(&w, ERROR_DATA, &error_fields, &data);
    json_writer_close(&w, '}');
    return message_finish(&w, ret_length);
}

/* Reads the broker's error as a fault. An error without a known name becomes an internal fault, so that no
 * error is ever taken for success. */
static void read_error(msg_reply *reply, const json_tree_node *error) {
    fault ignored = {.kind = FAULT_NONE}, f;
    field_reader reader = {.arena = &reply->arena, .stage = STAGE_REPLY, .ret_fault = &ignored};
    field_path path = {.name = ERROR_DATA, .index = FIELD_NO_INDEX};
    error_data data = {0};
    const json_tree_node *text = json_tree_member(error, ERROR_MESSAGE),
                         *data_node = json_tree_member(error, ERROR_DATA);
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
    const json_tree_node *id_node = json_tree_member(root, MEMBER_ID);
    const json_tree_node *result = json_tree_member(root, MEMBER_RESULT);
    const json_tree_node *error = json_tree_member(root, MEMBER_ERROR);
    if (!message_is_version(root) || !id_node || !message_read_id(id_node, &id) || id.is_text ||
        !result == !error || (error && json_tree_kind_of(error) != TREE_OBJECT)) {
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

/* ---- results as text ---- */

/* Writes a value and what is in it. The recursion is as deep as json_scan allows. */
static void print(json_writer *w, const char *key, const json_tree_node *node) {
    int64_t whole;
    bool exact = false, object = json_tree_kind_of(node) == TREE_OBJECT;

    switch (json_tree_kind_of(node)) {
    case TREE_NULL: json_writer_null(w, key); break;
    case TREE_BOOL: json_writer_bool(w, key, json_tree_is_true(node)); break;
    case TREE_TEXT: json_writer_text(w, key, json_tree_text(node)); break;
    case TREE_NUMBER:
        if (json_tree_integer(node, &whole, &exact) && exact) json_writer_integer(w, key, whole);
        else if (isfinite(json_tree_number(node))) json_writer_real(w, key, json_tree_number(node));
        else json_writer_null(w, key); /* too large for a double; JavaScript writes null as well */
        break;
    case TREE_ARRAY:
    case TREE_OBJECT:
        json_writer_open(w, key, object ? '{' : '[');
        for (const json_tree_node *child = json_tree_first(node); child; child = json_tree_next(child))
            print(w, object ? json_tree_key(child) : NULL, child);
        json_writer_close(w, object ? '}' : ']');
        break;
    }
}

char *msg_reply_result_json(const msg_reply *reply, bool indented) {
    const json_tree_node *result = reply->tree ? json_tree_member(reply->tree, MEMBER_RESULT) : NULL;
    json_writer w = {.limit = SIZE_MAX / 4, .indented = indented};
    if (!result) return NULL;
    print(&w, NULL, result);
    return json_writer_take(&w, NULL);
}
