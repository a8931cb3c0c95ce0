/* How often something took how long: buckets that are a sixteenth of their value wide, so that a percentile
 * is never too small and at most 1/16 (6.25 %) too large, whatever the distribution. Pure numbers: who counts
 * keeps the counts. */
#ifndef SB_SERVICE_BROKER_HISTOGRAM_H
#define SB_SERVICE_BROKER_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BUCKETS =
        384, /* 0 to 31 each by itself, then 16 for each power of two below 2^27 microseconds */
    HISTOGRAM_MOST_BITS = 27 /* what took longer (134 seconds) is in the last one */
};

/* The bucket of a value; negative ones are 0. */
unsigned histogram_bucket(int64_t value);
/* The largest value of a bucket. */
int64_t histogram_upper(unsigned bucket);

typedef struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count; /* of all */
} histogram;

/* The value that permille of all are not above (nearest rank): the upper bound of its bucket. 0 where there
 * are none. */
int64_t histogram_percentile(const histogram *h, unsigned permille);
/* The upper bound of the largest. */
int64_t histogram_largest(const histogram *h);
/* How many are below 2^bits. */
uint64_t histogram_below(const histogram *h, unsigned bits);

#endif
