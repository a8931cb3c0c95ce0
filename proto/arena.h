/* Memory that lives as long as one request: it is allocated piece by piece and freed all at once. */
#ifndef SB_PROTO_ARENA_H
#define SB_PROTO_ARENA_H

#include <stddef.h>

typedef struct arena_block arena_block;

/* Zero-initialise. Not thread-safe. */
typedef struct arena {
    arena_block *blocks;
} arena;

/* Returns zeroed memory aligned for any type, or NULL if memory runs out. Size 0 gives a valid pointer. */
void *arena_alloc(arena *a, size_t size);
/* Does arena_alloc(count * size), and returns NULL if the product overflows. */
void *arena_array(arena *a, size_t count, size_t size);
/* Returns a NUL-terminated copy of length bytes of text, or NULL. */
char *arena_copy(arena *a, const char *text, size_t length);
/* Prints into the arena as printf does. Returns the text, or NULL. */
char *arena_printf(arena *a, const char *format, ...);
/* Frees everything. The arena can be used again. */
void arena_free(arena *a);

#endif
