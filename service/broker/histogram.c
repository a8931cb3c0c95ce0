#include "service/broker/histogram.h"

#include "proto/bucket.h"

enum { STEP_BITS = 4 };

unsigned histogram_bucket(int64_t value) {
    return value >= (int64_t)1 << HISTOGRAM_MOST_BITS ? HISTOGRAM_BUCKETS - 1 : bucket_of(value, STEP_BITS);
}

int64_t histogram_upper(unsigned bucket) {
    return bucket_end(bucket, STEP_BITS);
}

int64_t histogram_percentile(const histogram *h, unsigned permille) {
    uint64_t rank = (h->count * permille + 999) / 1000, seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        if ((seen += h->counts[i]) >= rank && seen) return histogram_upper(i);
    return 0;
}

int64_t histogram_largest(const histogram *h) {
    for (unsigned i = HISTOGRAM_BUCKETS; i--;)
        if (h->counts[i]) return histogram_upper(i);
    return 0;
}

uint64_t histogram_below(const histogram *h, unsigned bits) {
    uint64_t below = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram_upper(i) < (int64_t)1 << bits; i++)
        below += h->counts[i];
    return below;
}
