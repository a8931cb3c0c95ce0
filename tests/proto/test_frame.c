/* Tests frames (whole, in pieces, incomplete, too large), and the faults and the arena that all of proto
 * uses. */
#include "proto/arena.h"
#include "tests/support/check.h"
#include "proto/frame.h"
#include "proto/proto_limits.h"

#include <stdlib.h>

static void feed(frame_reader *reader, const void *bytes, size_t size) {
    const char *from = bytes;
    while (size) {
        size_t room;
        void *space = frame_space(reader, &room);
        if (!CHECK(space && room)) exit(check_report());
        size_t part = size < room ? size : room;
        memcpy(space, from, part);
        frame_received(reader, part);
        from += part, size -= part;
    }
}

static void check_next(frame_reader *reader, const char *wanted) {
    const char *payload = NULL;
    size_t length = 0;
    fault f;
    if (!CHECK_INT(frame_next(reader, &payload, &length, &f), FRAME_READY)) return;
    CHECK_BYTES(payload, length, wanted, strlen(wanted));
}

static frame_state state(frame_reader *reader) {
    const char *payload;
    size_t length;
    fault f;
    return frame_next(reader, &payload, &length, &f);
}

static void many_in_one_read(void) {
    static const char bytes[] = "\1\0\0\0a\2\0\0\0bc\3\0\0\0def\4\0\0";
    frame_reader reader = {0};
    check_case("many in one read");
    CHECK_INT(state(&reader), FRAME_IDLE);
    feed(&reader, bytes, sizeof bytes - 1);
    check_next(&reader, "a");
    check_next(&reader, "bc");
    check_next(&reader, "def");
    CHECK_INT(state(&reader), FRAME_PARTIAL);
    feed(&reader, "\0last", 5);
    check_next(&reader, "last");
    CHECK_INT(state(&reader), FRAME_IDLE);
    frame_free(&reader);
}

static void byte_by_byte(void) {
    static const char bytes[] = "\5\0\0\0hello\1\0\0\0!";
    frame_reader reader = {0};
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        check_case("byte %zu", i);
        feed(&reader, bytes + i, 1);
        if (i == 8) check_next(&reader, "hello");
        else if (i == 13) check_next(&reader, "!");
        else CHECK_INT(state(&reader), FRAME_PARTIAL);
    }
    frame_free(&reader);
}

static void bad_length(uint32_t length, fault_kind wanted) {
    frame_reader reader = {0};
    unsigned char header[FRAME_HEADER_BYTES];
    const char *payload = "untouched";
    size_t size = 7;
    fault f;

    check_case("length %u", (unsigned)length);
    frame_header(header, length);
    for (size_t i = 0; i < sizeof header; i++) {
        CHECK_INT(state(&reader), i ? FRAME_PARTIAL : FRAME_IDLE);
        feed(&reader, header + i, 1);
    }

    frame_state got = frame_next(&reader, &payload, &size, &f);
    if (wanted == FAULT_NONE) {
        CHECK_INT(got, FRAME_PARTIAL);
    } else {
        CHECK_INT(got, FRAME_BAD);
        CHECK_INT(f.kind, wanted);
        CHECK(f.win32 != 0);
        CHECK_TEXT(payload, "untouched");
        CHECK_INT(size, 7);
        CHECK_INT(state(&reader), FRAME_BAD);
        size_t room;
        CHECK(frame_space(&reader, &room) != NULL &&
              reader.capacity < 65536); /* the length alone allocates nothing */
    }
    frame_free(&reader);
}

static void largest(void) {
    frame_reader reader = {0};
    unsigned char header[FRAME_HEADER_BYTES];
    char *big = malloc(LIMIT_FRAME_BYTES);
    const char *payload;
    size_t length, room;
    fault f;

    check_case("largest");
    if (!CHECK(big != NULL)) return;
    memset(big, 'x', LIMIT_FRAME_BYTES);
    frame_header(header, LIMIT_FRAME_BYTES);

    for (int round = 0; round < 3; round++) {
        feed(&reader, header, sizeof header);
        feed(&reader, big, LIMIT_FRAME_BYTES - 1);
        CHECK_INT(state(&reader), FRAME_PARTIAL);
        CHECK(reader.capacity <= FRAME_HEADER_BYTES + LIMIT_FRAME_BYTES);
        feed(&reader, "y", 1);
        CHECK_INT(frame_next(&reader, &payload, &length, &f), FRAME_READY);
        CHECK_INT(length, LIMIT_FRAME_BYTES);
        CHECK(length && payload[0] == 'x' && payload[length - 1] == 'y');
        CHECK(frame_space(&reader, &room) != NULL);
        CHECK(reader.capacity < 65536); /* the memory of a large frame is given back */
    }
    free(big);
    frame_free(&reader);
}

