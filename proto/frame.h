/* Frames: a little-endian u32 length, then that many bytes of UTF-8 JSON. The length is checked before memory
 * is allocated. docs/protocol.md, "Frames". */
#ifndef SB_PROTO_FRAME_H
#define SB_PROTO_FRAME_H

#include "proto/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HEADER_BYTES = 4,
    FRAME_SMALL_BYTES = 4096 /* what an idle reader keeps at most */
};

/* Collects bytes as they arrive and returns whole frames. Zero-initialise. Not thread-safe. */
typedef struct frame_reader {
    unsigned char *buffer;
    size_t capacity;
    size_t start;      /* the first byte that frame_next has not returned */
    size_t end;        /* one past the last byte received */
    bool before_hello; /* a frame may have LIMIT_HELLO_BYTES only, and costs no memory but that */
} frame_reader;

typedef enum frame_state {
    FRAME_READY,   /* *ret_payload is the payload of a whole frame */
    FRAME_IDLE,    /* nothing has arrived since the last frame */
    FRAME_PARTIAL, /* a frame has begun */
    FRAME_BAD      /* *ret_fault says why; nothing after it can be read */
} frame_state;

/* Returns where to receive the next bytes, and how many (at least one). The buffer grows with what
 * arrives to what the current frame needs, at most FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES, and shrinks after
 * a large frame. It may move, which invalidates earlier payloads. Returns NULL if memory runs out. */
void *frame_space(frame_reader *reader, size_t *ret_length);
/* Tells the reader that it received length bytes there. */
void frame_received(frame_reader *reader, size_t length);
/* Returns the next whole frame, if it has arrived. The payload is valid until the next frame_space. */
frame_state frame_next(frame_reader *reader, const char **ret_payload, size_t *ret_length, fault *ret_fault);
void frame_free(frame_reader *reader);

/* Writes the header for a payload of length bytes, which is at most LIMIT_FRAME_BYTES. */
void frame_header(unsigned char out[FRAME_HEADER_BYTES], uint32_t length);

#endif
