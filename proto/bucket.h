/* Buckets for a histogram of durations. Each power of two is cut into 2^step_bits buckets of one width, and
 * values below 2^(step_bits + 1) have a bucket of their own. So a bucket's end is never below a value in it,
 * and at most 1/2^step_bits above. */
#ifndef SB_PROTO_BUCKET_H
#define SB_PROTO_BUCKET_H

#include <stdint.h>

/* Returns the bucket of a value; a negative one is in bucket 0. */
unsigned bucket_of(int64_t value, unsigned step_bits);
/* Returns the largest value of a bucket. */
int64_t bucket_end(unsigned bucket, unsigned step_bits);

#endif
