/* audit.prune: the request's fields and the reply. */
#include "proto/message.h"
#include "proto/message_envelope.h"

#include <string.h>

static const field prune_list[] = {
    {"max_age_us", FIELD_I64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_prune, max_age_us), .least = 1,
     .most = TREE_INTEGER_MAX},
    {"max_bytes", FIELD_I64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_prune, max_bytes), .least = 1,
     .most = TREE_INTEGER_MAX},
};
const fields message_prune_fields = FIELDS_OF(prune_list, msg_prune);

fault_kind msg_prune_check(const msg_prune *prune, fault *ret_fault) {
    static const char name[] = "params.max_age_us";
    if (prune->max_age_us || prune->max_bytes) return FAULT_NONE;
    fault_set(ret_fault, FAULT_MISSING_FIELD, STAGE_DECODE, WIN32_INVALID_DATA,
              "params has neither max_age_us nor max_bytes, so nothing would be pruned");
    memcpy(ret_fault->field, name, sizeof name);
    return ret_fault->kind;
}

static const field pruned_list[] = {
    {"removed", FIELD_I64, FIELD_AT(msg_pruned, removed)},
    {"more", FIELD_BOOL, FIELD_AT(msg_pruned, more)},
};
static const fields pruned_fields = FIELDS_OF(pruned_list, msg_pruned);

char *msg_encode_prune_result(const msg_id *id, const msg_pruned *result, size_t *ret_length) {
    return message_encode_result(id, &pruned_fields, result, ret_length);
}

bool msg_reply_prune(msg_reply *reply, msg_pruned *ret) {
    msg_pruned result = {0};
    bool good = message_read_result(reply, &pruned_fields, &result);
    if (good) *ret = result;
    return good;
}
