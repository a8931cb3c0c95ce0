/* Writes launches for people and for programs, in several formats. Text is UTF-8. */
#ifndef SB_CLIENT_REPORT_REPORT_H
#define SB_CLIENT_REPORT_REPORT_H

#include "client/report/columns.h"
#include "client/report/out_text.h"

/* Receives the output. */
typedef struct report_sink {
    void (*write)(void *context, const char *text, size_t length);
    void *context;
} report_sink;

#define REPORT_FORMAT_LIST(X) \
    X(table)                  \
    X(wide)                   \
    X(line)                   \
    X(json)                   \
    X(jsonl)                  \
    X(csv)                    \
    X(ocsf)

typedef enum report_format {
#define X(name) REPORT_##name,
    REPORT_FORMAT_LIST(X)
#undef X
        REPORT_FORMAT_COUNT
} report_format;

/* Returns REPORT_FORMAT_COUNT for an unknown name. */
report_format report_format_from_name(const char *name);

typedef struct report_look {
    report_format format;
    when_zone zone;
    size_t width; /* of the terminal, in columns; 0: no terminal */
    bool colour;
    bool indented;         /* JSON is indented for people */
    const fields *columns; /* NULL: the format's own */
    const char *host;      /* the host of OCSF events; NULL: unknown */
} report_look;

typedef struct reporter reporter;

/* Begins a report. look and sink are copied; what they point to must stay. NULL: out of memory. */
reporter *report_begin(const report_look *look, const report_sink *sink);
void report_rows(reporter *r, const msg_launch *rows, size_t count);
/* Ends and frees the report. more: there are other launches. cursor: where they begin; 0: leave it out. */
void report_end(reporter **r, bool more, int64_t cursor);

/* ---- for the formats ---- */

/* Describes the outcome, such as "exited with 3" or "denied at decide: error 5, ...". */
const char *report_outcome(arena *a, const msg_launch *launch);
/* Return the escape sequence of an outcome's colour, and the one that ends it; "" without colour. */
const char *report_colour(const report_look *look, const char *outcome);
const char *report_colour_end(const report_look *look);

void report_print(const report_sink *sink, const char *text);

/* These write rows. The table keeps the widths of its columns in state from page to page. */
typedef struct table_state {
    size_t widths[40];
    bool begun;
} table_state;
void report_table_rows(arena *a, const report_look *look, const report_sink *sink, table_state *state,
                       const msg_launch *rows, size_t count);
void report_line_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch);
void report_csv_head(const report_look *look, const report_sink *sink);
void report_csv_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch);
/* Returns the JSON of a launch, for free(); NULL: out of memory. OCSF has a line for each event. */
char *report_json_row(const report_look *look, const msg_launch *launch);
void report_ocsf_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch);

/* Writes cells in columns; the first row is the head. widths (may be NULL) holds the least width of each
 * column and is updated. fit is the width of the terminal to cut rows to, 0 for none; the widest columns are
 * cut first, and the first `firm` ones last. paint (may be NULL) is the colour of column `painted` in each
 * row. */
void report_cells(arena *a, const report_sink *sink, const char *const *cells, size_t rows, size_t columns,
                  size_t *widths, size_t fit, size_t firm, const char *const *paint, size_t painted);

#endif
