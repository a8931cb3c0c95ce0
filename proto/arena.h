/* Memory that lives as long as one request: allocated by bumping, freed all at once. */
#ifndef SB_PROTO_ARENA_H
#define SB_PROTO_ARENA_H

#include <stddef.h>

typedef struct arena_block arena_block;

/* Zero-initialise. Not for use by two threads at once. */
typedef struct arena {
    arena_block *blocks;
} arena;

/* Zeroed memory aligned for any type, or NULL when there is none. size 0 gives a valid pointer. */
void *arena_alloc(arena *a, size_t size);
/* As arena_alloc(count * size), NULL when that overflows. */
void *arena_array(arena *a, size_t count, size_t size);
/* A NUL-terminated copy of length bytes of text. */
char *arena_copy(arena *a, const char *text, size_t length);
/* printf into the arena. */
char *arena_printf(arena *a, const char *format, ...);
/* Frees everything; the arena can be used again. */
void arena_free(arena *a);

#endif
