#include "proto/message_envelope.h"

#include "proto/frame.h"
#include "proto/json_scan.h"

#include <string.h>

json_tree_node *message_parse(const char *text, size_t length, stage s, fault *ret_fault) {
    fault f;
    json_tree_node *root = NULL;
    /* A reply comes from the broker, and a long one has many rows. */
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

bool message_is_version(const json_tree_node *root) {
    const json_tree_node *version = json_tree_member(root, MEMBER_VERSION);
    const char *text = version ? json_tree_text(version) : NULL;
    return text && !strcmp(text, JSON_RPC_VERSION);
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
    } else if (!json_tree_integer(node, &id.number, &exact) || !exact) {
        return false;
    }
    *ret = id;
    return true;
}

json_writer message_begin(const msg_id *id) {
    json_writer w = {.prefix = FRAME_HEADER_BYTES, .limit = LIMIT_FRAME_BYTES};
    json_writer_open(&w, NULL, '{');
    json_writer_text(&w, MEMBER_VERSION, JSON_RPC_VERSION);
    if (id->is_null) json_writer_null(&w, MEMBER_ID);
    else if (id->is_text) json_writer_text(&w, MEMBER_ID, id->text);
    else json_writer_integer(&w, MEMBER_ID, id->number);
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

void message_write_member(json_writer *w, const char *name, const fields *shape, const void *value) {
    json_writer_open(w, name, '{');
    fields_write(w, shape, value);
    json_writer_close(w, '}');
}
