#include "tests/load/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { SMALL = 1024, SOME = 256, FRAMES_MOST = 1024 };

static bool add(hostile_frames *frames, const wchar_t *corpus, const wchar_t *file) {
    size_t length = 0;
    char *text = file_read(corpus, file, &length);
    char *bytes = text ? malloc(FRAME_HEADER_BYTES + length) : NULL;
    if (bytes) {
        frame_header((unsigned char *)bytes, (uint32_t)length);
        memcpy(bytes + FRAME_HEADER_BYTES, text, length);
        frames->list[frames->count++] = (hostile_frame){bytes, FRAME_HEADER_BYTES + length};
    }
    free(text);
    return bytes != NULL;
}

bool hostile_read(const wchar_t *corpus, hostile_frames *ret) {
    WIN32_FIND_DATAW found;
    wchar_t pattern[MAX_PATH + 8];
    hostile_frames frames = {.list = calloc(FRAMES_MOST, sizeof *frames.list)};
    swprintf(pattern, MAX_PATH + 8, L"%ls\\*.json", corpus);
    HANDLE search = FindFirstFileW(pattern, &found);
    if (!frames.list || search == INVALID_HANDLE_VALUE) {
        printf("the corpus %ls cannot be read: error %lu\n", corpus, GetLastError());
        return false;
    }
    bool good = true;
    do good = frames.count < FRAMES_MOST && add(&frames, corpus, found.cFileName);
    while (good && FindNextFileW(search, &found));
    FindClose(search);
    if (!good) printf("%ls cannot be read\n", found.cFileName);
    *ret = frames;
    return good;
}

/* A cut at 0 sends nothing. The whole frame is no cut. */
size_t hostile_cuts(const hostile_frame *frame) {
    return frame->size <= SMALL ? frame->size : 3 * SOME;
}

size_t hostile_cut(const hostile_frame *frame, size_t number) {
    if (frame->size <= SMALL || number < SOME) return number;
    if (number < 2 * SOME) return frame->size - 1 - (number - SOME);
    return SOME + (number - 2 * SOME) * (frame->size - 2 * SOME) / SOME;
}

static void lie(char *bytes, size_t size, uint64_t *random) {
    static const uint32_t lies[] = {0, 1, LIMIT_FRAME_BYTES, LIMIT_FRAME_BYTES + 1, 0x7FFFFFFF, UINT32_MAX};
    unsigned which = random_below(random, 8);
    frame_header((unsigned char *)bytes,
                 which < 6 ? lies[which] : (uint32_t)size + random_below(random, 64) - 32);
}

char *hostile_mix(const hostile_frames *frames, uint64_t *random, size_t *ret_size) {
    const hostile_frame *one = &frames->list[random_below(random, (unsigned)frames->count)];
    const hostile_frame *two = &frames->list[random_below(random, (unsigned)frames->count)];
    size_t size = one->size;
    char *bytes = malloc(one->size + two->size);

    if (!bytes) return NULL;
    memcpy(bytes, one->bytes, size);
    switch (random_below(random, 6)) {
    case 0: lie(bytes, size, random); break;
    case 1: /* one frame with two payloads */
        memcpy(bytes + size, two->bytes + FRAME_HEADER_BYTES, two->size - FRAME_HEADER_BYTES);
        size += two->size - FRAME_HEADER_BYTES;
        frame_header((unsigned char *)bytes, (uint32_t)(size - FRAME_HEADER_BYTES));
        break;
    case 2: /* the beginning of one in place of the other's */
        size = two->size;
        memcpy(bytes, two->bytes, size);
        memcpy(
            bytes + FRAME_HEADER_BYTES, one->bytes + FRAME_HEADER_BYTES,
            random_below(random, (unsigned)(one->size < size ? one->size : size) - FRAME_HEADER_BYTES + 1));
        break;
    default:
        for (unsigned i = random_below(random, 8) + 1; i && size > FRAME_HEADER_BYTES; i--)
            bytes[FRAME_HEADER_BYTES + random_below(random, (unsigned)size - FRAME_HEADER_BYTES)] ^=
                (char)(1 << random_below(random, 8));
    }
    *ret_size = size;
    return bytes;
}
