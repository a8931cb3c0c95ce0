#include "client/report/columns.h"

#include "proto/message_envelope.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const field *column_find(const char *name) {
    for (size_t i = 0; i < message_launch_fields.count; i++)
        if (!strcmp(message_launch_fields.list[i].name, name)) return &message_launch_fields.list[i];
    return NULL;
}

bool column_is_time(const field *column) {
    size_t length = strlen(column->name);
    return length > 3 && !strcmp(column->name + length - 3, "_at");
}

const char *columns_names(arena *a) {
    const char *names = "";
    for (size_t i = 0; names && i < message_launch_fields.count; i++)
        names = arena_printf(a, "%s%s%s", names, i ? ", " : "", message_launch_fields.list[i].name);
    return names ? names : "";
}

static bool has(const field *list, size_t count, const field *column) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, column->name)) return true;
    return false;
}

bool columns_parse(arena *a, const char *list, fields *ret, const char **ret_unknown) {
    field *found = arena_array(a, message_launch_fields.count, sizeof *found);
    size_t count = 0;
    *ret_unknown = NULL;
    if (!found) return false;

    for (const char *p = list; p;) {
        const char *comma = strchr(p, ',');
        const char *name = arena_copy(a, p, comma ? (size_t)(comma - p) : strlen(p));
        if (!name) return false;
        const field *column = column_find(name);
        if (!column || has(found, count, column)) {
            *ret_unknown = name;
            return false;
        }
        found[count++] = *column;
        p = comma ? comma + 1 : NULL;
    }
    *ret = (fields){.list = found, .count = count, .size = sizeof(msg_launch)};
    return true;
}

const char *column_base_name(const char *path) {
    const char *base = path;
    for (; path && *path; path++)
        if (*path == '\\' || *path == '/') base = path + 1;
    return base;
}

const char *column_handles(arena *a, const msg_launch *launch) {
    size_t size = 1, length = 0;
    for (size_t i = 0; i < launch->handle_count; i++)
        size += 32 + strlen(launch->handles[i].name) +
                (launch->handles[i].type ? strlen(launch->handles[i].type) : 1);
    char *text = arena_alloc(a, size);
    if (!text || !launch->handle_count) return NULL;
    for (size_t i = 0; i < launch->handle_count; i++) {
        const msg_launch_handle *h = &launch->handles[i];
        length += (size_t)snprintf(text + length, size - length, "%s%s:%s(0x%" PRIx64 ")", i ? " " : "",
                                   h->name, h->type ? h->type : "-", (uint64_t)h->granted_access);
    }
    return text;
}

const char *column_text(arena *a, const field *column, const msg_launch *launch, const when_zone *zone,
                        when_style style) {
    const char *base = (const char *)launch, *place = base + column->offset;
    if (column->type == FIELD_OBJECTS) return column_handles(a, launch);
    if (column->type == FIELD_TEXT) return *(const char *const *)(const void *)place;
    if ((column->flags & FIELD_HAS) && !*(const bool *)(const void *)(base + column->extra)) return NULL;
    int64_t number = *(const int64_t *)(const void *)place;
    return column_is_time(column) ? when_format(a, number, zone, style) : arena_printf(a, "%" PRId64, number);
}
