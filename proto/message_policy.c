#include "proto/message_envelope.h"

static const field reload_list[] = {FIELD(msg_reload, none, FIELD_BOOL, .flags = FIELD_OPTIONAL)};
const fields message_reload_fields = FIELDS_OF(reload_list, msg_reload);

static const field reloaded_list[] = {FIELD(msg_reloaded, rules, FIELD_U32)};
const fields message_reloaded_fields = FIELDS_OF(reloaded_list, msg_reloaded);

static const field explain_list[] = {
    FIELD(msg_explain, application, FIELD_TEXT),
    FIELD(msg_explain, command_line, FIELD_TEXT, .flags = FIELD_OPTIONAL),
    {"handles", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_explain, handle_count)},
    FIELD(msg_explain, lifetime, FIELD_LIFETIME, .flags = FIELD_OPTIONAL),
    FIELD(msg_explain, as, FIELD_TEXT, .flags = FIELD_OPTIONAL),
    FIELD(msg_explain, groups, FIELD_TEXTS, .flags = FIELD_OPTIONAL, FIELD_WITH(msg_explain, group_count),
          .most = LIMIT_HANDLES),
};
const fields message_explain_fields = FIELDS_OF(explain_list, msg_explain);

static const field step_list[] = {
    FIELD(msg_step, rule, FIELD_TEXT),
    FIELD(msg_step, matched, FIELD_BOOL),
    FIELD(msg_step, condition, FIELD_TEXT, .flags = FIELD_NULLABLE),
    FIELD(msg_step, wanted, FIELD_TEXT, .flags = FIELD_NULLABLE),
    FIELD(msg_step, got, FIELD_TEXT, .flags = FIELD_NULLABLE),
};
static const fields step_fields = FIELDS_OF(step_list, msg_step);

static const field limit_list[] = {
#define X(name, bits, most) FIELD(msg_limits, name, FIELD_U##bits),
    LAUNCH_LIMIT_LIST(X)
#undef X
};
static const fields limit_fields = FIELDS_OF(limit_list, msg_limits);

static const field explained_list[] = {
    FIELD(msg_explained, decision, FIELD_TEXT),
    FIELD(msg_explained, rule, FIELD_TEXT),
    FIELD(msg_explained, reason, FIELD_TEXT, .flags = FIELD_NULLABLE),
    FIELD(msg_explained, attest, FIELD_BOOL),
    FIELD(msg_explained, limits, FIELD_OBJECT, .parts = &limit_fields),
    FIELD(msg_explained, steps, FIELD_OBJECTS, FIELD_WITH(msg_explained, step_count), .parts = &step_fields),
};
const fields message_explained_fields = FIELDS_OF(explained_list, msg_explained);
