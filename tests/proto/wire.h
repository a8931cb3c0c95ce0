/* Gives what an encoder made to a decoder. */
#ifndef SB_TESTS_PROTO_WIRE_H
#define SB_TESTS_PROTO_WIRE_H

#include "tests/support/check.h"
#include "proto/frame.h"
#include "proto/message.h"

#include <stdlib.h>

/* Copies text to memory of its exact size, so that the sanitizer sees a read past the end. Free it. */
static inline char *wire_exact(const char *text) {
    size_t length = strlen(text);
    char *copy = malloc(length ? length : 1);
    if (!copy) abort();
    memcpy(copy, text, length);
    return copy;
}

/* Frees the text at once: what a decoder returns does not point into it. */
static inline void wire_request(const char *text, msg_request *ret) {
    char *copy = wire_exact(text);
    msg_decode_request(copy, strlen(text), ret);
    free(copy);
}

static inline void wire_reply(const char *text, msg_reply *ret) {
    char *copy = wire_exact(text);
    msg_decode_reply(copy, strlen(text), ret);
    free(copy);
}

static inline void wire_check_header(const char *frame, size_t length) {
    if (!CHECK(frame != NULL && length > FRAME_HEADER_BYTES)) exit(check_report());
    const unsigned char *p = (const unsigned char *)frame;
    CHECK_INT(p[0] | p[1] << 8 | p[2] << 16 | (long long)p[3] << 24, length - FRAME_HEADER_BYTES);
}

/* Decodes a good request, and frees its frame. length is a pointer, since the encoder in the same call writes
 * it. */
static inline void wire_request_frame(char *frame, const size_t *length, msg_request *ret) {
    wire_check_header(frame, *length);
    msg_decode_request(frame + FRAME_HEADER_BYTES, *length - FRAME_HEADER_BYTES, ret);
    free(frame);
    CHECK_TEXT(fault_name(ret->fault.kind), "none");
    CHECK_INT(ret->fault.handle_index, FAULT_NO_HANDLE);
    CHECK(!ret->id.is_null && !ret->id.is_text);
}

static inline void wire_reply_frame(char *frame, const size_t *length, msg_reply *ret) {
    wire_check_header(frame, *length);
    msg_decode_reply(frame + FRAME_HEADER_BYTES, *length - FRAME_HEADER_BYTES, ret);
    free(frame);
}

#endif
