/* What the programs that measure share. */
#ifndef SB_TESTS_BENCH_CLOCK_H
#define SB_TESTS_BENCH_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Microseconds on a clock that is not set. */
int64_t clock_us(void);
/* Ascending: then the middle is the median. */
void clock_sort(int64_t *us, size_t count);

#endif
