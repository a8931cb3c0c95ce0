#include "proto/fields.h"
#include "proto/message.h"
#include "proto/utf.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Appends path to text, cut to size. A name may come from the sender: a control character becomes '?'. */
static void print_path(const field_path *path, char *text, size_t size) {
    if (path->up) print_path(path->up, text, size);
    size_t used = strlen(text);
    int wanted = path->index != FIELD_NO_INDEX
                     ? snprintf(text + used, size - used, "[%lld]", (long long)path->index)
                     : snprintf(text + used, size - used, "%s%s", used ? "." : "", path->name);
    size_t length = strlen(text);
    if (wanted >= (int)(size - used)) length = utf8_cut(text, length, length);
    text[length] = '\0';
    for (char *p = text + used; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F) *p = '?';
}

/* Returns the position in "handles" of the element that path leads through, or FAULT_NO_HANDLE. */
static int handle_index(const field_path *path) {
    const char *list = FIELD_NAME(msg_spawn, handles);
    for (; path && path->up; path = path->up)
        if (path->index != FIELD_NO_INDEX && !strcmp(path->up->name, list)) return (int)path->index;
    return FAULT_NO_HANDLE;
}

static uint32_t win32_of(fault_kind kind) {
    switch (kind) {
    case FAULT_INTERNAL: return WIN32_OUT_OF_MEMORY;
    case FAULT_TOO_MANY:
    case FAULT_TOO_LONG: return WIN32_BAD_LENGTH;
    default: return WIN32_INVALID_PARAMETER;
    }
}

void fields_fail(const field_reader *reader, fault_kind kind, const field_path *path, const char *what) {
    if (reader->ret_fault->kind != FAULT_NONE) return;
    fault f;
    char where[sizeof f.field] = "";
    print_path(path, where, sizeof where);
    fault_set(&f, kind, reader->stage, win32_of(kind), "%s %s", where, what);
    memcpy(f.field, where, sizeof where);
    if (reader->strict) f.handle_index = handle_index(path);
    *reader->ret_fault = f;
}

static bool read_integer(const field_reader *reader, const field *f, const json_tree_node *node,
                         const field_path *path, int64_t *ret) {
    int64_t least = -JSON_INTEGER_MAX, most = JSON_INTEGER_MAX, number = 0;
    bool exact = false;
    if (!json_tree_integer(node, &number, &exact)) {
        fields_fail(reader, FAULT_WRONG_TYPE, path, "is not a whole number");
        return false;
    }

    if (f->type == FIELD_U32) least = 0, most = UINT32_MAX;
    if (f->type == FIELD_U64) least = 0;
    if (f->type == FIELD_INT) least = INT_MIN, most = INT_MAX;
    if (f->least || f->most) least = f->least, most = f->most;

    if (!exact || number < least || number > most) {
        fields_fail(reader, FAULT_OUT_OF_RANGE, path, "is out of range");
        return false;
    }
    *ret = number;
    return true;
}

static bool read_number(const field_reader *reader, const field *f, const json_tree_node *node,
                        const field_path *path, void *place) {
    int64_t number;
    if (!read_integer(reader, f, node, path, &number)) return false;
    if (f->type == FIELD_U32) *(uint32_t *)place = (uint32_t)number;
    if (f->type == FIELD_U64) *(uint64_t *)place = (uint64_t)number;
    if (f->type == FIELD_I64) *(int64_t *)place = number;
    if (f->type == FIELD_INT) *(int *)place = (int)number;
    return true;
}

static void read_lifetime(const field_reader *reader, const json_tree_node *node, const field_path *path,
                          msg_lifetime *ret) {
    const char *name = json_tree_text(node);
    if (!name) {
        fields_fail(reader, FAULT_WRONG_TYPE, path, "is not text");
        return;
    }
    for (int i = MSG_LIFETIME_CALLER; i <= MSG_LIFETIME_DETACHED; i++) {
        if (strcmp(name, msg_lifetime_name((msg_lifetime)i)) != 0) continue;
        *ret = (msg_lifetime)i;
        return;
    }
    fields_fail(reader, FAULT_BAD_VALUE, path, "is not the name of a lifetime");
}

/* Keeps the elements before the first faulty one. */
static void read_list(const field_reader *reader, const field *f, const json_tree_node *node,
                      const field_path *path, char *base) {
    bool texts = f->type == FIELD_TEXTS;
    size_t size = texts ? sizeof(const char *) : f->parts->size, count = 0;
    if (json_tree_kind_of(node) != TREE_ARRAY) {
        fields_fail(reader, FAULT_WRONG_TYPE, path, "is not an array");
        return;
    }
    size_t given = json_tree_count(node);
    if (f->most && given > (size_t)f->most) {
        fields_fail(reader, FAULT_TOO_MANY, path, "has too many elements");
        given = (size_t)f->most;
    }
    char *elements = arena_array(reader->arena, given, size);
    if (!elements) {
        fields_fail(reader, FAULT_INTERNAL, path, "does not fit in memory");
        return;
    }

    const json_tree_node *child = json_tree_first(node);
    for (; count < given; count++, child = json_tree_next(child)) {
        fault one = {.kind = FAULT_NONE};
        field_reader here = *reader;
        here.ret_fault = &one;
        field_path at = {.up = path, .index = (ptrdiff_t)count};
        void *element = elements + count * size;
        if (!texts) fields_read(&here, f->parts, child, &at, element);
        else if (!(*(const char **)element = json_tree_text(child)))
            fields_fail(&here, FAULT_WRONG_TYPE, &at, "is not text");
        if (one.kind == FAULT_NONE) continue;
        if (reader->ret_fault->kind == FAULT_NONE) *reader->ret_fault = one;
        break;
    }

    memcpy(base + f->offset, &elements, sizeof elements);
    *(size_t *)(base + f->extra) = count;
}

