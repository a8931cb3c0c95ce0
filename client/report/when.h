/* Moments as people write and read them. Microseconds since 1970-01-01 UTC. */
#ifndef SB_CLIENT_REPORT_WHEN_H
#define SB_CLIENT_REPORT_WHEN_H

#include "proto/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Local time: how many seconds it is ahead of UTC at a moment. offset NULL: UTC. */
typedef struct when_zone {
    int (*offset)(void *context, int64_t us);
    void *context;
} when_zone;

#define WHEN_FORMS                                                                                           \
    "2026-01-31, 2026-01-31T23:59, 2026-01-31T23:59:59.5 (local time; with Z or +01:00 behind it another), " \
    "today, "                                                                                                \
    "yesterday, now, -30s, -30m, -2h, -7d or -2w"

/* One of WHEN_FORMS. A local time that a clock set back has twice is the first; one that a clock set forward
 * skips is what it would have been. */
bool when_parse(const char *text, int64_t now, const when_zone *zone, int64_t *ret);

typedef enum when_style {
    WHEN_SECONDS, /* 2026-01-31 23:59:59+01:00, or with Z */
    WHEN_MICROSECONDS,
    WHEN_RFC3339 /* 2026-01-31T23:59:59.000000Z; the zone does not matter */
} when_style;

/* "-" for a year that has not four digits. */
const char *when_format(arena *a, int64_t us, const when_zone *zone, when_style style);
/* "1.2 ms", "3.45 s", "2 h 5 min" */
const char *when_duration(arena *a, int64_t us);

#endif
