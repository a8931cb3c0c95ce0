/* Decodes any bytes as a reply, and reads it as the result of each method. Nothing crashes; a result is the
 * same after it is encoded and read again; the text that spawnctl prints of it is JSON with the same value.
 */
#include "proto/frame.h"
#include "tests/support/fuzz.h"
#include "proto/json_scan.h"
#include "proto/message.h"

#include <string.h>

static const msg_id seven = {.number = 7};

/* A result of any method. */
typedef union any_result {
#define X(id, stem, name, params, presence, result, ...) msg_##result stem;
    METHOD_LIST(X, X)
#undef X
} any_result;

static char *again(msg_method method, msg_reply *reply, size_t *ret_length) {
    any_result result;
    return msg_reply_result(reply, method, &result) ? msg_encode_result(&seven, method, &result, ret_length)
                                                    : NULL;
}

/* Reads a result, encodes it, and does both again: the bytes are the same. */
static void check_same(msg_method method, msg_reply *reply) {
    size_t length = 0, length_again = 0;
    msg_reply second;
    char *frame = again(method, reply, &length);
    if (!frame) return; /* the result of another method, or too large */
    msg_decode_reply(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, &second);
    FUZZ_CHECK(second.fault.kind == FAULT_NONE && second.id == seven.number);
    char *frame_again = again(method, &second, &length_again);
    FUZZ_CHECK(frame_again && length == length_again && !memcmp(frame, frame_again, length));
    free(frame);
    free(frame_again);
    msg_reply_free(&second);
}

/* Prints a result: the text is strict JSON, and its value prints as the same text. */
static void check_printed(const msg_reply *reply, bool indented) {
    static const char before[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":";
    fault f;
    msg_reply second;
    char *json = msg_reply_result_json(reply, indented);

    FUZZ_CHECK(json);
    size_t length = strlen(json);
    FUZZ_CHECK(json_scan(json, length, SIZE_MAX, &f) == FAULT_NONE);
    char *text = malloc(sizeof before + length + 1);
    FUZZ_CHECK(text);
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, json, length);
    text[sizeof before - 1 + length] = '}';
    msg_decode_reply(text, sizeof before + length, &second);

    if (second.fault.kind == FAULT_NONE) { /* otherwise the frame around it made it too deep or too long */
        char *json_again = msg_reply_result_json(&second, indented);
        FUZZ_CHECK(json_again && !strcmp(json, json_again));
        free(json_again);
    }

    free(text);
    free(json);
    msg_reply_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    msg_reply reply;
    if (size > LIMIT_FRAME_BYTES) return 0;
    msg_decode_reply((const char *)data, size, &reply);
    if (reply.fault.kind == FAULT_NONE) {
        check_printed(&reply, size % 2);
        for (int i = MSG_NONE + 1; i < MSG_METHOD_COUNT; i++) {
            const fault before = reply.fault;
            check_same((msg_method)i, &reply);
            reply.fault = before; /* so that the next method is tried as well */
        }
    } else {
        FUZZ_CHECK(reply.fault.message[0]);
    }
    msg_reply_free(&reply);
    return 0;
}
