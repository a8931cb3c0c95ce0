/* Frames: a little-endian u32 length, then that many bytes of UTF-8 JSON. Bounded before allocation.
 * docs/protocol.md, "Frames". */
#ifndef SB_PROTO_FRAME_H
#define SB_PROTO_FRAME_H

#include "proto/fault.h"

#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEADER_BYTES = 4 };

/* Collects bytes as they arrive and gives whole frames. Zero-initialise; not thread-safe. */
typedef struct frame_reader {
    unsigned char *buffer;
    size_t capacity;
    size_t start; /* first byte not yet given out */
    size_t end;   /* one past the last byte received */
} frame_reader;

typedef enum frame_state {
    FRAME_READY,   /* *ret_payload is a whole frame's */
    FRAME_IDLE,    /* nothing received since the last frame */
    FRAME_PARTIAL, /* the beginning of a frame is there */
    FRAME_BAD      /* *ret_fault says why; the stream cannot go on */
} frame_state;

/* Where the next bytes may be received: at least one. Grows to what the frame at hand needs, at most
 * FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES, and shrinks again after a large one. Moves the buffer: a
 * payload given out before is gone. NULL when memory ran out. */
void *frame_space(frame_reader *reader, size_t *ret_length);
/* length bytes have been received there. */
void frame_received(frame_reader *reader, size_t length);
/* The next whole frame, if it is there. The payload is valid until the next frame_space. */
frame_state frame_next(frame_reader *reader, const char **ret_payload, size_t *ret_length, fault *ret_fault);
/* At the end of the stream: FAULT_NONE, or FAULT_FRAME_TRUNCATED when a frame had begun. */
fault_kind frame_end(const frame_reader *reader, fault *ret_fault);
void frame_free(frame_reader *reader);

/* Writes the header of a payload of length bytes (at most LIMIT_FRAME_BYTES). */
void frame_header(unsigned char out[FRAME_HEADER_BYTES], uint32_t length);

#endif
