#include "client/lib/ask.h"

#include <stdlib.h>

typedef struct owned_status {
    sb_broker_status shown; /* the first member: its address is that of the whole */
    arena arena;
} owned_status;

#define STATUS_TEXTS(X) \
    X(version) X(pipe) X(database) X(audit_state) X(audit_trouble) X(audit_head) X(audit_public_key)
#define STATUS_POLICY_TEXTS(X) X(policy_sha256) X(policy_trouble)

static bool convert_status(owned_status *owned, const msg_status *from) {
    bool good = true;
    sb_broker_status *ret = &owned->shown;
    ret->size = sizeof *ret;
#define X(name) ret->name = ask_text(&owned->arena, from->name, &good);
    STATUS_TEXTS(X)
    STATUS_POLICY_TEXTS(X)
#undef X
#define X(name) ret->name = from->name;
    STATUS_LIST(X)
#undef X
    ret->policy_since = from->has_policy ? from->policy_since : SB_UNKNOWN;

    const msg_counts *minute = &from->activity.minute;
#define X(name) ret->name = from->has_activity ? from->name : SB_UNKNOWN;
    STATUS_QUEUE_LIST(X)
#undef X
#define X(name) ret->minute_##name = from->has_activity ? minute->name : SB_UNKNOWN;
    X(seconds)
    ACTIVITY_OUTCOME_LIST(X)
#undef X
    return good;
}

static DWORD read_status(sb_client *client, sb_broker_status **ret_status, sb_error *ret_error) {
    msg_reply reply;
    msg_status result;
    if (!ret_status)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_status: ret_status is NULL.");
    DWORD err = ask_check(client, L"sb_status", ret_error);
    if (err || (err = ask(client, MSG_STATUS, NULL, true, &reply, &result, ret_error))) return err;

    owned_status *status = calloc(1, sizeof *status);
    bool good = status && convert_status(status, &result);
    msg_reply_free(&reply);
    if (!good) {
        sb_broker_status_free(status ? &status->shown : NULL);
        return error_memory(ret_error);
    }
    *ret_status = &status->shown;
    return ERROR_SUCCESS;
}

DWORD sb_status(sb_client *client, sb_broker_status **ret_status, sb_error *error) {
    sb_error failure;
    DWORD err = read_status(client, ret_status, &failure);
    return error_publish(error, err, &failure);
}

void sb_broker_status_free(sb_broker_status *status) {
    owned_status *owned = (owned_status *)status;
    if (owned) arena_free(&owned->arena);
    free(owned);
}
