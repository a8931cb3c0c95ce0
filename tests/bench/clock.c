#define _POSIX_C_SOURCE 200809L
#include "tests/bench/clock.h"

#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>

int64_t clock_us(void) {
    LARGE_INTEGER ticks, second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&second);
    return ticks.QuadPart / second.QuadPart * 1000000 +
           ticks.QuadPart % second.QuadPart * 1000000 / second.QuadPart;
}
#else
#include <time.h>

int64_t clock_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}
#endif

static int by_size(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void clock_sort(int64_t *us, size_t count) {
    qsort(us, count, sizeof *us, by_size);
}
