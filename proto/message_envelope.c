#include "proto/message_envelope.h"

#include "proto/frame.h"
#include "proto/json_scan.h"

#include <string.h>

json_tree_node *message_parse(const char *text, size_t length, stage s, fault *ret_fault) {
    fault f;
    json_tree_node *root = NULL;
    /* Replies are the broker's own, and long ones have many rows. */
    size_t most = s == STAGE_DECODE ? LIMIT_VALUES : SIZE_MAX;
    if (json_scan(text, length, most, &f) != FAULT_NONE) f.stage = s;
    else if (!(root = json_tree_parse(text, length)))
        fault_set(&f, FAULT_INTERNAL, s, WIN32_OUT_OF_MEMORY, "no memory for the message");
    else if (json_tree_kind_of(root) == TREE_OBJECT) return root;
    else if (json_tree_kind_of(root) == TREE_ARRAY)
        fault_set(&f, FAULT_INVALID_REQUEST, s, WIN32_INVALID_DATA, "an array: there are no batches");
    else fault_set(&f, FAULT_INVALID_REQUEST, s, WIN32_INVALID_DATA, "the message is not an object");
    json_tree_free(root);
    *ret_fault = f;
    return NULL;
}

bool message_read_id(const json_tree_node *node, msg_id *ret) {
    msg_id id = {0};
    bool exact = false;
    const char *text = json_tree_text(node);
    if (json_tree_kind_of(node) == TREE_NULL) {
        id.is_null = true;
    } else if (text) {
        size_t length = strlen(text);
        if (length > LIMIT_ID_CHARS) return false;
        id.is_text = true;
        memcpy(id.text, text, length);
    } else if (!tree_integer(node, &id.number, &exact) || !exact) {
        return false;
    }
    *ret = id;
    return true;
}

json_writer message_begin(const msg_id *id) {
    json_writer w = {.prefix = FRAME_HEADER_BYTES, .limit = LIMIT_FRAME_BYTES};
    json_writer_open(&w, NULL, '{');
    json_writer_text(&w, "jsonrpc", "2.0");
    if (id->is_null) json_writer_null(&w, "id");
    else if (id->is_text) json_writer_text(&w, "id", id->text);
    else json_writer_integer(&w, "id", id->number);
    return w;
}

char *message_finish(json_writer *w, size_t *ret_length) {
    size_t length;
    json_writer_close(w, '}');
    char *frame = json_writer_take(w, &length);
    if (!frame) return NULL;
    frame_header((unsigned char *)frame, (uint32_t)(length - FRAME_HEADER_BYTES));
    *ret_length = length;
    return frame;
}

char *message_encode_result(const msg_id *id, const fields *shape, const void *result, size_t *ret_length) {
    json_writer w = message_begin(id);
    json_writer_open(&w, "result", '{');
    fields_write(&w, shape, result);
    json_writer_close(&w, '}');
    return message_finish(&w, ret_length);
}

bool message_read_result(msg_reply *reply, const fields *shape, void *ret) {
    if (reply->fault.kind != FAULT_NONE) return false;
    field_reader reader = {.arena = &reply->arena, .stage = STAGE_REPLY, .ret_fault = &reply->fault};
    field_path path = {.name = "result", .index = FIELD_NO_INDEX};
    fields_read(&reader, shape, json_tree_member(reply->tree, "result"), &path, ret);
    return reply->fault.kind == FAULT_NONE;
}
