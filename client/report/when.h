/* Reads and writes times for people. Times are microseconds since 1970-01-01 UTC. */
#ifndef SB_CLIENT_REPORT_WHEN_H
#define SB_CLIENT_REPORT_WHEN_H

#include "proto/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A time zone: offset returns how many seconds local time is ahead of UTC; offset NULL: UTC. */
typedef struct when_zone {
    int (*offset)(void *context, int64_t us);
    void *context;
} when_zone;

extern const when_zone when_utc;

#define WHEN_FORMS                                                                                           \
    "2026-01-31, 2026-01-31T23:59, 2026-01-31T23:59:59.5 (local time; with Z or +01:00 behind it another), " \
    "today, "                                                                                                \
    "yesterday, now, -30s, -30m, -2h, -7d or -2w"

/* Parses one of WHEN_FORMS. A local time that occurs twice, when a clock is set back, is the first; one that
 * a clock skips is what it would have been. */
bool when_parse(const char *text, int64_t now, const when_zone *zone, int64_t *ret);

typedef enum when_style {
    WHEN_SECONDS, /* 2026-01-31 23:59:59+01:00, or with Z */
    WHEN_MICROSECONDS,
    WHEN_RFC3339 /* 2026-01-31T23:59:59.000000Z; the zone does not matter */
} when_style;

/* Returns "-" for a year that does not have four digits. */
const char *when_format(arena *a, int64_t us, const when_zone *zone, when_style style);
/* Returns text such as "1.2 ms", "3.45 s" or "2 h 5 min". */
const char *when_duration(arena *a, int64_t us);

#endif
