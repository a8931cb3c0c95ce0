/* Counts launches by time, caller and outcome. A time step is one second at first. It is widened until all
 * launches fit; each width is a multiple of the one before. */
#include "client/report/html_parts.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 512, CALLERS = 256, SECOND_US = 1000000, WEEK = 604800 };

static const char *const outcomes[] = {
#define X(name) #name,
    OUTCOME_LIST(X)
#undef X
};
enum { OUTCOMES = sizeof outcomes / sizeof *outcomes };

static const int64_t widths[] = {1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, WEEK, 4 * WEEK,
                                 16 * WEEK, 64 * WEEK, 256 * WEEK,
                                 /* for a damaged database */
                                 INT64_C(1024) * WEEK, INT64_C(8192) * WEEK, INT64_C(65536) * WEEK};
enum { WIDTHS = sizeof widths / sizeof *widths };

typedef uint32_t counts[OUTCOMES];

struct html_counted {
    arena memory;
    uint64_t launches;
    int width;     /* an index of widths */
    int64_t first; /* the first step, in widths since 1970 */
    int used;      /* the number of steps from there on */
    const char *callers[CALLERS];
    int caller_count;
    bool merged; /* there were more callers; the last one stands for all others */
    counts (*cells)[CALLERS];
};

html_counted *html_counted_begin(void) {
    html_counted *o = calloc(1, sizeof *o);
    if (o && !(o->cells = calloc(STEPS, sizeof *o->cells))) {
        free(o);
        o = NULL;
    }
    return o;
}

void html_counted_free(html_counted **o) {
    if (!*o) return;
    arena_free(&(*o)->memory);
    free((*o)->cells);
    free(*o);
    *o = NULL;
}

static int64_t floor_to(int64_t value, int64_t unit) {
    return value / unit - (value % unit < 0);
}

static void add_counts(counts to[CALLERS], counts from[CALLERS]) {
    for (int c = 0; c < CALLERS; c++)
        for (int i = 0; i < OUTCOMES; i++) to[c][i] += from[c][i];
}

/* Takes the next width and adds up the steps. */
static bool widen(html_counted *o) {
    counts(*cells)[CALLERS] = calloc(STEPS, sizeof *cells);
    int64_t by = widths[o->width + 1] / widths[o->width], first = floor_to(o->first, by);
    if (!cells) return false;
    for (int i = 0; i < o->used; i++) add_counts(cells[floor_to(o->first + i, by) - first], o->cells[i]);
    o->used = o->used ? (int)(floor_to(o->first + o->used - 1, by) - first + 1) : 0;
    free(o->cells);
    o->cells = cells;
    o->first = first;
    o->width++;
    return true;
}

/* Makes room for steps before the first. */
static void shift(html_counted *o, int by) {
    memmove(o->cells + by, o->cells, (size_t)o->used * sizeof *o->cells);
    memset(o->cells, 0, (size_t)by * sizeof *o->cells);
    o->first -= by;
    o->used += by;
}

/* Returns the step that counts launches of that time; -1: out of memory. */
static int step_of(html_counted *o, int64_t second) {
    for (;;) {
        int64_t step = floor_to(second, widths[o->width]);
        if (!o->used) o->first = step, o->used = 1;
        int64_t last = o->first + o->used - 1;
        if ((step < o->first ? last - step : step - o->first) < STEPS) {
            if (step < o->first) shift(o, (int)(o->first - step));
            else if (step > last) o->used = (int)(step - o->first + 1);
            return (int)(step - o->first);
        }
        if (o->width + 1 == WIDTHS || !widen(o)) return -1;
    }
}

/* Returns the caller's number. Callers beyond the limit share one; -1: out of memory. */
static int caller_of(html_counted *o, const char *image) {
    image = image ? out_valid(image) : "";
    for (int i = 0; i < o->caller_count; i++)
        if (!strcmp(o->callers[i], image)) return i;
    if (o->caller_count < CALLERS - 1) {
        const char *kept = arena_copy(&o->memory, image, strlen(image));
        if (!kept) return -1;
        o->callers[o->caller_count] = kept;
        return o->caller_count++;
    }
    o->merged = true;
    return CALLERS - 1;
}

bool html_counted_add(html_counted *o, const msg_launch *l) {
    int outcome = 0, step = step_of(o, floor_to(l->requested_at, SECOND_US));
    int caller = caller_of(o, l->caller_image);
    while (outcome < OUTCOMES - 1 && strcmp(outcomes[outcome], l->outcome)) outcome++;
    if (step < 0 || caller < 0) return false;
    o->cells[step][caller][outcome]++;
    o->launches++;
    return true;
}

static bool is_empty(const counts cell) {
    for (int i = 0; i < OUTCOMES; i++)
        if (cell[i]) return false;
    return true;
}

static void write_cells(const html_counted *o, json_writer *w) {
    json_writer_open(w, "cells", '[');
    for (int step = 0; step < o->used; step++)
        for (int caller = 0; caller < CALLERS; caller++) {
            if (is_empty(o->cells[step][caller])) continue;
            json_writer_open(w, NULL, '[');
            json_writer_integer(w, NULL, (o->first + step) * widths[o->width]);
            json_writer_integer(w, NULL, caller < o->caller_count ? caller : -1);
            for (int i = 0; i < OUTCOMES; i++) json_writer_unsigned(w, NULL, o->cells[step][caller][i]);
            json_writer_close(w, ']');
        }
    json_writer_close(w, ']');
}

void html_counted_write(const html_counted *o, json_writer *w) {
    if (!o->launches) {
        json_writer_null(w, "older");
        return;
    }
    json_writer_open(w, "older", '{');
    json_writer_unsigned(w, "launches", o->launches);
    json_writer_integer(w, "width", widths[o->width]);
    json_writer_bool(w, "merged", o->merged);
    json_writer_open(w, "outcomes", '[');
    for (int i = 0; i < OUTCOMES; i++) json_writer_text(w, NULL, outcomes[i]);
    json_writer_close(w, ']');
    json_writer_open(w, "callers", '[');
    for (int i = 0; i < o->caller_count; i++)
        json_writer_text(w, NULL, *o->callers[i] ? o->callers[i] : NULL);
    json_writer_close(w, ']');
    write_cells(o, w);
    json_writer_close(w, '}');
}
