#include "proto/message_envelope.h"

static const field hello_list[] = {
    FIELD(msg_hello, protocol, FIELD_U32),
    FIELD(msg_hello, client, FIELD_TEXT),
    FIELD(msg_hello, nonce, FIELD_TEXT, FIELD_OPTIONAL),
};
const fields message_hello_fields = FIELDS_OF(hello_list, msg_hello);

static const field caller_list[] = {
    FIELD(msg_hello_result, user, FIELD_TEXT),
    FIELD(msg_hello_result, sid, FIELD_TEXT),
    FIELD(msg_hello_result, session, FIELD_U32),
    {"process_id", FIELD_U32, FIELD_AT(msg_hello_result, caller_pid)},
};
static const fields caller_fields = FIELDS_OF(caller_list, msg_hello_result);

static const field limit_list[] = {
    FIELD_CONSTANT("frame_bytes", LIMIT_FRAME_BYTES),
    FIELD_CONSTANT("nesting", LIMIT_NESTING),
    FIELD_CONSTANT("values", LIMIT_VALUES),
    FIELD_CONSTANT("members", LIMIT_MEMBERS),
    FIELD_CONSTANT("handles", LIMIT_HANDLES),
    FIELD_CONSTANT("name_chars", LIMIT_NAME_CHARS),
    FIELD_CONSTANT("command_line_units", LIMIT_COMMAND_LINE_UNITS),
    FIELD_CONSTANT("path_units", LIMIT_PATH_UNITS),
    FIELD_CONSTANT("environment_entries", LIMIT_ENVIRONMENT_ENTRIES),
    FIELD_CONSTANT("groups", LIMIT_GROUPS),
    FIELD_CONSTANT("fd", LIMIT_FD),
    FIELD_CONSTANT("in_flight", LIMIT_IN_FLIGHT),
    FIELD_CONSTANT("id_chars", LIMIT_ID_CHARS),
    FIELD_CONSTANT("query_rows", LIMIT_QUERY_ROWS),
    FIELD_CONSTANT("frame_seconds", LIMIT_FRAME_SECONDS),
    FIELD_CONSTANT("write_seconds", LIMIT_WRITE_SECONDS),
};
static const fields limit_fields = FIELDS_OF(limit_list, msg_hello_result);

static const field result_list[] = {
    FIELD(msg_hello_result, protocol, FIELD_U32),      FIELD(msg_hello_result, broker, FIELD_TEXT),
    FIELD(msg_hello_result, process_id, FIELD_U32),    FIELD(msg_hello_result, nonce, FIELD_TEXT),
    {"caller", FIELD_OBJECT, .parts = &caller_fields}, {"limits", FIELD_CONSTANTS, .parts = &limit_fields},
};
const fields message_hello_result_fields = FIELDS_OF(result_list, msg_hello_result);
