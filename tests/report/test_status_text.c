/* Checks spawnctl status for people and for Prometheus, with a made-up status. */
#include "client/ctl/status_text.h"

#include "tests/support/check.h"
#include "tests/support/prometheus.h"

typedef struct text {
    char at[65536];
    size_t used;
} text;

static void keep(void *context, const char *bytes, size_t length) {
    text *t = context;
    if (t->used + length >= sizeof t->at) return;
    memcpy(t->at + t->used, bytes, length);
    t->used += length;
    t->at[t->used] = 0;
}

static msg_status made_up(void) {
    static const msg_bucket buckets[] = {{64, 5}, {4096, 2}, {1 << 25, 1}};
    static const msg_series series[] = {
        {.name = "queue", .all = {9, 10, 20, 30, 40}, .minute = {.count = 0}, .buckets = NULL},
        {.name = "create",
         .sum_us = 1234567,
         .all = {9, 63, 4095, 2500000, 40000000},
         .minute = {1, 950, 1250, 3, 4},
         .buckets = buckets,
         .bucket_count = 3},
        {.name = "total", .sum_us = 5, .all = {9, 1, 2, 3, 4}, .buckets = buckets, .bucket_count = 3},
        {.name = "commit", .all = {0, 0, 0, 0, 0}},
    };

    return (msg_status){
        .version = "1.0 \"a\\b\"",
        .pipe = "\\\\.\\pipe\\x",
        .database = "C:\\audit.db",
        .audit_state = "full",
        .audit_trouble = "no\x1b[2J room",
        .audit_head = "",
        .audit_public_key = "",
        .uptime_seconds = 90061,
        .launches_started = 1200,
        .queued = 7,
        .launching = 3,
        .launches_at_once = 12,
        .has_policy = true,
        .policy_sha256 = "\x1b[2J",
        .policy_trouble = "policy.json is\x1b[2J gone",
        .policy_since = INT64_C(1790000000000000),
        .has_activity = true,
        .activity = {.second = {1, 2, 0, 0}, .minute = {60, 90, 1, 0}, .series = series, .series_count = 4}};
}

static void check_format(const char *got) {
    size_t line;
    const char *why = prometheus_check(got, &line);
    if (!CHECK(!why)) fprintf(stderr, "    line %zu: %s\n%s", line, why, got);
}

static void for_prometheus(void) {
    static text t;
    const report_sink sink = {keep, &t};
    msg_status s = made_up();
    arena a = {0};

    check_case("for Prometheus");
    t.used = 0;
    status_prometheus(&a, &s, &sink);
    check_format(t.at);
    CHECK(strstr(t.at, "spawn_broker_info{version=\"1.0 \\\"a\\\\b\\\"\"} 1\n"));
    CHECK(strstr(t.at, "spawn_broker_launches_total{outcome=\"started\"} 1200\n"));
    CHECK(strstr(t.at, "spawn_broker_launches_queued 7\n"));
    CHECK(strstr(t.at, "spawn_broker_launch_step_seconds_bucket{step=\"create\",le=\"0.002048\"} 5\n"));
    CHECK(strstr(t.at, "spawn_broker_launch_step_seconds_bucket{step=\"create\",le=\"0.004096\"} 7\n"));
    CHECK(strstr(t.at, "spawn_broker_launch_step_seconds_bucket{step=\"create\",le=\"33.554432\"} 8\n"));
    CHECK(strstr(t.at, "spawn_broker_launch_step_seconds_bucket{step=\"create\",le=\"+Inf\"} 9\n"));
    CHECK(strstr(t.at, "spawn_broker_launch_step_seconds_sum{step=\"create\"} 1.234567\n"));
    CHECK(strstr(t.at, "spawn_broker_launch_seconds_count 9\n"));
    CHECK(strstr(t.at, "spawn_broker_audit_working 0\n"));
    check_case("for Prometheus, of an older broker");
    s.has_activity = false;
    t.used = 0;
    status_prometheus(&a, &s, &sink);
    check_format(t.at);
    CHECK(!strstr(t.at, "queued"));
    arena_free(&a);
}

static void for_people(void) {
    static text t;
    const report_sink sink = {keep, &t};
    msg_status s = made_up();
    arena a = {0};
    check_case("for people");
    status_table(&a, &s, &sink);
    CHECK(strstr(t.at, "up 1d 01:01:01"));
    CHECK(strstr(t.at, "3 of at most 12 at once, 7 queued"));
    CHECK(strstr(t.at, "since 2026-09-21"));
    CHECK(strstr(t.at, "gone"));
    CHECK(strstr(t.at, "1.50")); /* launches per second */
    CHECK(strstr(t.at, "950 us") && strstr(t.at, "1.25 ms") && strstr(t.at, "2.50 s"));
    CHECK(!strchr(t.at, '\x1b')); /* text from the broker is escaped */
    arena_free(&a);
}

/* Checks that errors in the format are found. */
static void strict(void) {
    static const char *const bad[] = {
        "",
        "a 1\n",
        "# HELP a x\n# TYPE a gauge\na 1",
        "# HELP a x\na 1\n",
        "# HELP a x\n# TYPE a counter\na 1\n",
        "# HELP a x\n# TYPE a gauge\nb 1\n",
        "# HELP a x\n# TYPE a gauge\na one\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"\\t\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 3\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 3\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_count 2\n"};
    size_t line;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_case("not of the format, %zu", i);
        CHECK(prometheus_check(bad[i], &line) != NULL);
    }
}

int main(void) {
    for_prometheus();
    for_people();
    strict();
    return check_report();
}
