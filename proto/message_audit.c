/* The reply to audit.query: the columns of docs/audit.md; and the reply to audit.summary. */
#include "proto/message.h"
#include "proto/message_envelope.h"

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
    OR_NULL(caller_started_at),
    OR_NULL(child_created_at),
    TEXT(lifetime),
    NUMBER(creation_flags),
    TEXT(environment_names),
    TEXT(environment_hash),
    {"handles", FIELD_OBJECTS, FIELD_AT(msg_launch, handles), FIELD_WITH(msg_launch, handle_count),
     .parts = &handle_fields},
};
const fields message_launch_fields = FIELDS_OF(launch_list, msg_launch);

static const field page_list[] = {
    {"launches", FIELD_OBJECTS, FIELD_AT(msg_page, rows), FIELD_WITH(msg_page, count),
     .parts = &message_launch_fields},
    {"more", FIELD_BOOL, FIELD_AT(msg_page, more)},
    {"next", FIELD_I64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_page, next)},
    {"settled", FIELD_I64, FIELD_AT(msg_page, settled)},
};
static const fields page_fields = FIELDS_OF(page_list, msg_page);

char *msg_encode_query_result(const msg_id *id, const msg_page *page, size_t *ret_length) {
    msg_page result = *page;
    msg_launch alone;
    for (;;) {
        char *frame = message_encode_result(id, &page_fields, &result, ret_length);
        if (frame || !result.count || result.rows == &alone) return frame;
        if (result.count == 1) { /* its request just fitted; the reply has more in it */
            alone = result.rows[0];
            alone.environment_names = NULL;
            result.rows = &alone;
            continue;
        }
        result.count /= 2;
        result.more = true;
        result.next = result.rows[result.count - 1].seq;
    }
}

bool msg_reply_query(msg_reply *reply, msg_page *ret) {
    msg_page result = {0};
    bool good = message_read_result(reply, &page_fields, &result);
    if (good) *ret = result;
    return good;
}

static const field latency_list[] = {
    {"up_to_us", FIELD_I64, FIELD_AT(msg_latency, up_to_us)},
    {"launches", FIELD_I64, FIELD_AT(msg_latency, launches)},
};
static const fields latency_fields = FIELDS_OF(latency_list, msg_latency);

static const field group_list[] = {
    {"key", FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_group, key)},
#define X(name) {#name, FIELD_I64, FIELD_AT(msg_group, name)},
    OUTCOME_LIST(X)
#undef X
        {"latency", FIELD_OBJECTS, FIELD_AT(msg_group, latency), FIELD_WITH(msg_group, latency_count),
         .parts = &latency_fields},
};
static const fields group_fields = FIELDS_OF(group_list, msg_group);

static const field groups_list[] = {
    {"groups", FIELD_OBJECTS, FIELD_AT(msg_groups, list), FIELD_WITH(msg_groups, count),
     .parts = &group_fields},
    {"more", FIELD_BOOL, FIELD_AT(msg_groups, more)},
    {"next", FIELD_I64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_groups, next)},
};
static const fields groups_fields = FIELDS_OF(groups_list, msg_groups);

char *msg_encode_summary_result(const msg_id *id, const msg_groups *groups, size_t *ret_length) {
    return message_encode_result(id, &groups_fields, groups, ret_length);
}

bool msg_reply_summary(msg_reply *reply, msg_groups *ret) {
    msg_groups result = {0};
    bool good = message_read_result(reply, &groups_fields, &result);
    if (good) *ret = result;
    return good;
}
