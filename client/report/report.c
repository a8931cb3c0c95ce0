#include "client/report/report.h"
#include "client/report/exit_code.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reporter {
    report_look look;
    report_sink sink;
    table_state table;
    size_t count; /* the rows so far */
};

report_format report_format_from_name(const char *name) {
    static const char *const names[] = {
#define X(format) #format,
        REPORT_FORMAT_LIST(X)
#undef X
    };
    int i = 0;
    while (i < REPORT_FORMAT_COUNT && strcmp(names[i], name)) i++;
    return (report_format)i;
}

void report_print(const report_sink *sink, const char *text) {
    sink->write(sink->context, text, strlen(text));
}

const char *report_outcome(arena *a, const msg_launch *l) {
    const char *text = l->outcome;
    const char *meaning = l->has_exit_code ? exit_code_meaning(l->exit_code) : NULL;
    if (meaning) text = arena_printf(a, "exited with 0x%" PRIX64 ": %s", (uint64_t)l->exit_code, meaning);
    else if (l->has_exit_code)
        text = arena_printf(a, l->exit_code > INT32_MAX ? "exited with 0x%" PRIX64 : "exited with %" PRId64,
                            l->exit_code);
    else if (l->has_exited_at) text = "exited, code unknown";
    else if (l->has_error_code)
        text = arena_printf(a, "%s at %s: error %" PRId64 ", %s", l->outcome, l->stage ? l->stage : "?",
                            l->error_code, l->error_message ? l->error_message : "");
    return out_shown(a, text, 0);
}

const char *report_colour(const report_look *look, const char *outcome) {
    if (!look->colour) return "";
    if (!strcmp(outcome, "started")) return "\x1b[32m";
    return !strcmp(outcome, "denied") || !strcmp(outcome, "failed") ? "\x1b[31m" : "\x1b[33m";
}

const char *report_colour_end(const report_look *look) {
    return look->colour ? "\x1b[0m" : "";
}

reporter *report_begin(const report_look *look, const report_sink *sink) {
    reporter *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->look = *look;
    r->sink = *sink;
    if (look->format == REPORT_csv) report_csv_head(&r->look, sink);
    return r;
}

/* Writes an element of the array "launches", or a line. */
static void json_row(reporter *r, arena *a, const msg_launch *launch) {
    char *json = report_json_row(&r->look, launch);
    if (!json) return;
    if (r->look.format == REPORT_json) report_print(&r->sink, r->count ? "," : "{\"launches\":[");
    if (r->look.format == REPORT_json && r->look.indented) report_print(&r->sink, "\n");
    report_print(&r->sink, out_json_shown(a, json));
    if (r->look.format == REPORT_jsonl) report_print(&r->sink, "\n");
    free(json);
}

void report_rows(reporter *r, const msg_launch *rows, size_t count) {
    arena a = {0};
    if (r->look.format == REPORT_table || r->look.format == REPORT_wide)
        report_table_rows(&a, &r->look, &r->sink, &r->table, rows, count);
    else
        for (size_t i = 0; i < count; i++, arena_free(&a)) {
            switch (r->look.format) {
            case REPORT_line: report_line_row(&a, &r->look, &r->sink, &rows[i]); break;
            case REPORT_csv: report_csv_row(&a, &r->look, &r->sink, &rows[i]); break;
            case REPORT_ocsf: report_ocsf_row(&a, &r->look, &r->sink, &rows[i]); break;
            default: json_row(r, &a, &rows[i]); break;
            }
            r->count++;
        }
    arena_free(&a);
}

void report_end(reporter **r, bool more, int64_t cursor) {
    char end[64];
    if ((*r)->look.format == REPORT_json) {
        if (!(*r)->count) report_print(&(*r)->sink, "{\"launches\":[");
        snprintf(end, sizeof end, "],\"more\":%s", more ? "true" : "false");
        report_print(&(*r)->sink, end);
        snprintf(end, sizeof end, ",\"cursor\":%" PRId64, cursor);
        if (cursor) report_print(&(*r)->sink, end);
        report_print(&(*r)->sink, "}\n");
    }
    free(*r);
    *r = NULL;
}
