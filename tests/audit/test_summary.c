/* Compares summaries by each column, added up from parts, with a count of every launch. */
#include "tests/audit/fixture.h"
#include "tests/audit/slow.h"
#include "tests/audit/some_rows.h"

#include <stdlib.h>

enum { ROWS = 1500, GROUPS = 64 };

typedef struct sum {
    char key[300];
    bool null;
    int64_t counts[5], latencies;
    int64_t latency_total; /* the sum of the buckets' ends, or of the values */
} sum;

typedef struct sums {
    sum list[GROUPS];
    size_t count;
} sums;

static sum *find(sums *s, const char *key) {
    size_t i = 0;
    while (i < s->count && (s->list[i].null != !key || (key && strcmp(s->list[i].key, key)))) i++;
    if (i == GROUPS) abort();
    if (i == s->count) {
        s->list[s->count++] = (sum){.null = !key};
        snprintf(s->list[i].key, sizeof s->list[i].key, "%s", key ? key : "");
    }
    return &s->list[i];
}

static const char *key_of(const msg_launch *row, msg_by by) {
    static char hour[40];
    int64_t of_day = row->requested_at / 1000000 % 86400;
    switch (by) {
    case MSG_BY_user: return row->caller_user ? row->caller_user : row->caller_sid;
    case MSG_BY_image: return row->application;
    case MSG_BY_caller: return row->caller_image;
    case MSG_BY_rule: return row->rule;
    case MSG_BY_outcome: return row->outcome;
    default: /* the rows are of some days of a September: 2026-09-21 is day 20717 */
        snprintf(hour, sizeof hour, "2026-09-%02dT%02d:00:00Z",
                 (int)(row->requested_at / 86400000000 - 20717 + 21), (int)(of_day / 3600));
        return hour;
    }
}

static int outcome_of(const char *outcome) {
    int i = 0;
#define X(name)                            \
    if (!strcmp(outcome, #name)) return i; \
    i++;
    OUTCOME_LIST(X)
#undef X
    abort();
}

static void slow(const slow_table *t, const audit_filter *filter, msg_by by, sums *ret) {
    ret->count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const msg_launch *row = &t->rows[i];
        if (!slow_matches(row, filter)) continue;
        sum *s = find(ret, key_of(row, by));
        s->counts[outcome_of(row->outcome)]++;
        if (strcmp(row->outcome, "started")) continue;
        s->latencies++;
        s->latency_total += row->total_us;
    }
}

static void fast(audit_store *store, audit_filter filter, msg_by by, size_t bytes, sums *ret,
                 int *ret_parts) {
    bool more = true;

    ret->count = 0;
    for (*ret_parts = 0; more && *ret_parts < 4 * ROWS; ++*ret_parts) {
        arena a = {0};
        audit_error error = {0};
        msg_groups part = {0};
        if (!fixture_ok(audit_summary(store, &filter, by, bytes, &a, &part, &error), &error, "audit_summary"))
            return;
        for (size_t i = 0; i < part.count; i++) {
            const msg_group *g = &part.list[i];
            sum *s = find(ret, g->key);
            int outcome = 0;
#define X(name) s->counts[outcome++] += g->name;
            OUTCOME_LIST(X)
#undef X
            for (size_t j = 0; j < g->latency_count; j++) {
                s->latencies += g->latency[j].launches;
                s->latency_total += g->latency[j].up_to_us * g->latency[j].launches;
                if (j) CHECK(g->latency[j].up_to_us > g->latency[j - 1].up_to_us);
            }
        }
        more = part.more;
        filter.before = part.next;
        arena_free(&a);
    }
}

static void compare(sums *got, const sums *want) {
    CHECK_INT(got->count, want->count);
    for (size_t i = 0; i < want->count; i++) {
        const sum *w = &want->list[i], *g = find(got, w->null ? NULL : w->key);
        for (int o = 0; o < 5; o++)
            if (!CHECK(g->counts[o] == w->counts[o]))
                fprintf(stderr, "    %s, outcome %d: got %d, wanted %d\n", w->key, o, (int)g->counts[o],
                        (int)w->counts[o]);
        CHECK_INT(g->latencies, w->latencies);
        /* A bucket's end is at most 1/32 above the values in it. */
        if (!CHECK(g->latency_total >= w->latency_total &&
                   (double)g->latency_total <= (double)w->latency_total * 33 / 32 + 1))
            fprintf(stderr, "    %s: got %lld, wanted %lld\n", w->key, (long long)g->latency_total,
                    (long long)w->latency_total);
    }
    CHECK_INT(got->count, want->count); /* find did not add any */
}

static const audit_viewer system_user = {.sid = "S-1-5-18", .pid = 1, .integrity = 0x2000};

int main(int argc, char **argv) {
    static const audit_filter filters[] = {{0},
                                           {.work = 20000},
                                           {.where = {.user = "ann"}},
                                           {.where = {.outcome = "failed"}, .work = 20000},
                                           {.viewer = &system_user, .where = {.grep = "build"}},
                                           {.where = {.since = SOME_START + 60000000, .has_since = true}}};
    static slow_table table;
    static sums want, got;

    fixture_begin(argc, argv);
    const char *path = fixture_path("summary.db");
    audit_store *store = fixture_open(path);
    if (!some_rows(store, ROWS) || !slow_read(store, &table)) return 1;

    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        for (int by = 0; by < MSG_BY_COUNT; by++) {
            int parts;
            check_case("filter %zu by %s", i, msg_by_name((msg_by)by));
            slow(&table, &filters[i], (msg_by)by, &want);
            CHECK(want.count > 0);
            fast(store, filters[i], (msg_by)by, 1000000, &got, &parts);
            if (i < 2) CHECK((parts > 1) == (filters[i].work != 0));
            compare(&got, &want);
            fast(store, filters[i], (msg_by)by, 1500, &got, &parts);
            compare(&got, &want);
        }
    audit_close(&store);
    slow_free(&table);

    return check_report();
}
