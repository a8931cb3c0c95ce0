/* Measures one launch in each way, and the same with many callers, handles and variables. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { TEXT = 32 };

measuring bench_plan(const bench *b, int rounds, int launches) {
    if (b->rounds > 0) rounds = b->rounds;
    return (measuring){.rounds = b->brief ? 1 : rounds, .launches = b->brief ? 1 : launches, .seed = b->seed};
}

bool bench_sides(const measuring *how, side *sides, size_t count, unsigned rows, const char *against) {
    bool good = measure_run(how, sides, count);
    if (good) report_sides(sides, count, how->rounds, rows, against);
    measure_free(sides, count);
    return good;
}

/* Adds a side for every way; each is compared with the direct way. */
static void add_case(const bench *b, side *sides, const side *like) {
    for (int w = 0; w < BENCH_WAYS; w++) {
        sides[w] = *like;
        sides[w].way = &b->ways[w];
        sides[w].against = &sides[BENCH_DIRECT];
    }
}

bool bench_launch(const bench *b) {
    side sides[BENCH_WAYS];
    const measuring how = bench_plan(b, 40, 25);
    report_part("launch", "One launch, one caller, one handle and the standard ones.");
    add_case(b, sides, &(side){.what = "1 handle", .callers = 1, .handle_count = 1});
    return bench_sides(&how, sides, BENCH_WAYS, REPORT_RETURNED | REPORT_CHILD, "direct");
}

bool bench_callers(const bench *b) {
    static const int callers[] = {1, 4, 16, 64};
    enum { CASES = sizeof callers / sizeof *callers };
    static char texts[CASES][TEXT];
    side sides[CASES * BENCH_WAYS];
    const measuring how = bench_plan(b, 10, 64);
    const size_t cases = b->brief ? 2 : CASES;
    report_part("callers", "So many threads launch at once, each waiting for its child before the next.");
    for (size_t i = 0; i < cases; i++) {
        snprintf(texts[i], TEXT, "%d caller%s", callers[i], callers[i] > 1 ? "s" : "");
        add_case(b, sides + i * BENCH_WAYS,
                 &(side){.what = texts[i], .callers = callers[i], .handle_count = 1});
    }
    return bench_sides(&how, sides, cases * BENCH_WAYS, REPORT_RETURNED | REPORT_RATE, "direct");
}

bool bench_handles(const bench *b) {
    static const size_t handles[] = {0, 1, 16, 64, 256};
    enum { CASES = sizeof handles / sizeof *handles };
    static char texts[CASES][TEXT];
    side sides[CASES * BENCH_WAYS];
    const measuring how = bench_plan(b, 20, 10);
    report_part("handles", "So many handles a launch, besides the standard ones.");
    const size_t cases = b->brief ? CASES - 2 : CASES;
    for (size_t i = 0; i < cases; i++) {
        snprintf(texts[i], TEXT, "%zu handle%s", handles[i], handles[i] == 1 ? "" : "s");
        add_case(b, sides + i * BENCH_WAYS,
                 &(side){.what = texts[i], .callers = 1, .handle_count = handles[i]});
    }
    return bench_sides(&how, sides, cases * BENCH_WAYS, REPORT_RETURNED, "direct");
}

/* Makes variables of about 50 characters, kib of UTF-16 in all. Free the result with free(). */
static wchar_t *environment_make(size_t kib) {
    const size_t units = kib * 1024 / sizeof(wchar_t);
    wchar_t root[MAX_PATH], *block = calloc(units + 1, sizeof *block);
    size_t used = 0;
    GetEnvironmentVariableW(L"SystemRoot", root, MAX_PATH);
    for (int i = 0; block && used + 128 < units; i++)
        used += 1 + (size_t)swprintf(block + used, units - used,
                                     L"BENCH_VARIABLE_%04d=some text of a length that is usual", i);
    if (block) swprintf(block + used, units - used, L"SystemRoot=%ls", root);
    return block;
}

bool bench_environment(const bench *b) {
    static const size_t kib[] = {4, 64};
    enum { CASES = sizeof kib / sizeof *kib };
    static char texts[CASES][TEXT];
    wchar_t *blocks[CASES];
    side sides[CASES * BENCH_WAYS];
    const measuring how = bench_plan(b, 20, 10);
    bool good = true;
    report_part("environment", "An environment of this size instead of the caller's.");
    for (size_t i = 0; i < CASES; i++) {
        snprintf(texts[i], TEXT, "%zu KiB", kib[i]);
        good = (blocks[i] = environment_make(kib[i])) != NULL && good;
        add_case(b, sides + i * BENCH_WAYS,
                 &(side){.what = texts[i], .callers = 1, .handle_count = 1, .environment = blocks[i]});
    }
    good = good && bench_sides(&how, sides, CASES * BENCH_WAYS, REPORT_RETURNED, "direct");
    for (size_t i = 0; i < CASES; i++) free(blocks[i]);
    return good;
}
