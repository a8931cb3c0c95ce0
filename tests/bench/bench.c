/* Measures how long a launch takes, with the broker and with every alternative, all in one run.
 * docs/performance.md explains the results; tests/bench.sh builds this program optimised and runs it. */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

typedef struct part {
    const wchar_t *name;
    bool (*run)(const bench *b);
    const char *says;
} part;

static const part parts[] = {
    {L"launch", bench_launch,
     "one launch by each way: to its return, to the child's first instruction, to its end"},
    {L"callers", bench_callers, "1, 4, 16 and 64 callers at once"},
    {L"handles", bench_handles, "0 to 256 handles a launch"},
    {L"environment", bench_environment, "environments of 4 and 64 KiB"},
    {L"big", bench_big, "a caller with 2 GiB of memory in use and 10,000 handles"},
    {L"idle", bench_idle, "1,000 idle clients"},
    {L"readers", bench_readers, "16 slow readers"},
    {L"steps", bench_steps, "the broker's own times of each step"},
    {L"pieces", bench_pieces, "what the parts of a launch cost by themselves"},
    {L"memory", bench_memory, "what each connection and each child costs the broker"},
    {L"size", bench_size, "a short audit against one of --records launches"},
    {L"age", bench_age, "the broker after 100, 1,000 and 10,000 launches"},
};
enum { PARTS = sizeof parts / sizeof *parts };

static const char unattested[] =
    "{\"version\": 1, \"default\": \"allow\","
    " \"rules\": [{\"name\": \"unattested\", \"action\": \"allow\", \"attest\": false}]}";

static int usage(void) {
    fprintf(stderr, "usage: bench [--short] [--rounds NUMBER] [--seed NUMBER] [--json FILE]\n"
                    "             [--records NUMBER] [--data DIRECTORY] [PART...]\n"
                    "Without a part: all of them. Tables on standard output, progress on standard error.\n");
    for (size_t i = 0; i < PARTS; i++) fprintf(stderr, "  %-12ls %s\n", parts[i].name, parts[i].says);
    return 2;
}

static bool ways_open(bench *b) {
    way *w = b->ways;
    w[BENCH_DIRECT] = (way){.name = "direct", .kind = WAY_DIRECT};
    w[BENCH_LOCK] = (way){.name = "lock", .kind = WAY_LOCK};
    return way_open_local(&w[BENCH_HELPER]) &&
           way_open_broker(&w[BENCH_BROKER], "broker", NULL, NULL, NULL) &&
           way_open_broker(&w[BENCH_NO_ATTESTATION], "unproved", NULL, NULL, unattested) &&
           way_open_broker(&w[BENCH_NO_AUDIT], "no audit", L"bench_spawnbroker.exe", NULL, NULL);
}

static bool ways_close(bench *b) {
    bool good = true;
    for (int i = 0; i < BENCH_WAYS; i++) good = way_close(&b->ways[i]) && good;
    return good;
}

static bool run(const bench *b, wchar_t **names, int count) {
    bool good = true;
    for (size_t i = 0; good && i < PARTS; i++) {
        bool wanted = count == 0;
        for (int k = 0; k < count; k++) wanted = wanted || !wcscmp(names[k], parts[i].name);
        if (wanted) good = parts[i].run(b);
    }
    return good;
}

static bool is_part(const wchar_t *name) {
    for (size_t i = 0; i < PARTS; i++)
        if (!wcscmp(name, parts[i].name)) return true;
    return false;
}

int wmain(int argc, wchar_t **argv) {
    static bench b = {.seed = 1, .records = 1000000};
    const wchar_t *json = NULL;
    int at = 1;

    for (; at < argc && argv[at][0] == L'-'; at++) {
        if (!wcscmp(argv[at], L"--short")) b.brief = true;
        else if (!wcscmp(argv[at], L"--rounds") && at + 1 < argc)
            b.rounds = (int)wcstol(argv[++at], NULL, 10);
        else if (!wcscmp(argv[at], L"--seed") && at + 1 < argc) b.seed = wcstoull(argv[++at], NULL, 10);
        else if (!wcscmp(argv[at], L"--records") && at + 1 < argc) b.records = wcstoll(argv[++at], NULL, 10);
        else if (!wcscmp(argv[at], L"--data") && at + 1 < argc) b.data = argv[++at];
        else if (!wcscmp(argv[at], L"--json") && at + 1 < argc) json = argv[++at];
        else return usage();
    }

    for (int i = at; i < argc; i++)
        if (!is_part(argv[i])) return usage();
    if (!report_open(json)) return 1;
    bool good = measure_open() && ways_open(&b) && run(&b, argv + at, argc - at);
    good = ways_close(&b) && good;
    measure_close();
    if (measure_lost())
        fprintf(stderr, "%zu children told no time and were launched again.\n", measure_lost());

    return report_close() && good ? 0 : 1;
}
