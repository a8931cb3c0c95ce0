/* The reply to kill, and results as text. */
#include "proto/message.h"
#include "proto/message_envelope.h"

#include <math.h>

typedef struct killed {
    uint32_t process_id;
} killed;

static const field killed_list[] = {{"process_id", FIELD_U32, FIELD_AT(killed, process_id)}};
static const fields killed_fields = FIELDS_OF(killed_list, killed);

char *msg_encode_kill_result(const msg_id *id, uint32_t process_id, size_t *ret_length) {
    const killed result = {process_id};
    return message_encode_result(id, &killed_fields, &result, ret_length);
}

bool msg_reply_kill(msg_reply *reply, uint32_t *ret_process_id) {
    killed result = {0};
    bool good = message_read_result(reply, &killed_fields, &result);
    if (good) *ret_process_id = result.process_id;
    return good;
}

/* As deep as json_scan let it be. */
static void print(json_writer *w, const char *key, const json_tree_node *node) {
    int64_t whole;
    bool exact = false, object = json_tree_kind_of(node) == TREE_OBJECT;
    switch (json_tree_kind_of(node)) {
    case TREE_NULL: json_writer_null(w, key); break;
    case TREE_BOOL: json_writer_bool(w, key, tree_is_true(node)); break;
    case TREE_TEXT: json_writer_text(w, key, json_tree_text(node)); break;
    case TREE_NUMBER:
        if (tree_integer(node, &whole, &exact) && exact) json_writer_integer(w, key, whole);
        else if (isfinite(json_tree_number(node))) json_writer_real(w, key, json_tree_number(node));
        else
            json_writer_null(
                w, key); /* beyond a double, so that nobody knows it: as JavaScript writes such a number */
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
    const json_tree_node *result = reply->tree ? json_tree_member(reply->tree, "result") : NULL;
    json_writer w = {.limit = SIZE_MAX / 4, .indented = indented};
    if (!result) return NULL;
    print(&w, NULL, result);
    return json_writer_take(&w, NULL);
}
