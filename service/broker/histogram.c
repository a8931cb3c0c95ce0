#include "service/broker/histogram.h"

enum { STEP_BITS = 4, STEPS = 1 << STEP_BITS, EXACT = 2 * STEPS, EXACT_BITS = STEP_BITS + 1 };

unsigned histogram_bucket(int64_t value) {
    if (value < 0) return 0;
    if (value < EXACT) return (unsigned)value;
    if (value >> HISTOGRAM_MOST_BITS) return HISTOGRAM_BUCKETS - 1;
    unsigned bits = EXACT_BITS; /* the place of its highest one */
    while (value >> (bits + 1)) bits++;
    unsigned step = (unsigned)(value >> (bits - STEP_BITS)) & (STEPS - 1);
    return EXACT + (bits - EXACT_BITS) * STEPS + step;
}

int64_t histogram_upper(unsigned bucket) {
    if (bucket < EXACT) return bucket;
    unsigned bits = EXACT_BITS + (bucket - EXACT) / STEPS, step = (bucket - EXACT) % STEPS;
    return ((int64_t)(STEPS + step + 1) << (bits - STEP_BITS)) - 1;
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
