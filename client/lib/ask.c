#include "client/lib/ask.h"
#include "client/lib/connections.h"
#include "service/win32/text.h"

#include <stdlib.h>
#include <string.h>

#define WIDE_TEXT(text) L##text
#define WIDE(text) WIDE_TEXT(text)

const wchar_t *sb_version(void) {
    return WIDE(CLIENT_VERSION);
}

DWORD ask_check(const sb_client *client, const wchar_t *function, sb_error *ret_error) {
    if (!client)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"%ls: client is NULL.",
                         function);
    if (client->local)
        return error_set(ret_error, ERROR_NOT_SUPPORTED, SB_STAGE_NONE,
                         L"%ls: the client is in local mode, in which there is no broker to ask.", function);
    return ERROR_SUCCESS;
}

DWORD ask(sb_client *client, msg_method method, const void *params, bool repeatable, msg_reply *ret_reply,
          void *ret_result, sb_error *ret_error) {
    msg_reply reply;
    call_request request = {
        .id = call_id(), .deadline = call_deadline(ASK_TIMEOUT_MS), .repeatable = repeatable};
    request.frame = msg_encode_request(request.id, method, params, &request.length);
    if (!request.frame)
        return error_set(ret_error, ERROR_BAD_LENGTH, SB_STAGE_SEND,
                         L"The request is larger than a request may be (%d bytes).", LIMIT_FRAME_BYTES);

    DWORD err = connections_exchange(client->connections, &request, &reply, ret_error);
    free(request.frame);
    if (err) return err;
    if (!msg_reply_result(&reply, method, ret_result)) {
        err = error_fault(ret_error, &reply.fault);
        msg_reply_free(&reply);
        return err;
    }
    *ret_reply = reply;
    return ERROR_SUCCESS;
}

const wchar_t *ask_text(arena *a, const char *text, bool *ret_good) {
    const wchar_t *wide = text_wide(a, text);
    if (text && !wide) *ret_good = false;
    return wide;
}

void **ask_array(arena *a, size_t count, size_t size) {
    void **list = arena_array(a, count + 1, sizeof *list);
    unsigned char *values = arena_array(a, count + 1, size);
    if (!list || !values) return NULL;
    for (size_t i = 0; i < count; i++) {
        list[i] = values + i * size;
        memcpy(list[i], &size, sizeof size);
    }
    return list;
}
