/* The parts of the benchmark. docs/performance.md explains each. */
#ifndef SB_TESTS_BENCH_BENCH_H
#define SB_TESTS_BENCH_BENCH_H

#include "tests/bench/report.h"

/* All ways, in the order of the tables. The broker keeps a durable audit and attests. BENCH_NO_ATTESTATION
 * turns attestation off by policy; BENCH_NO_AUDIT is a broker without an audit, built only for this
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
    bool brief; /* only as much as shows that it works */
    int rounds; /* 0: as many as each part chooses */
    uint64_t seed;
    int64_t records;     /* in the long audit */
    const wchar_t *data; /* where the long audit is kept; NULL: a new directory */
    way ways[BENCH_WAYS];
} bench;

/* Each function runs a part and reports it. Returns false after printing why. */
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

/* Returns the rounds and the launches of a block, or few of both for a brief run. */
measuring bench_plan(const bench *b, int rounds, int launches);
/* Runs the sides, reports them and frees what they have measured. */
bool bench_sides(const measuring *how, side *sides, size_t count, unsigned rows, const char *against);

/* bench_times reports a row of these quantiles, and sorts the times. */
extern const char *const bench_quantiles[3];
void bench_times(const char *what, double *us, size_t count);

#endif