/* Feeds frames of all sizes around the size of the buffer, in parts of all sizes. */
static void sizes_and_parts(void) {
    static const size_t parts[] = {1, 3, 7, 4095, 4096, 4097, 100000};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        frame_reader reader = {0};
        char *stream = malloc(64 * 5000);
        size_t total = 0, next = 0;
        if (!stream) abort();

        for (size_t i = 0; i < 60; i++) {
            size_t length = i < 30 ? i + 1 : 4060 + i;
            frame_header((unsigned char *)stream + total, (uint32_t)length);
            memset(stream + total + 4, (int)('A' + i % 26), length);
            total += 4 + length;
        }

        check_case("parts of %zu", parts[p]);
        for (size_t at = 0; at < total; at += parts[p]) {
            feed(&reader, stream + at, total - at < parts[p] ? total - at : parts[p]);
            const char *payload;
            size_t length;
            fault f;
            while (frame_next(&reader, &payload, &length, &f) == FRAME_READY) {
                CHECK_INT(length, next < 30 ? next + 1 : 4060 + next);
                CHECK(payload[0] == (char)('A' + next % 26) && payload[length - 1] == payload[0]);
                next++;
            }
        }

        CHECK_INT(next, 60);
        CHECK_INT(state(&reader), FRAME_IDLE);
        frame_free(&reader);
        free(stream);
    }
}

static void faults(void) {
    fault f;

    check_case("faults");
    for (int i = 0; i < FAULT_COUNT; i++) CHECK_INT(fault_from_name(fault_name((fault_kind)i)), i);
    for (int i = 0; i < STAGE_COUNT; i++) CHECK_INT(stage_from_name(stage_name((stage)i)), i);
    CHECK_INT(fault_from_name("what?"), FAULT_INTERNAL);
    CHECK_INT(fault_from_name(NULL), FAULT_INTERNAL);
    CHECK_INT(stage_from_name("what?"), STAGE_NONE);
    CHECK_INT(fault_code(FAULT_WRONG_TYPE), -32602);
    CHECK_TEXT(fault_name((fault_kind)999), "internal");
    CHECK_TEXT(stage_name((stage)-1), "none");
    char longer[400];
    memset(longer, 'a', sizeof longer);
    memcpy(longer + 254, "\xE2\x82\xAC", 3); /* the end of the message would split it */
    longer[sizeof longer - 1] = '\0';
    CHECK_INT(fault_set(&f, FAULT_DENIED, STAGE_DECIDE, 5, "%s", longer), FAULT_DENIED);
    CHECK_INT(strlen(f.message), 254);
    CHECK_INT(f.handle_index, FAULT_NO_HANDLE);
    fault_set(&f, FAULT_DENIED, STAGE_DECIDE, 5, "again: %.8s", f.message);
    CHECK_TEXT(f.message, "again: aaaaaaaa");
    fault_set(&f, FAULT_DENIED, STAGE_DECIDE, 5, "%.2s|\xFF", "\xE2\x82\xAC");
    CHECK_TEXT(f.message, "??|?"); /* so that the reply can be encoded */
}

static void memory(void) {
    arena a = {0};

    check_case("arena");
    for (size_t size = 0; size < 20000; size = size * 3 / 2 + 1) {
        unsigned char *p = arena_alloc(&a, size);
        if (!CHECK(p != NULL)) break;
        CHECK_INT((uintptr_t)p % sizeof(void *), 0);
        for (size_t i = 0; i < size; i++)
            if (p[i]) CHECK_INT(p[i], 0);
        memset(p, 0xFF, size);
    }

    CHECK(arena_array(&a, SIZE_MAX / 2, 4) == NULL);
    CHECK(arena_array(&a, SIZE_MAX, 1) == NULL);
    CHECK(arena_copy(&a, "x", SIZE_MAX) == NULL);
    CHECK_TEXT(arena_copy(&a, "copied", 4), "copi");
    CHECK_TEXT(arena_copy(&a, NULL, 0), "");
    CHECK_TEXT(arena_printf(&a, "%d and %s", 7, "seven"), "7 and seven");
    arena_free(&a);
    CHECK(a.blocks == NULL && arena_alloc(&a, 1) != NULL);
    arena_free(&a);
}

int main(void) {
    many_in_one_read();
    byte_by_byte();
    bad_length(0, FAULT_FRAME_EMPTY);
    bad_length(1, FAULT_NONE);
    bad_length(LIMIT_FRAME_BYTES, FAULT_NONE);
    bad_length(LIMIT_FRAME_BYTES + 1, FAULT_FRAME_TOO_LARGE);
    bad_length(0x80000000u, FAULT_FRAME_TOO_LARGE);
    bad_length(0xFFFFFFFFu, FAULT_FRAME_TOO_LARGE);
    largest();
    sizes_and_parts();
    faults();
    memory();
    return check_report();
}
