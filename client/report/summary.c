#include "client/report/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct group {
    msg_group sum; /* its latency is allocated, for `room` entries */
    msg_latency *latency;
    size_t room;
} group;

struct summary {
    arena texts;
    group *list;
    size_t count, room;
    size_t *slots; /* a hash table of indexes of list, plus 1; twice as many as room */
};

summary *summary_begin(void) {
    return calloc(1, sizeof(summary));
}

void summary_free(summary **s) {
    if (!*s) return;
    for (size_t i = 0; i < (*s)->count; i++) free((*s)->list[i].latency);
    free((*s)->list);
    free((*s)->slots);
    arena_free(&(*s)->texts);
    free(*s);
    *s = NULL;
}

static bool same(const char *a, const char *b) {
    return a && b ? !strcmp(a, b) : a == b;
}

/* Returns the slot of a key, or the empty slot where it belongs. */
static size_t *slot_of(summary *s, const char *key) {
    uint64_t hash = 14695981039346656037u;
    for (const char *p = key; p && *p; p++) hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    size_t i = (size_t)(hash % (s->room * 2));
    while (s->slots[i] && !same(s->list[s->slots[i] - 1].sum.key, key)) i = (i + 1) % (s->room * 2);
    return &s->slots[i];
}

static bool grow(summary *s) {
    size_t room = s->room ? s->room * 2 : 64;
    group *list = realloc(s->list, room * sizeof *list);
    if (list) s->list = list;
    size_t *slots = calloc(room * 2, sizeof *slots);
    if (!list || !slots) {
        free(slots);
        return false;
    }
    free(s->slots);
    s->slots = slots;
    s->room = room;
    for (size_t i = 0; i < s->count; i++) *slot_of(s, list[i].sum.key) = i + 1;
    return true;
}

static group *find(summary *s, const char *key) {
    if (s->count == s->room && !grow(s)) return NULL;
    size_t *slot = slot_of(s, key);
    if (*slot) return &s->list[*slot - 1];
    const char *copy = key ? arena_copy(&s->texts, key, strlen(key)) : NULL;
    if (key && !copy) return NULL;
    s->list[s->count] = (group){.sum.key = copy};
    *slot = ++s->count;
    return &s->list[s->count - 1];
}

/* Merges two ascending lists. */
static bool merge(group *g, const msg_latency *more, size_t count) {
    size_t i = 0, j = 0, n = 0, old = g->sum.latency_count;
    msg_latency *all = malloc((old + count + 1) * sizeof *all);
    if (!all) return false;
    while (i < old || j < count) {
        if (j == count || (i < old && g->latency[i].up_to_us < more[j].up_to_us)) {
            all[n++] = g->latency[i++];
        } else {
            all[n] = more[j++];
            if (i < old && g->latency[i].up_to_us == all[n].up_to_us)
                all[n].launches += g->latency[i++].launches;
            n++;
        }
    }
    free(g->latency);
    g->sum.latency = g->latency = all;
    g->sum.latency_count = n;
    return true;
}

bool summary_add(summary *s, const msg_groups *part) {
    for (size_t i = 0; i < part->count; i++) {
        const msg_group *from = &part->list[i];
        group *to = find(s, from->key);
        if (!to || !merge(to, from->latency, from->latency_count)) return false;
#define X(name) to->sum.name += from->name;
        OUTCOME_LIST(X)
#undef X
    }
    return true;
}

size_t summary_count(const summary *s) {
    return s->count;
}

static int64_t launches_of(const msg_group *g) {
    int64_t all = 0;
#define X(name) all += g->name;
    OUTCOME_LIST(X)
#undef X
    return all;
}

int64_t summary_percentile(const msg_latency *latency, size_t count, double fraction) {
    int64_t all = 0, seen = 0;
    for (size_t i = 0; i < count; i++) all += latency[i].launches;
    for (size_t i = 0; i < count; i++) {
        seen += latency[i].launches;
        if ((double)seen >= fraction * (double)all) return latency[i].up_to_us;
    }
    return -1;
}

static int by_key(const void *a, const void *b) {
    const char *x = ((const group *)a)->sum.key, *y = ((const group *)b)->sum.key;
    return strcmp(x ? x : "", y ? y : "");
}

static int by_launches(const void *a, const void *b) {
    int64_t x = launches_of(&((const group *)a)->sum), y = launches_of(&((const group *)b)->sum);
    return x != y ? (x < y) - (x > y) : by_key(a, b);
}

static const double fractions[] = {0.5, 0.95, 0.99};
static const char *const fraction_names[] = {"p50_us", "p95_us", "p99_us"};
enum { FRACTIONS = sizeof fractions / sizeof *fractions };

