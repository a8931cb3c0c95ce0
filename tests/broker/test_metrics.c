/* Compares percentiles with exact ones of generated values, and windows on a clock that the test sets. */
#include "service/broker/metrics.h"

#include "tests/support/check.h"
#include "service/broker/histogram.h"

#include <stdlib.h>

enum { MOST = 5000, SECOND = 1000000 };

static uint64_t state;

static uint64_t next_random(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

/* Every bucket begins where the one before ends, and is no wider than a sixteenth of its values. */
static void buckets(void) {
    check_case("buckets");
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        int64_t upper = histogram_upper(i), lower = i ? histogram_upper(i - 1) + 1 : 0;
        CHECK_INT(histogram_bucket(upper), i);
        CHECK_INT(histogram_bucket(lower), i);
        CHECK((upper - lower) * 16 <= lower);
    }
    CHECK_INT(histogram_upper(HISTOGRAM_BUCKETS - 1), (INT64_C(1) << HISTOGRAM_MOST_BITS) - 1);
    CHECK_INT(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1);
    CHECK_INT(histogram_bucket(-1), 0);
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Returns small values, uniform ones, values of all magnitudes, or two groups far apart. */
static int64_t value_of(int kind) {
    uint64_t r = next_random();
    switch (kind) {
    case 0: return (int64_t)(r % 40);
    case 1: return (int64_t)(r % 1000000);
    case 2: return (int64_t)((r >> 8) % (UINT64_C(1) << (1 + r % HISTOGRAM_MOST_BITS)));
    default: return (int64_t)(r % 100 < 93 ? 1500 + (r >> 8) % 300 : 90000000 + (r >> 8) % 1000);
    }
}

static void check_within(int64_t got, int64_t exact) {
    if (!CHECK(got >= exact && got - exact <= exact / 16))
        fprintf(stderr, "    got %lld, exact %lld\n", (long long)got, (long long)exact);
}

static void percentiles(void) {
    static const unsigned permilles[] = {500, 950, 990};
    static int64_t values[MOST];
    for (int round = 0; round < 400; round++) {
        size_t count = 1 + next_random() % (round % 2 ? 20 : MOST);
        histogram h = {.count = count};
        check_case("percentiles, round %d of %zu values", round, count);
        for (size_t i = 0; i < count; i++) h.counts[histogram_bucket(values[i] = value_of(round % 4))]++;
        qsort(values, count, sizeof *values, compare);
        for (size_t p = 0; p < sizeof permilles / sizeof *permilles; p++)
            check_within(histogram_percentile(&h, permilles[p]),
                         values[(count * permilles[p] + 999) / 1000 - 1]);
        check_within(histogram_largest(&h), values[count - 1]);
        size_t below = 0;
        while (below < count && values[below] < 1024) below++;
        CHECK_INT(histogram_below(&h, 10), below);
        if (check_failures) return;
    }

    check_case("no values");
    CHECK_INT(histogram_percentile(&(histogram){.count = 0}, 500), 0);
    CHECK_INT(histogram_largest(&(histogram){.count = 0}), 0);
}

static msg_activity report(metrics *m, arena *a) {
    msg_activity got = {.series_count = 0};
    arena_free(a);
    if (!CHECK(metrics_report(m, a, &got) && got.series_count == METRIC_COUNT)) exit(check_report());
    return got;
}

/* Adds a launch every second for three minutes, each slower than the one before. */
static void windows(void) {
    const int64_t begun = 77 * SECOND + 5;
    metrics *m = metrics_create(begun);
    arena a = {0};

    check_case("windows");
    for (int s = 0; s < 180; s++) {
        metrics_tick(m, begun + s * SECOND);
        metrics_took(m, METRIC_create, s * 1000);
        metrics_outcome(m, s % 3 ? METRIC_OUTCOME_started : METRIC_OUTCOME_denied);
        msg_activity got = report(m, &a);
        int64_t before = s < 60 ? s : 60, last = s ? (s - 1) % 3 != 0 : 0;
        CHECK_INT(got.minute.seconds, before);
        CHECK_INT(got.minute.started + got.minute.denied, before);
        CHECK_INT(got.minute.failed, 0);
        CHECK_INT(got.second.seconds, s > 0);
        CHECK_INT(got.second.started, last);
        CHECK_INT(got.second.denied, s ? !last : 0);
        const msg_series *create = &got.series[METRIC_create];
        int64_t oldest = s / 5 * 5 - 60 > 0 ? s / 5 * 5 - 60 : 0; /* in the last minute */
        CHECK_TEXT(create->name, "create");
        CHECK_INT(create->all.count, s + 1);
        CHECK_INT(create->minute.count, s + 1 - oldest);
        check_within(create->all.p50_us, (int64_t)((s + 2) / 2 - 1) * 1000);
        check_within(create->minute.p50_us, (oldest + (s + 1 - oldest + 1) / 2 - 1) * 1000);
        CHECK_INT(create->sum_us, (int64_t)s * (s + 1) / 2 * 1000);
        CHECK_INT(got.series[METRIC_adopt].all.count, 0);
    }

    CHECK_INT(metrics_total(m, METRIC_OUTCOME_denied), 60);
    CHECK_INT(metrics_total(m, METRIC_OUTCOME_started), 120);

    check_case("after an hour without a query");
    metrics_tick(m, begun + 3780 * (int64_t)SECOND);
    msg_activity got = report(m, &a);
    CHECK_INT(got.minute.seconds, 60);
    CHECK_INT(got.minute.started, 0);
    CHECK_INT(got.series[METRIC_create].minute.count, 0);
    CHECK_INT(got.series[METRIC_create].all.count, 180);
    arena_free(&a);
    metrics_destroy(&m);
}

/* Every value is in the one bucket below whose bound it is. A value above the last bound is only in the
 * count. */
static void reported_buckets(void) {
    metrics *m = metrics_create(0);
    arena a = {0};
    msg_times times = {.identify = 1, .total = 40000000, .attest = 64, .create = 63};
    check_case("reported buckets");
    metrics_times(m, &times, false);
    metrics_times(m, &times, true);
    msg_activity got = report(m, &a);
    const msg_series *total = &got.series[METRIC_total], *attest = &got.series[METRIC_attest];
    CHECK_INT(total->all.count, 2);
    CHECK_INT(total->bucket_count, 0);
    CHECK_INT(attest->all.count, 1); /* without attestation there is none */
    CHECK_INT(attest->buckets[0].below_us, 128);
    CHECK_INT(got.series[METRIC_create].buckets[0].below_us, 64);
    CHECK_INT(got.series[METRIC_create].buckets[0].count, 2);
    arena_free(&a);
    metrics_destroy(&m);
}

int main(void) {
    state = 88172645463325252u;
    buckets();
    percentiles();
    windows();
    reported_buckets();
    return check_report();
}
