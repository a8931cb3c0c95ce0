/* Writes lines of name=value pairs, comma-separated values and JSON. */
#include "proto/fields.h"
#include "proto/message_envelope.h"
#include "client/report/report.h"

#include <stdlib.h>
#include <string.h>

/* ---- line ---- */

/* Returns a word as it is, and other text in quotation marks. */
static const char *value(arena *a, const char *shown) {
    if (*shown && !strpbrk(shown, " \"=")) return shown;
    char *quoted = arena_alloc(a, strlen(shown) * 2 + 3), *out = quoted;
    if (!quoted) return shown;
    *out++ = '"';
    for (; *shown; shown++) {
        if (*shown == '"') *out++ = '\\';
        *out++ = *shown;
    }
    *out = '"';
    return quoted;
}

static const field *line_columns(const report_look *look, size_t *ret_count) {
    static const char *const names[] = {
        "requested_at", "seq",        "outcome",   "exit_code",    "stage",   "error_code",   "caller_user",
        "caller_image", "caller_pid", "child_pid", "command_line", "handles", "error_message"};
    static field usual[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) usual[i] = *column_find(names[i]);
    *ret_count = look->columns ? look->columns->count : sizeof names / sizeof *names;
    return look->columns ? look->columns->list : usual;
}

void report_line_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch) {
    size_t count, shown = 0;
    const field *columns = line_columns(look, &count);
    for (size_t i = 0; i < count; i++) {
        const char *text = column_text(a, &columns[i], launch, &look->zone, WHEN_MICROSECONDS);
        if (!text) continue;
        bool paint = !strcmp(columns[i].name, "outcome");
        if (shown++) report_print(sink, " ");
        report_print(sink, columns[i].name);
        report_print(sink, "=");
        if (paint) report_print(sink, report_colour(look, launch->outcome));
        report_print(sink, value(a, out_shown(a, text, 0)));
        if (paint) report_print(sink, report_colour_end(look));
    }
    report_print(sink, "\n");
}

/* ---- csv: RFC 4180 ---- */

static const fields *all_or(const report_look *look) {
    return look->columns ? look->columns : &message_launch_fields;
}

void report_csv_head(const report_look *look, const report_sink *sink) {
    const fields *columns = all_or(look);
    for (size_t i = 0; i < columns->count; i++) {
        if (i) report_print(sink, ",");
        report_print(sink, columns->list[i].name);
    }
    report_print(sink, "\r\n");
}

/* A spreadsheet evaluates a cell that begins with one of these as a formula. An apostrophe in front makes it
 * text. https://owasp.org/www-community/attacks/CSV_Injection */
static bool is_formula(const char *text) {
    return strchr("=+-@", *text) && *text;
}

static void csv_text(const report_sink *sink, const char *shown) {
    bool formula = is_formula(shown);
    if (!formula && !strpbrk(shown, ",\" ")) {
        report_print(sink, shown);
        return;
    }
    report_print(sink, formula ? "\"'" : "\"");
    for (const char *p = shown; *p; p++)
        sink->write(sink->context, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
    report_print(sink, "\"");
}

void report_csv_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch) {
    const fields *columns = all_or(look);
    for (size_t i = 0; i < columns->count; i++) {
        const char *text = column_text(a, &columns->list[i], launch, &look->zone, WHEN_RFC3339);
        if (i) report_print(sink, ",");
        if (!text) continue;
        bool words = columns->list[i].type != FIELD_I64; /* numbers and times need no escaping */
        if (words) csv_text(sink, out_shown(a, text, 0));
        else report_print(sink, text);
    }
    report_print(sink, "\r\n");
}

/* ---- JSON ---- */

char *report_json_row(const report_look *look, const msg_launch *launch) {
    json_writer w = {.limit = SIZE_MAX / 4, .indented = look->indented && look->format == REPORT_json};
    json_writer_open(&w, NULL, '{');
    fields_write(&w, all_or(look), launch);
    json_writer_close(&w, '}');
    return json_writer_take(&w, NULL);
}