static double failure_share(const msg_group *g) {
    int64_t all = launches_of(g);
    return all ? (double)(g->denied + g->failed + g->interrupted) / (double)all : 0;
}

static void write_group(json_writer *w, const msg_group *g, const char *by) {
    json_writer_open(w, NULL, '{');
    json_writer_text(w, by, g->key);
    json_writer_integer(w, "launches", launches_of(g));
#define X(name) json_writer_integer(w, #name, g->name);
    OUTCOME_LIST(X)
#undef X
    json_writer_real(w, "failure_share", failure_share(g));
    for (int i = 0; i < FRACTIONS; i++) {
        int64_t us = summary_percentile(g->latency, g->latency_count, fractions[i]);
        if (us < 0) json_writer_null(w, fraction_names[i]);
        else json_writer_integer(w, fraction_names[i], us);
    }
    json_writer_close(w, '}');
}

static void print_json(summary *s, const char *by, const report_look *look, const report_sink *sink,
                       arena *a) {
    bool lines = look->format == REPORT_jsonl;
    json_writer w = {.limit = SIZE_MAX / 4, .indented = look->indented && !lines};

    if (!lines) {
        json_writer_open(&w, NULL, '{');
        json_writer_text(&w, "by", by);
        json_writer_open(&w, "groups", '[');
    }

    for (size_t i = 0; i < s->count; i++) {
        write_group(&w, &s->list[i].sum, by);
        if (!lines) continue;
        char *json = json_writer_take(&w, NULL);
        if (json) {
            report_print(sink, out_json_shown(a, json));
            report_print(sink, "\n");
        }
        free(json);
        w = (json_writer){.limit = SIZE_MAX / 4};
    }

    if (lines) return;
    json_writer_close(&w, ']');
    json_writer_close(&w, '}');
    char *json = json_writer_take(&w, NULL);
    if (json) {
        report_print(sink, out_json_shown(a, json));
        report_print(sink, "\n");
    }

    free(json);
}

/* Formats an hour in the reader's zone. */
static const char *key_of(arena *a, const msg_group *g, const char *by, const when_zone *zone) {
    int64_t us;
    if (!strcmp(by, "hour") && g->key && when_parse(g->key, 0, &when_utc, &us))
        return when_format(a, us, zone, WHEN_SECONDS);
    return out_shown(a, g->key, 0);
}

static void print_table(summary *s, const char *by, const report_look *look, const report_sink *sink,
                        arena *a) {
    enum { COLUMNS = 11 };
    static const char *const head[COLUMNS] = {NULL,     "LAUNCHES",    "STARTED", "DENIED",
                                              "FAILED", "INTERRUPTED", "PENDING", "FAILED SHARE",
                                              "P50",    "P95",         "P99"};
    const char **cells = arena_array(a, (s->count + 1) * COLUMNS, sizeof *cells);

    if (!cells) return;
    memcpy(cells, head, sizeof head);
    char *title = arena_copy(a, by, strlen(by));
    for (char *p = title; p && *p; p++) *p = (char)(*p - 'a' + 'A');
    cells[0] = title ? title : "KEY";

    for (size_t r = 0; r < s->count; r++) {
        const msg_group *g = &s->list[r].sum;
        const char **row = cells + (r + 1) * COLUMNS;
        int c = 0;
        row[c++] = key_of(a, g, by, &look->zone);
        row[c++] = arena_printf(a, "%" PRId64, launches_of(g));
#define X(name) row[c++] = arena_printf(a, "%" PRId64, g->name);
        OUTCOME_LIST(X)
#undef X
        row[c++] = arena_printf(a, "%.1f %%", failure_share(g) * 100);
        for (int i = 0; i < FRACTIONS; i++) {
            int64_t us = summary_percentile(g->latency, g->latency_count, fractions[i]);
            row[c++] = us < 0 ? "-" : when_duration(a, us);
        }
        for (c = 0; c < COLUMNS; c++)
            if (!row[c]) row[c] = "-";
    }

    report_cells(a, sink, cells, s->count + 1, COLUMNS, NULL, look->width, 0, NULL, 0);
}

void summary_print(summary *s, const char *by, const report_look *look, const report_sink *sink) {
    arena a = {0};
    if (s->count) qsort(s->list, s->count, sizeof *s->list, strcmp(by, "hour") ? by_launches : by_key);
    if (look->format == REPORT_json || look->format == REPORT_jsonl) print_json(s, by, look, sink, &a);
    else print_table(s, by, look, sink, &a);
    arena_free(&a);
}
