#include "proto/fields.h"
#include "proto/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Returns whether the field has its default, which is what absence stands for. */
static bool is_default(const field *f, const char *base) {
    const void *place = base + f->offset;
    if (f->flags & FIELD_HAS) return !*(const bool *)(base + f->extra);

    switch (f->type) {
    case FIELD_TEXT: return !*(const char *const *)place;
    case FIELD_U32: return !*(const uint32_t *)place;
    case FIELD_U64:
    case FIELD_MASK: return !*(const uint64_t *)place;
    case FIELD_I64: return !*(const int64_t *)place;
    case FIELD_INT: return !*(const int *)place;
    case FIELD_BOOL: return !*(const bool *)place;
    case FIELD_YES_NO: return *(const int *)place < 0;
    case FIELD_LIFETIME: return !*(const msg_lifetime *)place;
    case FIELD_OBJECTS:
    case FIELD_TEXTS: return !*(const size_t *)(base + f->extra);
    case FIELD_OBJECT:
        for (size_t i = 0; i < f->parts->count; i++)
            if (!is_default(&f->parts->list[i], place)) return false;
        return true;
    case FIELD_CONSTANTS: return false;
    }
    return false;
}

static void write_mask(json_writer *w, const char *name, uint64_t mask) {
    char text[2 + 16 + 1];
    snprintf(text, sizeof text, "0x%" PRIx64, mask);
    json_writer_text(w, name, text);
}

static void write_list(json_writer *w, const field *f, const char *base) {
    const char *elements;
    memcpy(&elements, base + f->offset, sizeof elements);
    size_t count = *(const size_t *)(base + f->extra);
    json_writer_open(w, f->name, '[');
    for (size_t i = 0; i < count && !w->failed; i++) {
        if (f->type == FIELD_TEXTS) {
            json_writer_text(w, NULL, ((const char *const *)(const void *)elements)[i]);
            continue;
        }
        json_writer_open(w, NULL, '{');
        fields_write(w, f->parts, elements + i * f->parts->size);
        json_writer_close(w, '}');
    }
    json_writer_close(w, ']');
}

static void write_constants(json_writer *w, const field *f) {
    json_writer_open(w, f->name, '{');
    for (size_t i = 0; i < f->parts->count; i++)
        json_writer_integer(w, f->parts->list[i].name, f->parts->list[i].most);
    json_writer_close(w, '}');
}

void fields_write(json_writer *w, const fields *shape, const void *base) {
    for (const field *f = shape->list; f < shape->list + shape->count; f++) {
        const void *place = (const char *)base + f->offset;
        bool absent = is_default(f, base);
        if (absent && (f->flags & FIELD_OPTIONAL)) continue;
        if (absent && ((f->flags & FIELD_NULLABLE) || f->type == FIELD_YES_NO)) {
            json_writer_null(w, f->name);
            continue;
        }

        switch (f->type) {
        case FIELD_TEXT: json_writer_text(w, f->name, *(const char *const *)place); break;
        case FIELD_U32: json_writer_unsigned(w, f->name, *(const uint32_t *)place); break;
        case FIELD_U64: json_writer_unsigned(w, f->name, *(const uint64_t *)place); break;
        case FIELD_MASK: write_mask(w, f->name, *(const uint64_t *)place); break;
        case FIELD_I64: json_writer_integer(w, f->name, *(const int64_t *)place); break;
        case FIELD_INT: json_writer_integer(w, f->name, *(const int *)place); break;
        case FIELD_BOOL: json_writer_bool(w, f->name, *(const bool *)place); break;
        case FIELD_YES_NO: json_writer_bool(w, f->name, *(const int *)place > 0); break;
        case FIELD_LIFETIME:
            json_writer_text(w, f->name, msg_lifetime_name(*(const msg_lifetime *)place));
            break;
        case FIELD_OBJECT:
            json_writer_open(w, f->name, '{');
            fields_write(w, f->parts, place);
            json_writer_close(w, '}');
            break;
        case FIELD_OBJECTS:
        case FIELD_TEXTS: write_list(w, f, base); break;
        case FIELD_CONSTANTS: write_constants(w, f); break;
        }
    }
}
