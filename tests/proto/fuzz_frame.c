/* Makes a stream from the input and receives it in pieces: the reader returns the frames that are in it. */
#include "proto/frame.h"
#include "tests/support/fuzz.h"
#include "proto/proto_limits.h"

#include <stdbool.h>
#include <string.h>

enum { STREAM_BYTES = 300000 };

/* Each pair of bytes stands for a whole frame, sometimes a large one, or for a raw byte. */
static size_t make_stream(const uint8_t *data, size_t size, unsigned char *stream) {
    size_t length = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        size_t payload = data[i] % 8 == 6 ? data[i + 1] * (size_t)40 : data[i + 1];
        if (STREAM_BYTES - length < payload + FRAME_HEADER_BYTES) break;
        if (data[i] % 8 == 7) {
            stream[length++] = data[i + 1];
            continue;
        }
        frame_header(stream + length, (uint32_t)payload);
        memset(stream + length + FRAME_HEADER_BYTES, data[i], payload);
        length += FRAME_HEADER_BYTES + payload;
    }
    return length;
}

/* Reads the frame at *at of the whole stream, in the simple way. */
static frame_state expected(const unsigned char *stream, size_t length, size_t *at, size_t *ret_size) {
    size_t left = length - *at;
    if (left == 0) return FRAME_IDLE;
    if (left < FRAME_HEADER_BYTES) return FRAME_PARTIAL;
    const unsigned char *p = stream + *at;
    size_t size = p[0] + p[1] * (size_t)256 + p[2] * (size_t)65536 + p[3] * (size_t)16777216;
    if (size == 0 || size > LIMIT_FRAME_BYTES) return FRAME_BAD;
    if (size > left - FRAME_HEADER_BYTES) return FRAME_PARTIAL;
    *at += FRAME_HEADER_BYTES + size;
    *ret_size = size;
    return FRAME_READY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned char *stream = malloc(STREAM_BYTES);
    if (!stream) abort();
    size_t length = make_stream(data, size, stream), at = 0, next = 0;
    uint32_t random = size ? data[0] + 1u : 1;
    frame_reader reader = {0};
    frame_state state = FRAME_IDLE;
    fault f;

    while (state != FRAME_BAD && at < length) {
        size_t room = 0, got_size, wanted_size = 0;
        unsigned char *space = frame_space(&reader, &room);
        FUZZ_CHECK(space && room);
        random = random * 1664525u + 1013904223u;
        size_t part = (random >> 16) % ((random >> 8) % 4 ? 16 : 9000) + 1;
        if (part > room) part = room;
        if (part > length - at) part = length - at;
        memcpy(space, stream + at, part);
        frame_received(&reader, part);
        at += part;
        do {
            const char *payload = NULL;
            size_t from = next;
            state = frame_next(&reader, &payload, &got_size, &f);
            FUZZ_CHECK(state == expected(stream, at, &next, &wanted_size));
            if (state != FRAME_READY) break;
            FUZZ_CHECK(got_size == wanted_size);
            FUZZ_CHECK(!memcmp(payload, stream + from + FRAME_HEADER_BYTES, got_size));
        } while (true);
        FUZZ_CHECK(reader.capacity <= FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES);
    }

    if (state != FRAME_BAD) FUZZ_CHECK((state == FRAME_IDLE) == (next == length));
    frame_free(&reader);
    free(stream);
    return 0;
}
