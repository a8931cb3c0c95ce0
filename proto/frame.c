#include "proto/frame.h"

#include "proto/proto_limits.h"

#include <stdlib.h>
#include <string.h>

/* As many times more than what has arrived may be allocated, so that a length which is only promised costs
 * little. */
enum { GROWTH = 16 };

static size_t header_length(const unsigned char *p) {
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

void frame_header(unsigned char out[FRAME_HEADER_BYTES], uint32_t length) {
    for (int i = 0; i < FRAME_HEADER_BYTES; i++) out[i] = (unsigned char)(length >> (8 * i));
}

static size_t most_of(const frame_reader *reader) {
    return reader->before_hello ? LIMIT_HELLO_BYTES : LIMIT_FRAME_BYTES;
}

/* Returns how many bytes the buffer must hold for the current frame. A length above the limit counts as 0. */
static size_t needed(const frame_reader *reader) {
    size_t have = reader->end - reader->start;
    if (have < FRAME_HEADER_BYTES) return FRAME_SMALL_BYTES;
    size_t length = header_length(reader->buffer + reader->start);
    if (length > most_of(reader)) length = 0;
    size_t whole = FRAME_HEADER_BYTES + length;
    if (whole > GROWTH * have) whole = GROWTH * have;
    return whole > FRAME_SMALL_BYTES ? whole : FRAME_SMALL_BYTES;
}

void *frame_space(frame_reader *reader, size_t *ret_length) {
    size_t have = reader->end - reader->start;
    size_t capacity = needed(reader);

    if (have >= capacity)
        capacity = have + FRAME_SMALL_BYTES; /* frame_next has not returned all frames yet */
    if (reader->capacity != capacity && (capacity > reader->capacity || have <= FRAME_SMALL_BYTES)) {
        unsigned char *buffer = malloc(capacity);
        if (!buffer) return NULL;
        if (have) memcpy(buffer, reader->buffer + reader->start, have);
        free(reader->buffer);
        reader->buffer = buffer;
        reader->capacity = capacity;
    } else if (reader->start && have) {
        memmove(reader->buffer, reader->buffer + reader->start, have);
    }

    reader->start = 0;
    reader->end = have;
    *ret_length = reader->capacity - have;
    return reader->buffer + have;
}

void frame_received(frame_reader *reader, size_t length) {
    reader->end += length;
}

frame_state frame_next(frame_reader *reader, const char **ret_payload, size_t *ret_length, fault *ret_fault) {
    size_t have = reader->end - reader->start;
    if (have == 0) return FRAME_IDLE;
    if (have < FRAME_HEADER_BYTES) return FRAME_PARTIAL;

    size_t length = header_length(reader->buffer + reader->start);
    if (length == 0) {
        fault_set(ret_fault, FAULT_FRAME_EMPTY, STAGE_RECEIVE, WIN32_BAD_LENGTH, "a frame of length 0");
        return FRAME_BAD;
    }
    if (length > most_of(reader)) {
        fault_set(ret_fault, FAULT_FRAME_TOO_LARGE, STAGE_RECEIVE, WIN32_BAD_LENGTH,
                  "a frame of %zu bytes; the most is %zu%s", length, most_of(reader),
                  reader->before_hello ? " before hello" : "");
        return FRAME_BAD;
    }

    if (have - FRAME_HEADER_BYTES < length) return FRAME_PARTIAL;
    *ret_payload = (const char *)reader->buffer + reader->start + FRAME_HEADER_BYTES;
    *ret_length = length;
    reader->start += FRAME_HEADER_BYTES + length;
    return FRAME_READY;
}

void frame_free(frame_reader *reader) {
    free(reader->buffer);
    *reader = (frame_reader){0};
}
