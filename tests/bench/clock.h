/* Shared by the programs that measure. */
#ifndef SB_TESTS_BENCH_CLOCK_H
#define SB_TESTS_BENCH_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Returns microseconds on a clock that is never set. */
int64_t clock_us(void);
/* Sorts ascending, so that the middle is the median. */
void clock_sort(int64_t *us, size_t count);

#endif
