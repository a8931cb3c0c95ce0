#include "proto/bucket.h"

unsigned bucket_of(int64_t value, unsigned step_bits) {
    unsigned shift = 0;
    if (value < 0) return 0;
    while (value >> shift >> (step_bits + 1)) shift++;
    return (shift << step_bits) + (unsigned)(value >> shift);
}

int64_t bucket_end(unsigned bucket, unsigned step_bits) {
    unsigned steps = 1u << step_bits;
    if (bucket < 2 * steps) return bucket;
    return ((int64_t)(bucket % steps + steps + 1) << (bucket / steps - 1)) - 1;
}
