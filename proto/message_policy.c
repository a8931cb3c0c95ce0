/* The replies to policy.reload and policy.explain. What they say: docs/policy.md. */
#include "proto/message.h"
#include "proto/message_envelope.h"

typedef struct reloaded {
    uint32_t rules;
} reloaded;

static const field reloaded_list[] = {{"rules", FIELD_U32, FIELD_AT(reloaded, rules)}};
static const fields reloaded_fields = FIELDS_OF(reloaded_list, reloaded);

char *msg_encode_reload_result(const msg_id *id, uint32_t rules, size_t *ret_length) {
    const reloaded result = {rules};
    return message_encode_result(id, &reloaded_fields, &result, ret_length);
}

bool msg_reply_reload(msg_reply *reply, uint32_t *ret_rules) {
    reloaded result = {0};
    bool good = message_read_result(reply, &reloaded_fields, &result);
    if (good) *ret_rules = result.rules;
    return good;
}

static const field step_list[] = {
    {"rule", FIELD_TEXT, FIELD_AT(msg_step, rule)},
    {"matched", FIELD_BOOL, FIELD_AT(msg_step, matched)},
    {"condition", FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_step, condition)},
    {"wanted", FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_step, wanted)},
    {"got", FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_step, got)},
};
static const fields step_fields = FIELDS_OF(step_list, msg_step);

static const field limit_list[] = {
    {"process_memory_bytes", FIELD_U64, FIELD_AT(msg_limits, process_memory_bytes)},
    {"job_memory_bytes", FIELD_U64, FIELD_AT(msg_limits, job_memory_bytes)},
    {"cpu_percent", FIELD_U32, FIELD_AT(msg_limits, cpu_percent)},
    {"max_processes", FIELD_U32, FIELD_AT(msg_limits, max_processes)},
};
static const fields limit_fields = FIELDS_OF(limit_list, msg_limits);

static const field explained_list[] = {
    {"decision", FIELD_TEXT, FIELD_AT(msg_explained, decision)},
    {"rule", FIELD_TEXT, FIELD_AT(msg_explained, rule)},
    {"reason", FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(msg_explained, reason)},
    {"attest", FIELD_BOOL, FIELD_AT(msg_explained, attest)},
    {"limits", FIELD_OBJECT, FIELD_AT(msg_explained, limits), .parts = &limit_fields},
    {"steps", FIELD_OBJECTS, FIELD_AT(msg_explained, steps), FIELD_WITH(msg_explained, step_count),
     .parts = &step_fields},
};
static const fields explained_fields = FIELDS_OF(explained_list, msg_explained);

char *msg_encode_explain_result(const msg_id *id, const msg_explained *r, size_t *ret_length) {
    return message_encode_result(id, &explained_fields, r, ret_length);
}

bool msg_reply_explain(msg_reply *reply, msg_explained *ret) {
    msg_explained result = {0};
    bool good = message_read_result(reply, &explained_fields, &result);
    if (good) *ret = result;
    return good;
}
