#include "client/ctl/status_text.h"

#include <inttypes.h>
#include <string.h>

enum { LEAST_BITS = 6, MOST_BITS = 25 }; /* the same bounds in each scrape and for each broker */

static void put(const report_sink *sink, const char *text) {
    if (text) report_print(sink, text);
}

static void head(arena *a, const report_sink *sink, const char *name, const char *type, const char *help) {
    put(sink,
        arena_printf(a, "# HELP spawn_broker_%s %s\n# TYPE spawn_broker_%s %s\n", name, help, name, type));
}

static void one(arena *a, const report_sink *sink, const char *name, const char *type, const char *help,
                int64_t value) {
    head(a, sink, name, type, help);
    put(sink, arena_printf(a, "spawn_broker_%s %" PRId64 "\n", name, value));
}

/* Escapes the three characters that are special in the value of a label. */
static const char *label(arena *a, const char *text) {
    char *out = arena_alloc(a, 2 * strlen(text) + 1), *end = out;
    for (; out && *text; text++) {
        if (*text == '\\' || *text == '"' || *text == '\n') *end++ = '\\';
        *end++ = *text;
        if (*text == '\n') end[-1] = 'n';
    }
    return out ? out : "";
}

static const char *seconds(arena *a, int64_t us) {
    return arena_printf(a, "%" PRId64 ".%06d", us / 1000000, (int)(us % 1000000));
}

/* labels: such as step="create", or "". */
static void histogram(arena *a, const report_sink *sink, const char *name, const char *labels,
                      const msg_series *s) {
    const char *comma = *labels ? "," : "";
    int64_t below = 0;
    size_t i = 0;
    for (int bits = LEAST_BITS; bits <= MOST_BITS; bits++) {
        int64_t bound = (int64_t)1 << bits;
        for (; i < s->bucket_count && s->buckets[i].below_us <= bound; i++) below += s->buckets[i].count;
        put(sink, arena_printf(a, "spawn_broker_%s_bucket{%s%sle=\"%s\"} %" PRId64 "\n", name, labels, comma,
                               seconds(a, bound), below));
    }
    const char *open = *labels ? "{" : "", *close = *labels ? "}" : "";
    put(sink,
        arena_printf(a,
                     "spawn_broker_%s_bucket{%s%sle=\"+Inf\"} %" PRId64 "\nspawn_broker_%s_sum%s%s%s %s\n"
                     "spawn_broker_%s_count%s%s%s %" PRId64 "\n",
                     name, labels, comma, s->all.count, name, open, labels, close, seconds(a, s->sum_us),
                     name, open, labels, close, s->all.count));
}

static void histograms(arena *a, const report_sink *sink, const msg_activity *activity) {
    head(a, sink, "launch_step_seconds", "histogram",
         "How long each step of a launch that started took, and, as the step queue, how long any launch "
         "waited in the queue.");

    for (size_t i = 0; i < activity->series_count; i++) {
        const msg_series *s = &activity->series[i];
        if (strcmp(s->name, "total") != 0 && strcmp(s->name, "commit") != 0)
            histogram(a, sink, "launch_step_seconds", arena_printf(a, "step=\"%s\"", label(a, s->name)), s);
    }

    for (size_t i = 0; i < activity->series_count; i++) {
        const msg_series *s = &activity->series[i];
        if (!strcmp(s->name, "total")) {
            head(a, sink, "launch_seconds", "histogram", "Time from a request until its child runs.");
            histogram(a, sink, "launch_seconds", "", s);
        } else if (!strcmp(s->name, "commit")) {
            head(a, sink, "audit_commit_seconds", "histogram",
                 "How long each durable transaction of the audit took.");
            histogram(a, sink, "audit_commit_seconds", "", s);
        }
    }
}

void status_prometheus(arena *a, const msg_status *s, const report_sink *sink) {
    head(a, sink, "info", "gauge", "The broker's version; always 1.");
    put(sink, arena_printf(a, "spawn_broker_info{version=\"%s\"} 1\n", label(a, s->version)));
    one(a, sink, "uptime_seconds", "gauge", "Since the broker started.", s->uptime_seconds);

    head(a, sink, "launches_total", "counter", "Launches by how they ended.");
#define X(name)                                                                                   \
    put(sink, arena_printf(a, "spawn_broker_launches_total{outcome=\"" #name "\"} %" PRId64 "\n", \
                           s->launches_##name));
    ACTIVITY_OUTCOME_LIST(X)
#undef X

    one(a, sink, "connections", "gauge", "Connected clients.", s->connections);
    one(a, sink, "requests_in_flight", "gauge", "Requests without a reply, including this one.",
        s->in_flight);
    one(a, sink, "children", "gauge", "Children that have not exited.", s->children);

    one(a, sink, "audit_working", "gauge", "Whether the audit can be written.",
        !strcmp(s->audit_state, "working"));
    one(a, sink, "audit_records_total", "counter", "Records written.", s->audit_records);
    one(a, sink, "audit_records_lost_total", "counter", "Records that were never written.", s->audit_lost);
    one(a, sink, "audit_records_waiting", "gauge", "Records that are not written yet.", s->audit_waiting);

    one(a, sink, "process_handles", "gauge", "Open handles of the broker.", s->handles);
    one(a, sink, "process_threads", "gauge", "Threads of the broker.", s->threads);
    one(a, sink, "process_resident_memory_bytes", "gauge", "Working set of the broker.",
        s->working_set_bytes);

    if (!s->has_activity) return;
    one(a, sink, "launches_queued", "gauge", "Launches that wait in the queue.", s->queued);
    one(a, sink, "launches_running", "gauge", "Launches under way.", s->launching);
    one(a, sink, "launches_at_once", "gauge", "The most launches that may be under way at once.",
        s->launches_at_once);
    histograms(a, sink, &s->activity);
}
