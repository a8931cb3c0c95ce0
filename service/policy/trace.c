#include "service/policy/compiled.h"

#include <inttypes.h>
#include <string.h>

const char *trace_texts(arena *a, const raw_texts *texts) {
    size_t size = 1, used = 0;
    for (size_t i = 0; i < texts->count; i++) size += strlen(texts->at[i]) + 4;
    char *text = arena_alloc(a, size);
    for (size_t i = 0; text && i < texts->count; i++) {
        const char *between = i == 0 ? "" : i + 1 == texts->count ? " or " : ", ";
        size_t length = strlen(between);
        memcpy(text + used, between, length);
        used += length;
        length = strlen(texts->at[i]);
        memcpy(text + used, texts->at[i], length);
        used += length;
    }
    return text;
}

const char *trace_range(arena *a, const raw_range *range) {
    if (!range->has_most) return arena_printf(a, "at least %" PRIu32, range->least);
    if (!range->least) return arena_printf(a, "at most %" PRIu32, range->most);
    return arena_printf(a, "%" PRIu32 " to %" PRIu32, range->least, range->most);
}
