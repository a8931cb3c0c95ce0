#include "client/ctl/status_text.h"

#include "client/report/when.h"

#include <inttypes.h>
#include <string.h>

static void line(arena *a, const report_sink *sink, const char *name, const char *value) {
    if (!value) return;
    const char *text = arena_printf(a, "%-11s%s\n", name, value);
    if (text) report_print(sink, text);
}

static const char *duration(arena *a, int64_t seconds) {
    int64_t days = seconds / 86400, rest = seconds % 86400;
    return arena_printf(a, "%" PRId64 "d %02d:%02d:%02d", days, (int)(rest / 3600), (int)(rest / 60 % 60),
                        (int)(rest % 60));
}

/* Formats a duration: "950 us", "1.25 ms", "2.10 s". */
static const char *took(arena *a, const msg_percentiles *p, int64_t us) {
    if (!p->count) return "-";
    if (us < 1000) return arena_printf(a, "%" PRId64 " us", us);
    if (us < 1000000) return arena_printf(a, "%" PRId64 ".%02d ms", us / 1000, (int)(us % 1000 / 10));
    return arena_printf(a, "%" PRId64 ".%02d s", us / 1000000, (int)(us % 1000000 / 10000));
}

static const char *number(arena *a, int64_t n) {
    return arena_printf(a, "%" PRId64, n);
}

/* Formats a count as a rate per second: "12.05". */
static const char *rate(arena *a, int64_t count, int64_t seconds) {
    int64_t hundredths = seconds ? (count * 100 + seconds / 2) / seconds : 0;
    return seconds ? arena_printf(a, "%" PRId64 ".%02d", hundredths / 100, (int)(hundredths % 100)) : "-";
}

static void table(arena *a, const report_sink *sink, const char **cells, size_t rows, size_t columns) {
    for (size_t i = 0; i < rows * columns; i++)
        if (!cells[i]) return; /* no memory */
    report_print(sink, "\n");
    report_cells(a, sink, cells, rows, columns, NULL, 0, 0, NULL, 0);
}

static void print_counts(arena *a, const msg_status *s, const report_sink *sink) {
    const msg_counts *second = &s->activity.second, *minute = &s->activity.minute;
    const char *cells[] = {"LAUNCHES",
                           "LAST SECOND",
                           "A SECOND",
                           "LAST MINUTE",
                           "SINCE START",
#define X(name)                                                                                     \
#name, second->seconds ? number(a, second->name) : "-", rate(a, minute->name, minute->seconds), \
        number(a, minute->name), number(a, s->launches_##name),
                           ACTIVITY_OUTCOME_LIST(X)
#undef X
    };
    table(a, sink, cells, sizeof cells / sizeof *cells / 5, 5);
}

static void print_latency(arena *a, const msg_activity *activity, const report_sink *sink) {
    enum { COLUMNS = 10 };
    static const char *const head[COLUMNS] = {"TOOK",      "MINUTE P50", "P95", "P99", "MAX",
                                              "START P50", "P95",        "P99", "MAX", "COUNT"};
    const char **cells = arena_array(a, (activity->series_count + 1) * COLUMNS, sizeof *cells),
               **cell = cells;

    if (!cells) return;
    for (int i = 0; i < COLUMNS; i++) *cell++ = head[i];
    for (const msg_series *s = activity->series; s < activity->series + activity->series_count; s++) {
        *cell++ = out_shown(a, s->name, 20);
#define X(name) *cell++ = took(a, &s->minute, s->minute.name);
        PERCENTILE_LIST(X)
#undef X
#define X(name) *cell++ = took(a, &s->all, s->all.name);
        PERCENTILE_LIST(X)
#undef X
        *cell++ = number(a, s->all.count);
    }
    table(a, sink, cells, activity->series_count + 1, COLUMNS);
}

void status_table(arena *a, const msg_status *s, const report_sink *sink) {
    line(a, sink, "broker",
         arena_printf(a, "%s, process %" PRId64 ", up %s", out_shown(a, s->version, 0), s->process_id,
                      duration(a, s->uptime_seconds)));
    line(a, sink, "pipe", out_shown(a, s->pipe, 0));
    if (*s->database) line(a, sink, "database", out_shown(a, s->database, 0));
    line(a, sink, "audit",
         arena_printf(a, "%s%s%s", out_shown(a, s->audit_state, 0), *s->audit_trouble ? ": " : "",
                      *s->audit_trouble ? out_shown(a, s->audit_trouble, 0) : ""));
    if (*s->audit_head) line(a, sink, "audit head", out_shown(a, s->audit_head, 0));
    if (s->has_policy) {
        const char *what = *s->policy_sha256
                               ? arena_printf(a, "policy.json, SHA-256 %s", out_shown(a, s->policy_sha256, 0))
                               : "the built-in one";
        line(a, sink, "policy",
             arena_printf(a, "%s, since %s", what, when_format(a, s->policy_since, &when_utc, WHEN_SECONDS)));
        if (*s->policy_trouble) line(a, sink, "", out_shown(a, s->policy_trouble, 0));
    }
    line(a, sink, "records",
         arena_printf(a,
                      "%" PRId64 " in %" PRId64 " commits (the longest %" PRId64 " us), %" PRId64
                      " waiting, %" PRId64 " lost",
                      s->audit_records, s->audit_commits, s->audit_commit_us_max, s->audit_waiting,
                      s->audit_lost));
    line(a, sink, "process",
         arena_printf(a, "%" PRId64 " handles, %" PRId64 " threads, %" PRId64 " KiB working set", s->handles,
                      s->threads, s->working_set_bytes / 1024));
    line(a, sink, "now",
         arena_printf(a, "%" PRId64 " connections, %" PRId64 " requests in flight, %" PRId64 " live children",
                      s->connections, s->in_flight, s->children));

    if (!s->has_activity) {
        line(a, sink, "launches",
             arena_printf(a, "%" PRId64 " started, %" PRId64 " denied, %" PRId64 " failed",
                          s->launches_started, s->launches_denied, s->launches_failed));
        return;
    }

    line(a, sink, "launching",
         arena_printf(a, "%" PRId64 " of at most %" PRId64 " at once, %" PRId64 " queued", s->launching,
                      s->launches_at_once, s->queued));
    print_counts(a, s, sink);
    print_latency(a, &s->activity, sink);
}
