#include "client/report/html_parts.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * HTML_TEXTS_MOST }; /* a power of two */

struct html_texts {
    arena memory;
    uint32_t count;
    const char *list[HTML_TEXTS_MOST];
    uint32_t slots[SLOTS]; /* a hash table of numbers plus 1; 0: empty */
};

html_texts *html_texts_begin(void) {
    return calloc(1, sizeof(html_texts));
}

void html_texts_free(html_texts **t) {
    if (*t) arena_free(&(*t)->memory);
    free(*t);
    *t = NULL;
}

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t hash_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

bool html_texts_write(html_texts *t, json_writer *w, const char *text) {
    if (!text) {
        json_writer_null(w, NULL);
        return true;
    }

    text = out_valid(text);
    uint32_t slot = hash_of(text) & (SLOTS - 1);
    for (; t->slots[slot]; slot = (slot + 1) & (SLOTS - 1))
        if (!strcmp(t->list[t->slots[slot] - 1], text)) {
            json_writer_unsigned(w, NULL, t->slots[slot] - 1);
            return true;
        }

    json_writer_text(w, NULL, text);
    if (t->count == HTML_TEXTS_MOST) return true;
    const char *kept = arena_copy(&t->memory, text, strlen(text));
    if (!kept) return false;
    t->list[t->count] = kept;
    t->slots[slot] = ++t->count;

    return true;
}