static bool read_bool(const field_reader *reader, const json_tree_node *node, const field_path *path,
                      bool *ret) {
    if (json_tree_kind_of(node) != TREE_BOOL) {
        fields_fail(reader, FAULT_WRONG_TYPE, path, "is not true or false");
        return false;
    }
    *ret = json_tree_is_true(node);
    return true;
}

/* Reads 0x and 1 to 16 hexadecimal digits. */
static void read_mask(const field_reader *reader, const json_tree_node *node, const field_path *path,
                      uint64_t *ret) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *text = json_tree_text(node), *digit;
    uint64_t mask = 0;
    size_t length = text ? strlen(text) : 0;
    bool good = length > 2 && length <= 2 + 16 && text[0] == '0' && text[1] == 'x';
    for (size_t i = 2; good && i < length; i++) {
        digit = strchr(digits, text[i]);
        good = digit != NULL;
        if (good) mask = mask << 4 | (uint64_t)((digit - digits) % 16);
    }
    if (!text) fields_fail(reader, FAULT_WRONG_TYPE, path, "is not text");
    else if (!good) fields_fail(reader, FAULT_BAD_VALUE, path, "is not 0x and at most 16 hexadecimal digits");
    else *ret = mask;
}

static void read_one(const field_reader *reader, const field *f, const json_tree_node *node,
                     const field_path *path, char *base) {
    void *place = base + f->offset;
    bool yes, good = true;

    if ((f->flags & FIELD_NULLABLE) && json_tree_kind_of(node) == TREE_NULL) return;
    switch (f->type) {
    case FIELD_TEXT:
        *(const char **)place = json_tree_text(node);
        if (!json_tree_text(node)) fields_fail(reader, FAULT_WRONG_TYPE, path, "is not text");
        break;
    case FIELD_BOOL: read_bool(reader, node, path, place); break;
    case FIELD_YES_NO:
        if (json_tree_kind_of(node) == TREE_NULL) *(int *)place = -1;
        else if (read_bool(reader, node, path, &yes)) *(int *)place = yes;
        break;
    case FIELD_MASK: read_mask(reader, node, path, place); break;
    case FIELD_LIFETIME: read_lifetime(reader, node, path, place); break;
    case FIELD_OBJECT: fields_read(reader, f->parts, node, path, place); break;
    case FIELD_OBJECTS:
    case FIELD_TEXTS: read_list(reader, f, node, path, base); break;
    case FIELD_CONSTANTS: break;
    default: good = read_number(reader, f, node, path, place); break;
    }
    if (good && (f->flags & FIELD_HAS)) *(bool *)(base + f->extra) = true;
}

static bool is_known(const fields *shape, const char *name) {
    for (size_t i = 0; i < shape->count; i++)
        if (!strcmp(shape->list[i].name, name)) return true;
    return false;
}

/* A reply of a broker that is older may lack what can be null. */
static bool may_be_absent(const field_reader *reader, const field *f) {
    return f->flags & FIELD_OPTIONAL || f->type == FIELD_CONSTANTS ||
           (!reader->strict && f->flags & FIELD_NULLABLE);
}

void fields_read(const field_reader *reader, const fields *shape, const json_tree_node *object,
                 const field_path *path, void *base) {
    if (json_tree_kind_of(object) != TREE_OBJECT) {
        fields_fail(reader, FAULT_WRONG_TYPE, path, "is not an object");
        return;
    }
    for (const json_tree_node *member = json_tree_first(object); reader->strict && member;
         member = json_tree_next(member)) {
        field_path at = {.up = path, .name = json_tree_key(member), .index = FIELD_NO_INDEX};
        if (!is_known(shape, at.name))
            fields_fail(reader, FAULT_UNKNOWN_FIELD, &at, "is not a field of this version");
    }

    for (const field *f = shape->list; f < shape->list + shape->count; f++) {
        const json_tree_node *node = json_tree_member(object, f->name);
        field_path at = {.up = path, .name = f->name, .index = FIELD_NO_INDEX};
        if (node) read_one(reader, f, node, &at, base);
        else if (!may_be_absent(reader, f)) fields_fail(reader, FAULT_MISSING_FIELD, &at, "is missing");
    }
}
