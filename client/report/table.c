/* Tables, as wide as their content or cut to a terminal. */
#include "client/report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, LEAST = 8, MOST_COLUMNS = 40 };

static size_t sum(const size_t *widths, size_t columns) {
    size_t all = GAP * (columns - 1);
    for (size_t i = 0; i < columns; i++) all += widths[i];
    return all;
}

/* Narrows the widest columns, from `first` on, until all fit or none is wider than LEAST. */
static void shrink(size_t *widths, size_t first, size_t columns, size_t fit) {
    while (first < columns && sum(widths, columns) > fit) {
        size_t widest = first;
        for (size_t i = first + 1; i < columns; i++)
            if (widths[i] > widths[widest]) widest = i;
        if (widths[widest] <= LEAST) return;
        widths[widest]--;
    }
}

static void pad(const report_sink *sink, size_t count) {
    static const char spaces[] = "                                ";
    for (size_t part; count; count -= part) {
        part = count < sizeof spaces - 1 ? count : sizeof spaces - 1;
        sink->write(sink->context, spaces, part);
    }
}

void report_cells(arena *a, const report_sink *sink, const char *const *cells, size_t rows, size_t columns,
                  size_t *widths, size_t fit, size_t firm, const char *const *paint, size_t painted) {
    size_t own[MOST_COLUMNS] = {0};
    if (!widths) widths = own;
    for (size_t i = 0; i < rows * columns; i++) {
        size_t width = out_columns(cells[i]);
        if (width > widths[i % columns]) widths[i % columns] = width;
    }

    if (fit) shrink(widths, firm, columns, fit);
    if (fit) shrink(widths, 0, columns, fit);
    for (size_t i = 0; i < rows * columns; i++) {
        size_t column = i % columns;
        const char *cell =
            fit && out_columns(cells[i]) > widths[column] ? out_cut(a, cells[i], widths[column]) : cells[i];
        const char *colour = paint && column == painted ? paint[i / columns] : "";
        report_print(sink, colour);
        report_print(sink, cell);
        if (*colour) report_print(sink, "\x1b[0m");
        if (column + 1 < columns) pad(sink, widths[column] + GAP - out_columns(cell));
        else report_print(sink, "\n");
    }
}

/* ---- the columns of a table of launches ---- */

static const char *seq(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return arena_printf(a, "%" PRId64, l->seq);
}

static const char *requested(arena *a, const report_look *look, const msg_launch *l) {
    return when_format(a, l->requested_at, &look->zone, WHEN_SECONDS);
}

static const char *caller(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return arena_printf(a, "%s %s[%" PRId64 "]", out_shown(a, l->caller_user, 0),
                        out_shown(a, column_base_name(l->caller_image), 0), l->caller_pid);
}

static const char *program(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return out_shown(a, l->command_line ? l->command_line : l->application, 0);
}

static const char *outcome(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return report_outcome(a, l);
}

static const char *handles(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return out_shown(a, column_handles(a, l), 0);
}

static const char *rule(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return out_shown(a, l->rule, 0);
}

static const char *image(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return out_shown(a, l->application, 0);
}

static const char *directory(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return out_shown(a, l->directory, 0);
}

static const char *id(arena *a, const report_look *look, const msg_launch *l) {
    (void)look;
    return out_shown(a, l->launch_id, 0);
}

typedef struct table_column {
    const char *name;
    const char *(*text)(arena *a, const report_look *look, const msg_launch *l);
} table_column;

enum { FIRM = 2, OUTCOME_AT = 4, SHORT = 6, WIDE = 10 };
static const table_column usual[WIDE] = {
    {"SEQ", seq},         {"REQUESTED", requested}, {"CALLER", caller},
    {"PROGRAM", program}, {"OUTCOME", outcome},     {"HANDLES", handles},
    {"RULE", rule},       {"IMAGE", image},         {"DIRECTORY", directory},
    {"LAUNCH_ID", id}};

static const char *cell_of(arena *a, const report_look *look, const msg_launch *l, size_t column) {
    const char *text =
        look->columns
            ? out_shown(a, column_text(a, &look->columns->list[column], l, &look->zone, WHEN_SECONDS), 0)
            : usual[column].text(a, look, l);
    return text ? text : "-";
}

/* Returns the column that shows the outcome; `columns` if none does. */
static size_t painted(const report_look *look, size_t columns) {
    size_t i = 0;
    if (!look->columns) return OUTCOME_AT;
    while (i < columns && strcmp(look->columns->list[i].name, "outcome")) i++;
    return i;
}

void report_table_rows(arena *a, const report_look *look, const report_sink *sink, table_state *state,
                       const msg_launch *rows, size_t count) {
    size_t columns = look->columns ? look->columns->count : look->format == REPORT_wide ? WIDE : SHORT;
    size_t head = state->begun ? 0 : 1;
    const char **cells = arena_array(a, (count + head) * columns, sizeof *cells);
    const char **paint = arena_array(a, count + head, sizeof *paint);
    if (!cells || !paint || !count) return;
    for (size_t i = 0; head && i < columns; i++)
        cells[i] = look->columns ? look->columns->list[i].name : usual[i].name;
    if (head) paint[0] = "";
    for (size_t r = 0; r < count; r++) {
        paint[r + head] = report_colour(look, rows[r].outcome);
        for (size_t i = 0; i < columns; i++) cells[(r + head) * columns + i] = cell_of(a, look, &rows[r], i);
    }
    state->begun = true;
    report_cells(a, sink, cells, count + head, columns, state->widths,
                 look->format == REPORT_wide ? 0 : look->width, look->columns ? 0 : FIRM, paint,
                 painted(look, columns));
}
