#include "proto/message_envelope.h"

static const field child_list[] = {
    FIELD(msg_child, launch_id, FIELD_TEXT),
    FIELD(msg_child, process_id, FIELD_U32),
    FIELD(msg_child, caller_pid, FIELD_U32),
    FIELD(msg_child, user, FIELD_TEXT),
    FIELD(msg_child, application, FIELD_TEXT),
    FIELD(msg_child, started_at, FIELD_I64),
    FIELD(msg_child, handles, FIELD_U32),
    FIELD(msg_child, lifetime, FIELD_LIFETIME),
    FIELD(msg_child, label, FIELD_TEXT, .flags = FIELD_OPTIONAL),
};
static const fields child_fields = FIELDS_OF(child_list, msg_child);

/* Drops the last half of the children. */
static bool shorten_children(void *result, arena *a) {
    msg_children *list = result;
    (void)a;
    if (list->count <= 1) return false;
    list->count /= 2;
    list->more = true;
    return true;
}

static const field children_list[] = {
    FIELD(msg_children, children, FIELD_OBJECTS, FIELD_WITH(msg_children, count), .parts = &child_fields),
    FIELD(msg_children, more, FIELD_BOOL, .flags = FIELD_OPTIONAL),
};
const fields message_children_fields = FIELDS_THAT_SHORTEN(children_list, msg_children, shorten_children);

static const field wait_list[] = {
    FIELD(msg_wait, launch_id, FIELD_TEXT),
    FIELD(msg_wait, timeout_ms, FIELD_U32, .flags = FIELD_OPTIONAL | FIELD_HAS,
          FIELD_WITH(msg_wait, has_timeout_ms)),
};
const fields message_wait_fields = FIELDS_OF(wait_list, msg_wait);

static const field waited_list[] = {
    FIELD(msg_waited, launch_id, FIELD_TEXT),
    FIELD(msg_waited, exited, FIELD_BOOL),
    FIELD(msg_waited, exit_code, FIELD_I64, .flags = FIELD_NULLABLE | FIELD_HAS,
          FIELD_WITH(msg_waited, has_exit_code)),
    FIELD(msg_waited, exited_at, FIELD_I64, .flags = FIELD_NULLABLE | FIELD_HAS,
          FIELD_WITH(msg_waited, has_exited_at)),
};
const fields message_waited_fields = FIELDS_OF(waited_list, msg_waited);

static const field kill_list[] = {
    FIELD(msg_kill, launch_id, FIELD_TEXT),
    FIELD(msg_kill, exit_code, FIELD_U32, .flags = FIELD_OPTIONAL),
};
const fields message_kill_fields = FIELDS_OF(kill_list, msg_kill);

static const field killed_list[] = {FIELD(msg_killed, process_id, FIELD_U32)};
const fields message_killed_fields = FIELDS_OF(killed_list, msg_killed);
