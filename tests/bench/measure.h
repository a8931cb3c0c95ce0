/* Compares sides. Each round has a block of launches of every side, in an order that a seed shuffles, so that
 * other work of the machine affects all sides alike. */
#ifndef SB_TESTS_BENCH_MEASURE_H
#define SB_TESTS_BENCH_MEASURE_H

#include "tests/bench/way.h"

enum { MEASURE_CALLERS_MOST = 64 };

/* Microseconds from the call, except the last: launches a second in a block. */
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
    bool loaded;                /* measured while the load is on */
    const struct side *against; /* the side that its ratio is to; NULL: none */
    /* measure_run allocates these. */
    double *samples[MEASURES]; /* sample_count of each, except the rate: one a round */
    size_t sample_count;
    double *rounds[MEASURES]; /* the median of each round's block; NaN if every launch failed */
} side;

typedef struct measuring {
    int rounds, launches; /* launches: in each block, by all its callers together */
    uint64_t seed;
    bool (*load)(void *context, bool there); /* NULL: there is no load; false after printing why */
    void *context;
} measuring;

/* Opens what launches share: the child, handles to give, and where children write their time. Returns false
 * after printing why. */
bool measure_open(void);
void measure_close(void);
/* Measures the sides. Returns false after printing why. Children that end before their first instruction are
 * launched again, and measure_lost counts them. */
bool measure_run(const measuring *how, side *sides, size_t count);
size_t measure_lost(void);
void measure_free(side *sides, size_t count);
/* Returns a launch of the measured child for a slot (below MEASURE_CALLERS_MOST). line[512] holds its
 * text. */
way_launch measure_launch(const side *s, int slot, wchar_t *line);

/* Returns the q-th quantile (0 to 1) of count numbers, and sorts them. NaN if there are none. */
double measure_quantile(double *numbers, size_t count, double q);
/* Computes the ratios of each round to the other side: minimum, first quartile, median, third quartile,
 * maximum. */
void measure_ratio(const side *s, measure m, int rounds, double ret[5]);

#endif
