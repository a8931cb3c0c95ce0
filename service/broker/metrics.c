#include "service/broker/metrics.h"

#include "service/broker/counter.h"
#include "service/broker/histogram.h"

#include <stdlib.h>

/* The windows are rings of slots. A slot is cleared before it becomes the current one, to which all threads
 * add. At worst, a slow thread adds to a later slot. A reader uses the slots whose numbers are in its window.
 */
enum {
    SECOND_US = 1000000,
    SECOND_SLOTS = 64,
    PERIOD_SECONDS = 5,
    PERIODS = 60 / PERIOD_SECONDS,
    PERIOD_SLOTS = PERIODS + 2,
    WINDOW_SECONDS = 60
};
enum { LEAST_BITS = 6, MOST_BITS = 25 }; /* of the reported buckets: 64 microseconds to 34 seconds */

typedef struct second {
    counter64 number;
    counter32 counts[METRIC_OUTCOME_COUNT];
} second;

typedef struct recent { /* one metric in one period */
    counter32 used;
    counter32 counts[HISTOGRAM_BUCKETS];
} recent;

typedef struct period {
    counter64 number;
    recent of[METRIC_COUNT];
} period;

typedef struct series { /* one metric since the start */
    counter64 sum;
    counter64 counts[HISTOGRAM_BUCKETS];
} series;

struct metrics {
    int64_t begun;
    counter64 ticking;
    counter64 second, period; /* the numbers of the current ones */
    counter64 outcomes[METRIC_OUTCOME_COUNT];
    series of[METRIC_COUNT];
    second seconds[SECOND_SLOTS];
    period periods[PERIOD_SLOTS];
};

static const char *const metric_names[METRIC_COUNT] = {
#define X(name) #name,
    METRIC_LIST(X)
#undef X
};

metrics *metrics_create(int64_t now) {
    metrics *m = calloc(1, sizeof *m);
    if (m) m->begun = now;
    return m;
}

void metrics_destroy(metrics **m) {
    free(*m);
    *m = NULL;
}

void metrics_took(metrics *m, metric what, int64_t us) {
    unsigned bucket = histogram_bucket(us);
    recent *now = &m->periods[counter64_read(&m->period) % PERIOD_SLOTS].of[what];
    counter64_add(&m->of[what].counts[bucket], 1);
    counter64_add(&m->of[what].sum, us > 0 ? us : 0);
    counter32_add(&now->counts[bucket], 1);
    if (!counter32_read(&now->used)) counter32_set(&now->used, 1);
}

void metrics_outcome(metrics *m, metric_outcome outcome) {
    counter64_add(&m->outcomes[outcome], 1);
    counter32_add(&m->seconds[counter64_read(&m->second) % SECOND_SLOTS].counts[outcome], 1);
}

