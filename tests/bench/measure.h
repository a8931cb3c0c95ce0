/* Sides that are measured against each other: in rounds, in each of which every side has a block of launches,
 * in an order that a seed shuffles anew. What the machine does meanwhile, it does to all of them. */
#ifndef SB_TESTS_BENCH_MEASURE_H
#define SB_TESTS_BENCH_MEASURE_H

#include "tests/bench/way.h"

enum { MEASURE_CALLERS_MOST = 64 };

/* Each in microseconds from the call, but for the last: launches a second in a block. */
#define MEASURE_LIST(X)           \
    X(returned, "returned")       \
    X(first, "first instruction") \
    X(exited, "exit seen")        \
    X(rate, "launches a "         \
            "second")

typedef enum measure {
#define X(id, name) MEASURE_##id,
    MEASURE_LIST(X)
#undef X
        MEASURES
} measure;

extern const char *const measure_names[MEASURES];

typedef struct side {
    const char *what; /* the case, such as "16 handles" */
    const way *way;
    int callers;
    size_t handle_count;
    const wchar_t *environment; /* NULL: the caller's */
    bool loaded;                /* measured while the part's load is there */
    const struct side *against; /* what its ratio is to; NULL: nothing */
    /* What measure_run adds: malloc'd. */
    double *samples[MEASURES]; /* sample_count of each but the rate, which has one a round */
    size_t sample_count;
    double *rounds[MEASURES]; /* the median of each round's block; NaN where every launch failed */
} side;

typedef struct measuring {
    int rounds, launches; /* launches: of each block, by all of its callers together */
    uint64_t seed;
    bool (*load)(void *context, bool there); /* NULL: there is no load; false after printing why */
    void *context;
} measuring;

/* What launches need and share: the child, handles to give, and where children tell their time. False after
 * printing why. */
bool measure_open(void);
void measure_close(void);
/* Fills the sides; false after printing why. Children that end before their first instruction are launched
 * again, and counted: measure_lost. */
bool measure_run(const measuring *how, side *sides, size_t count);
size_t measure_lost(void);
void measure_free(side *sides, size_t count);
/* A launch of the measured child, for slot (below MEASURE_CALLERS_MOST); its text lives in line[512]. */
way_launch measure_launch(const side *s, int slot, wchar_t *line);

/* The q-th quantile (0 to 1) of count numbers, which it sorts; NaN of none. */
double measure_quantile(double *numbers, size_t count, double q);
/* Each round's ratio to the other side: least, first quartile, median, third quartile, greatest. */
void measure_ratio(const side *s, measure m, int rounds, double ret[5]);

#endif
