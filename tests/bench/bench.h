/* The parts of the benchmark. docs/performance.md says what each is for. */
#ifndef SB_TESTS_BENCH_BENCH_H
#define SB_TESTS_BENCH_BENCH_H

#include "tests/bench/report.h"

/* All ways, in the order of the tables. The broker keeps a durable audit and attests; of the others each
 * lacks one of these: attestation by policy, the audit in a broker that is built for this only
 * (service_without_audit.c). */
enum {
    BENCH_DIRECT,
    BENCH_LOCK,
    BENCH_HELPER,
    BENCH_BROKER,
    BENCH_NO_ATTESTATION,
    BENCH_NO_AUDIT,
    BENCH_WAYS
};

typedef struct bench {
    bool brief; /* as little as shows that it works */
    int rounds; /* 0: as many as each part takes by itself */
    uint64_t seed;
    int64_t records;     /* of the long audit */
    const wchar_t *data; /* where that is kept; NULL: it is made anew */
    way ways[BENCH_WAYS];
} bench;

/* Each runs and reports its part; false after printing why. */
bool bench_launch(const bench *b);
bool bench_callers(const bench *b);
bool bench_handles(const bench *b);
bool bench_environment(const bench *b);
bool bench_idle(const bench *b);
bool bench_readers(const bench *b);
bool bench_big(const bench *b);
bool bench_steps(const bench *b);
bool bench_pieces(const bench *b);
bool bench_age(const bench *b);
bool bench_memory(const bench *b);
bool bench_size(const bench *b);

/* Rounds and launches a block, or few of both when it is to be brief. */
measuring bench_plan(const bench *b, int rounds, int launches);
/* Runs the sides and reports them; frees what they have measured. */
bool bench_sides(const measuring *how, side *sides, size_t count, unsigned rows, const char *against);

/* A row of report_row under these columns; sorts the times. */
extern const char *const bench_quantiles[3];
void bench_times(const char *what, double *us, size_t count);

#endif