void metrics_times(metrics *m, const msg_times *times, bool attested) {
#define X(name) \
    if (attested || METRIC_##name != METRIC_attest) metrics_took(m, METRIC_##name, times->name);
    TIME_LIST(X)
#undef X
}

int64_t metrics_total(metrics *m, metric_outcome outcome) {
    return counter64_read(&m->outcomes[outcome]);
}

/* ---- the windows ---- */

static void begin_second(metrics *m, int64_t number) {
    second *s = &m->seconds[number % SECOND_SLOTS];
    for (int i = 0; i < METRIC_OUTCOME_COUNT; i++) counter32_set(&s->counts[i], 0);
    counter64_set(&s->number, number);
    counter64_set(&m->second, number);
}

static void begin_period(metrics *m, int64_t number) {
    period *p = &m->periods[number % PERIOD_SLOTS];
    for (int i = 0; i < METRIC_COUNT; i++) {
        if (!counter32_read(&p->of[i].used)) continue;
        counter32_set(&p->of[i].used, 0);
        for (unsigned k = 0; k < HISTOGRAM_BUCKETS; k++) counter32_set(&p->of[i].counts[k], 0);
    }
    counter64_set(&p->number, number);
    counter64_set(&m->period, number);
}

/* Returns the first slot to clear. After a long pause each slot is cleared only once. */
static int64_t first_to_begin(int64_t current, int64_t number, int64_t slots) {
    return number - current > slots ? number - slots + 1 : current + 1;
}

void metrics_tick(metrics *m, int64_t now) {
    if (counter64_swap(&m->ticking, 1)) return; /* another thread does it */
    int64_t number = (now - m->begun) / SECOND_US, current = counter64_read(&m->second);
    for (int64_t n = first_to_begin(current, number, SECOND_SLOTS); n <= number; n++) begin_second(m, n);
    number /= PERIOD_SECONDS;
    current = counter64_read(&m->period);
    for (int64_t n = first_to_begin(current, number, PERIOD_SLOTS); n <= number; n++) begin_period(m, n);
    counter64_set(&m->ticking, 0);
}

/* ---- the report ---- */

static void add_second(metrics *m, int64_t number, msg_counts *sum) {
    second *s = &m->seconds[number % SECOND_SLOTS];
    if (counter64_read(&s->number) != number) return;
#define X(name) sum->name += counter32_read(&s->counts[METRIC_OUTCOME_##name]);
    ACTIVITY_OUTCOME_LIST(X)
#undef X
    sum->seconds++;
}

/* Adds up to `most` whole seconds before the current one; after the start there are fewer. */
static msg_counts count_seconds(metrics *m, int64_t most) {
    int64_t end = counter64_read(&m->second);
    msg_counts sum = {0};
    for (int64_t n = end > most ? end - most : 0; n < end; n++) add_second(m, n, &sum);
    return sum;
}

static void of_all(metrics *m, metric what, histogram *ret) {
    *ret = (histogram){0};
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        ret->count += ret->counts[i] = (uint64_t)counter64_read(&m->of[what].counts[i]);
}

/* Adds the current period and those of the minute before it. */
static void of_minute(metrics *m, metric what, histogram *ret) {
    int64_t end = counter64_read(&m->period);
    *ret = (histogram){0};
    for (int64_t n = end > PERIODS ? end - PERIODS : 0; n <= end; n++) {
        period *p = &m->periods[n % PERIOD_SLOTS];
        if (counter64_read(&p->number) != n || !counter32_read(&p->of[what].used)) continue;
        for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
            ret->counts[i] += counter32_read(&p->of[what].counts[i]);
    }
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) ret->count += ret->counts[i];
}

static msg_percentiles percentiles_of(const histogram *h) {
    return (msg_percentiles){.count = (int64_t)h->count,
                             .p50_us = histogram_percentile(h, 500),
                             .p95_us = histogram_percentile(h, 950),
                             .p99_us = histogram_percentile(h, 990),
                             .max_us = histogram_largest(h)};
}

/* Lists the buckets that are not empty. The last one also has everything that took longer. */
static bool list_buckets(arena *a, const histogram *h, msg_series *ret) {
    msg_bucket *list = arena_array(a, MOST_BITS - LEAST_BITS + 1, sizeof *list);
    uint64_t before = 0;
    if (!list) return false;
    for (unsigned bits = LEAST_BITS; bits <= MOST_BITS; bits++) {
        uint64_t below = histogram_below(h, bits);
        if (below > before)
            list[ret->bucket_count++] =
                (msg_bucket){.below_us = (int64_t)1 << bits, .count = (int64_t)(below - before)};
        before = below;
    }
    ret->buckets = list;
    return true;
}

static bool report_series(metrics *m, arena *a, metric what, msg_series *ret) {
    histogram h;
    *ret = (msg_series){.name = metric_names[what], .sum_us = counter64_read(&m->of[what].sum)};
    of_minute(m, what, &h);
    ret->minute = percentiles_of(&h);
    of_all(m, what, &h);
    ret->all = percentiles_of(&h);
    return list_buckets(a, &h, ret);
}

bool metrics_report(metrics *m, arena *a, msg_activity *ret) {
    msg_series *list = arena_array(a, METRIC_COUNT, sizeof *list);
    bool good = list != NULL;
    for (int i = 0; good && i < METRIC_COUNT; i++) good = report_series(m, a, (metric)i, &list[i]);
    if (!good) return false;
    *ret = (msg_activity){.second = count_seconds(m, 1),
                          .minute = count_seconds(m, WINDOW_SECONDS),
                          .series = list,
                          .series_count = METRIC_COUNT};
    return true;
}
