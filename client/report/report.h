/* Launches for people and for programs, in each format. Text is UTF-8. */
#ifndef SB_CLIENT_REPORT_REPORT_H
#define SB_CLIENT_REPORT_REPORT_H

#include "client/report/columns.h"
#include "client/report/out_text.h"

/* Where what is made goes. */
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

/* REPORT_FORMAT_COUNT for a name that is none. */
report_format report_format_from_name(const char *name);

typedef struct report_look {
    report_format format;
    when_zone zone;
    size_t width; /* of the terminal, in columns; 0: there is none */
    bool colour;
    bool indented;         /* JSON for people */
    const fields *columns; /* NULL: those of the format */
    const char *host;      /* of the events in OCSF; NULL: not known */
} report_look;

typedef struct reporter reporter;

/* look and sink are copied; what they point to must stay. NULL: no memory. */
reporter *report_begin(const report_look *look, const report_sink *sink);
void report_rows(reporter *r, const msg_launch *rows, size_t count);
/* more: there are others that were not asked for. cursor: where to go on; 0: not said. Frees the report. */
void report_end(reporter **r, bool more, int64_t cursor);

/* ---- for the formats ---- */

/* "exited with 3", "denied at decide: error 5, ..." */
const char *report_outcome(arena *a, const msg_launch *launch);
/* The escape sequence of an outcome's colour, and what ends it; "" without colour. */
const char *report_colour(const report_look *look, const char *outcome);
const char *report_colour_end(const report_look *look);

void report_print(const report_sink *sink, const char *text);

/* Each writes rows; the table keeps widths from page to page in state. */
typedef struct table_state {
    size_t widths[40];
    bool begun;
} table_state;
void report_table_rows(arena *a, const report_look *look, const report_sink *sink, table_state *state,
                       const msg_launch *rows, size_t count);
void report_line_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch);
void report_csv_head(const report_look *look, const report_sink *sink);
void report_csv_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch);
/* The JSON of a launch, for free(); NULL: no memory. OCSF gives a line for each of its events. */
char *report_json_row(const report_look *look, const msg_launch *launch);
void report_ocsf_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *launch);

/* Cells in columns; the first row is the head. widths (may be NULL) are kept: the least that a column has.
 * fit: the columns of the terminal that the row is cut to, 0 for none; the widest are cut first, the first
 * firm ones last. paint (may be NULL): the colour of a row's column painted. */
void report_cells(arena *a, const report_sink *sink, const char *const *cells, size_t rows, size_t columns,
                  size_t *widths, size_t fit, size_t firm, const char *const *paint, size_t painted);

#endif
