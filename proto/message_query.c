/* The replies to audit.query and kill, and results as text. Columns: docs/audit.md. */
#include "message.h"
#include "message_wire.h"

static const field handle_list[] = {
    {"position", FIELD_I64, FIELD_AT(msg_launch_handle, position)},
    {"name", FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_launch_handle, name)},
    {"type", FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_launch_handle, type)},
    {"granted_access", FIELD_I64, FIELD_AT(msg_launch_handle, granted_access)},
    {"caller_value", FIELD_I64, FIELD_AT(msg_launch_handle, caller_value)},
    {"child_value", FIELD_I64, FIELD_AT(msg_launch_handle, child_value)},
    {"fd", FIELD_I64, .flags = FIELD_NULLABLE, FIELD_AT(msg_launch_handle, fd)},
};
static const fields handle_fields = FIELDS_OF(handle_list, msg_launch_handle);

#define TEXT(name) \
    { #name, FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_launch, name) }
#define NUMBER(name) \
    { #name, FIELD_I64, FIELD_AT(msg_launch, name) }
#define OR_NULL(name)                                                                      \
    {                                                                                      \
#name, FIELD_I64, .flags = FIELD_NULLABLE | FIELD_HAS, FIELD_AT(msg_launch, name), \
                          FIELD_WITH(msg_launch, has_##name)                               \
    }

static const field launch_list[] = {
    {"launch_id", FIELD_TEXT, FIELD_AT(msg_launch, launch_id)},
    NUMBER(requested_at),
    NUMBER(caller_pid),
    TEXT(caller_image),
    TEXT(caller_sid),
    TEXT(caller_user),
    NUMBER(caller_session),
    TEXT(application),
    TEXT(command_line),
    TEXT(directory),
    TEXT(rule),
    {"outcome", FIELD_TEXT, FIELD_AT(msg_launch, outcome)},
    TEXT(stage),
    OR_NULL(error_code),
    TEXT(error_message),
    OR_NULL(child_pid),
    OR_NULL(attested),
    OR_NULL(started_at),
    OR_NULL(exited_at),
    OR_NULL(exit_code),
    OR_NULL(create_us),
    OR_NULL(total_us),
    NUMBER(seq),
    {"handles", FIELD_OBJECTS, FIELD_AT(msg_launch, handles), FIELD_WITH(msg_launch, handle_count),
     .parts = &handle_fields},
};
static const fields launch_fields = FIELDS_OF(launch_list, msg_launch);

typedef struct page {
    const msg_launch *rows;
    size_t count;
    bool more;
} page;

static const field page_list[] = {
    {"launches", FIELD_OBJECTS, FIELD_AT(page, rows), FIELD_WITH(page, count), .parts = &launch_fields},
    {"more", FIELD_BOOL, FIELD_AT(page, more)},
};
static const fields page_fields = FIELDS_OF(page_list, page);

char *msg_encode_query_result(const msg_id *id, const msg_launch *rows, size_t count, bool more,
                              size_t *ret_length) {
    for (;; count /= 2, more = true) {
        const page result = {.rows = rows, .count = count, .more = more};
        char *frame = message_encode_result(id, &page_fields, &result, ret_length);
        if (frame || count <= 1) return frame;
    }
}

bool msg_reply_query(msg_reply *reply, const msg_launch **ret, size_t *ret_count, bool *ret_more) {
    page result = {0};
    bool good = message_read_result(reply, &page_fields, &result);
    if (good) *ret = result.rows, *ret_count = result.count, *ret_more = result.more;
    return good;
}

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
static void print(writer *w, const char *key, const tree_node *node) {
    int64_t whole;
    bool exact = false, object = tree_kind_of(node) == TREE_OBJECT;
    switch (tree_kind_of(node)) {
    case TREE_NULL: writer_null(w, key); break;
    case TREE_BOOL: writer_bool(w, key, tree_is_true(node)); break;
    case TREE_TEXT: writer_text(w, key, tree_text(node)); break;
    case TREE_NUMBER:
        if (tree_integer(node, &whole, &exact) && exact) writer_integer(w, key, whole);
        else writer_real(w, key, tree_number(node));
        break;
    case TREE_ARRAY:
    case TREE_OBJECT:
        writer_open(w, key, object ? '{' : '[');
        for (const tree_node *child = tree_first(node); child; child = tree_next(child))
            print(w, object ? tree_key(child) : NULL, child);
        writer_close(w, object ? '}' : ']');
        break;
    }
}

char *msg_reply_result_json(const msg_reply *reply, bool indented) {
    const tree_node *result = reply->tree ? tree_member(reply->tree, "result") : NULL;
    writer w = {.limit = SIZE_MAX / 4, .indented = indented};
    if (!result) return NULL;
    print(&w, NULL, result);
    return writer_take(&w, NULL);
}
