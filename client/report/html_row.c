#include "client/report/html_parts.h"

#include "proto/fields.h"
#include "proto/message_envelope.h"

#include <string.h>

/* Returns whether a column's texts are numbered. Those of the other two hardly repeat. */
static bool is_numbered(const field *column) {
    return column->type == FIELD_TEXT && strcmp(column->name, "launch_id") &&
           strcmp(column->name, "command_line");
}

static void names(json_writer *w, const char *key, const fields *columns) {
    json_writer_open(w, key, '[');
    for (size_t i = 0; i < columns->count; i++) {
        const field *column = &columns->list[i];
        json_writer_open(w, NULL, '[');
        json_writer_text(w, NULL, column->name);
        json_writer_text(w, NULL,
                         is_numbered(column)         ? "numbered"
                         : column->type == FIELD_I64 ? "number"
                                                     : "plain");
        json_writer_close(w, ']');
    }
    json_writer_close(w, ']');
}

void html_row_head(json_writer *w) {
    names(w, "columns", &message_launch_fields);
    names(w, "handle_columns", column_find("handles")->parts);
}

static bool scalar(html_texts *t, json_writer *w, const field *column, const void *struct_base) {
    const char *base = struct_base, *place = base + column->offset;
    if (column->type == FIELD_TEXT) {
        const char *text = *(const char *const *)(const void *)place;
        if (is_numbered(column)) return html_texts_write(t, w, text);
        json_writer_text(w, NULL, out_valid(text));
        return true;
    }
    int64_t number = *(const int64_t *)(const void *)place;
    bool null = (column->flags & FIELD_HAS) ? !*(const bool *)(const void *)(base + column->extra)
                                            : (column->flags & FIELD_NULLABLE) && !number;
    if (null) json_writer_null(w, NULL);
    else json_writer_integer(w, NULL, number);
    return true;
}

static bool object(html_texts *t, json_writer *w, const fields *columns, const void *base);

static bool objects(html_texts *t, json_writer *w, const field *column, const void *struct_base) {
    const char *base = struct_base, *list = *(const char *const *)(const void *)(base + column->offset);
    size_t count = *(const size_t *)(const void *)(base + column->extra);
    bool ok = true;
    json_writer_open(w, NULL, '[');
    for (size_t i = 0; ok && i < count; i++) ok = object(t, w, column->parts, list + i * column->parts->size);
    json_writer_close(w, ']');
    return ok;
}

static bool object(html_texts *t, json_writer *w, const fields *columns, const void *base) {
    bool ok = true;
    json_writer_open(w, NULL, '[');
    for (size_t i = 0; ok && i < columns->count; i++)
        ok = columns->list[i].type == FIELD_OBJECTS ? objects(t, w, &columns->list[i], base)
                                                    : scalar(t, w, &columns->list[i], base);
    json_writer_close(w, ']');
    return ok;
}

bool html_row(html_texts *t, json_writer *w, const msg_launch *launch) {
    return object(t, w, &message_launch_fields, launch);
}
