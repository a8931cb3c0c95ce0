#include "proto/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 4096,
    ALIGNMENT = sizeof(union {
        long double d;
        void *p;
        uint64_t u;
    })
};

struct arena_block {
    arena_block *next;
    size_t used;
    size_t size;
};

/* The size of the header at the start of a block, rounded up so that the memory after it is aligned for any
 * type. */
static const size_t header = (sizeof(arena_block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

void *arena_alloc(arena *a, size_t size) {
    if (size > SIZE_MAX / 2) return NULL;
    size = size ? (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
    arena_block *block = a->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        if (!(block = calloc(1, header + room))) return NULL;
        block->size = room;
        block->next = a->blocks;
        a->blocks = block;
    }
    void *memory = (char *)block + header + block->used;
    block->used += size;
    return memory;
}

void *arena_array(arena *a, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    return arena_alloc(a, count * size);
}

char *arena_copy(arena *a, const char *text, size_t length) {
    char *copy = length < SIZE_MAX ? arena_alloc(a, length + 1) : NULL;
    if (copy && length) memcpy(copy, text, length);
    return copy;
}

char *arena_printf(arena *a, const char *format, ...) {
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    char *text = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(list);
    return text;
}

void arena_free(arena *a) {
    for (arena_block *block = a->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    a->blocks = NULL;
}
