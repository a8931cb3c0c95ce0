/* What an operator wants to know of the launches: how many, how long each step takes, since the start and
 * over the last minute. Counting is a few interlocked additions and no lock; nothing of Windows. Times are
 * microseconds of a clock that only runs forward. */
#ifndef SB_SERVICE_BROKER_METRICS_H
#define SB_SERVICE_BROKER_METRICS_H

#include "proto/message.h"

/* How long a launch waited for its turn, its steps, and the audit's transactions. */
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
void metrics_destroy(metrics **m);    /* NULL is fine */

/* Any thread. */
void metrics_took(metrics *m, metric what, int64_t us);
void metrics_outcome(metrics *m, metric_outcome outcome);
/* The steps of a launch that started; attested: that step was made. */
void metrics_times(metrics *m, const msg_times *times, bool attested);
/* Moves the windows on: called some times a second. */
void metrics_tick(metrics *m, int64_t now);

int64_t metrics_total(metrics *m, metric_outcome outcome);
/* What there is to say, the lists in the arena. Not one moment's: what is counted meanwhile may be in some of
 * it. False: out of memory. */
bool metrics_report(metrics *m, arena *a, msg_activity *ret);

#endif
