/* Decodes any bytes as a request. Nothing crashes; a good request stays the same when it is encoded again; a
 * bad one gets a reply that says why. */
#include "proto/frame.h"
#include "tests/support/fuzz.h"
#include "proto/message.h"

#include <string.h>

static char *encode(const msg_request *r, size_t *ret_length) {
    return msg_encode_request(r->id.number, r->method, &r->u, ret_length);
}

/* Encodes a good request, decodes it and encodes it again: it is good, and the bytes are the same. */
static void good_request(const msg_request *request) {
    msg_request again;
    size_t length = 0, length_again = 0;
    char *frame = encode(request, &length);
    if (!frame) return; /* too large: the sender wrote it shorter than the encoder does */
    msg_decode_request(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, &again);
    FUZZ_CHECK(again.fault.kind == FAULT_NONE && again.method == request->method);
    char *frame_again = encode(&again, &length_again);
    FUZZ_CHECK(frame_again && length == length_again && !memcmp(frame, frame_again, length));
    free(frame);
    free(frame_again);
    msg_request_free(&again);
}

/* Encodes a bad request's reply: the client reads from it what the broker found. */
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
