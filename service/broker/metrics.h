/* Counts launches and measures how long each step takes, since the start and over the last minute. Counting
 * is a few atomic additions without a lock. Portable. Times are microseconds of a monotonic clock. */
#ifndef SB_SERVICE_BROKER_METRICS_H
#define SB_SERVICE_BROKER_METRICS_H

#include "proto/message.h"

/* What is measured: a launch's time in the queue, its steps, and the audit's transactions. */
#define METRIC_LIST(X) X(queue) TIME_LIST(X) X(commit)

typedef enum metric {
#define X(name) METRIC_##name,
    METRIC_LIST(X)
#undef X
        METRIC_COUNT
} metric;

typedef enum metric_outcome {
#define X(name) METRIC_OUTCOME_##name,
    ACTIVITY_OUTCOME_LIST(X)
#undef X
        METRIC_OUTCOME_COUNT
} metric_outcome;

typedef struct metrics metrics;

metrics *metrics_create(int64_t now); /* NULL: out of memory */
void metrics_destroy(metrics **m);    /* sets *m to NULL, which is fine */

/* Add a time, and an outcome. Any thread may call them. */
void metrics_took(metrics *m, metric what, int64_t us);
void metrics_outcome(metrics *m, metric_outcome outcome);
/* Adds the steps of a launch that started. attested: its handles were attested. */
void metrics_times(metrics *m, const msg_times *times, bool attested);
/* Moves the time windows forward. Called several times a second. */
void metrics_tick(metrics *m, int64_t now);

/* Returns the count since the start. */
int64_t metrics_total(metrics *m, metric_outcome outcome);
/* Reports all metrics, with the lists in the arena. Counting goes on meanwhile, so the figures may be of
 * slightly different moments. False: out of memory. */
bool metrics_report(metrics *m, arena *a, msg_activity *ret);

#endif
