/* Any bytes as a request: no crash, what is good stays the same when it is sent on, and what is not gets an
 * answer that says why. */
#include "proto/frame.h"
#include "tests/support/fuzz.h"
#include "proto/message.h"

#include <string.h>

static char *encode(const msg_request *r, size_t *ret_length) {
    switch (r->method) {
    case MSG_HELLO: return msg_encode_hello(r->id.number, &r->u.hello, ret_length);
    case MSG_SPAWN: return msg_encode_spawn(r->id.number, &r->u.spawn, ret_length);
    case MSG_LIST: return msg_encode_list(r->id.number, ret_length);
    case MSG_STATUS: return msg_encode_status(r->id.number, ret_length);
    case MSG_AUDIT_QUERY: return msg_encode_query(r->id.number, &r->u.query, ret_length);
    case MSG_AUDIT_SUMMARY: return msg_encode_summary(r->id.number, &r->u.summary, ret_length);
    case MSG_AUDIT_PRUNE: return msg_encode_prune(r->id.number, &r->u.prune, ret_length);
    case MSG_KILL: return msg_encode_kill(r->id.number, &r->u.kill, ret_length);
    case MSG_POLICY_RELOAD: return msg_encode_reload(r->id.number, ret_length);
    case MSG_POLICY_EXPLAIN: return msg_encode_explain(r->id.number, &r->u.explain, ret_length);
    case MSG_NONE: break;
    }
    return NULL;
}

/* Sent again it is good again, and the third time it is the same bytes. */
static void good_request(const msg_request *request) {
    msg_request again;
    size_t length = 0, length_again = 0;
    char *frame = encode(request, &length);
    if (!frame) return; /* larger, since it was written shorter than we do */
    msg_decode_request(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, &again);
    FUZZ_CHECK(again.fault.kind == FAULT_NONE && again.method == request->method);
    char *frame_again = encode(&again, &length_again);
    FUZZ_CHECK(frame_again && length == length_again && !memcmp(frame, frame_again, length));
    free(frame);
    free(frame_again);
    msg_request_free(&again);
}

/* Its answer can be sent, and says the same when it arrives. */
static void bad_request(const msg_request *request) {
    msg_reply reply;
    size_t length = 0;
    const fault *f = &request->fault;
    FUZZ_CHECK(f->win32 != 0 && f->message[0] && (f->stage == STAGE_DECODE || f->stage == STAGE_RESOLVE));
    FUZZ_CHECK(f->handle_index == FAULT_NO_HANDLE || strstr(f->field, "handles[") != NULL);
    char *frame = msg_encode_fault(&request->id, f, NULL, &length);
    FUZZ_CHECK(frame != NULL);
    msg_decode_reply(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, &reply);
    if (!request->id.is_text) {
        FUZZ_CHECK(reply.fault.kind == f->kind && reply.fault.win32 == f->win32 &&
                   reply.fault.stage == f->stage);
        FUZZ_CHECK(!strcmp(reply.fault.message, f->message) && !strcmp(reply.fault.field, f->field));
        FUZZ_CHECK(reply.fault.handle_index == f->handle_index);
    }
    free(frame);
    msg_reply_free(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    msg_request request;
    if (size > LIMIT_FRAME_BYTES) return 0;
    msg_decode_request((const char *)data, size, &request);
    if (request.fault.kind == FAULT_NONE) good_request(&request);
    else bad_request(&request);
    msg_request_free(&request);
    return 0;
}
