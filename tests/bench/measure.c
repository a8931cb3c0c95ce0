#include "tests/bench/measure.h"

#include <math.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { HANDLES_MOST = 256, NAME_UNITS = 8, LINE_UNITS = 512, LOST_MOST = 50, TIMES = MEASURE_exited + 1 };

const char *const measure_names[MEASURES] = {
#define X(id, name) name,
    MEASURE_LIST(X)
#undef X
};

static struct {
    HANDLE section, nul;
    volatile LONG64 *slots; /* of each caller: when its newest child ran its first instruction */
    wchar_t name[64], child[MAX_PATH], names[HANDLES_MOST][NAME_UNITS];
    sb_handle handles[HANDLES_MOST];
    double ticks_a_us;
    volatile LONG lost;
} here;

static int64_t ticks(void) {
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    return now.QuadPart;
}

bool measure_open(void) {
    const DWORD size = MEASURE_CALLERS_MOST * sizeof *here.slots;
    LARGE_INTEGER second;
    QueryPerformanceFrequency(&second);
    here.ticks_a_us = (double)second.QuadPart / 1e6;
    beside_program(here.child, L"bench_child.exe");
    swprintf(here.name, sizeof here.name / sizeof *here.name, L"sb-bench-%lu", GetCurrentProcessId());
    here.section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, size, here.name);
    here.slots = here.section ? MapViewOfFile(here.section, FILE_MAP_ALL_ACCESS, 0, 0, size) : NULL;
    here.nul = CreateFileW(L"\\\\.\\NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                           NULL, OPEN_EXISTING, 0, NULL);

    bool good = here.slots && here.nul != INVALID_HANDLE_VALUE;
    for (int i = 0; good && i < HANDLES_MOST; i++) {
        swprintf(here.names[i], NAME_UNITS, L"h%d", i);
        here.handles[i] = (sb_handle){.name = here.names[i], .handle = CreateEventW(NULL, TRUE, FALSE, NULL)};
        good = here.handles[i].handle != NULL;
    }
    if (!good) fprintf(stderr, "what children share: error %lu\n", GetLastError());
    return good;
}

void measure_close(void) {
    for (int i = 0; i < HANDLES_MOST; i++) CloseHandle(here.handles[i].handle);
    CloseHandle(here.nul);
    UnmapViewOfFile((void *)(ULONG_PTR)here.slots);
    CloseHandle(here.section);
}

size_t measure_lost(void) {
    return (size_t)here.lost;
}

way_launch measure_launch(const side *s, int slot, wchar_t *line) {
    swprintf(line, LINE_UNITS, L"\"%ls\" %ls %d", here.child, here.name, slot);
    return (way_launch){.application = here.child,
                        .line = line,
                        .nul = here.nul,
                        .handles = here.handles,
                        .handle_count = s->handle_count,
                        .environment = s->environment};
}

/* ---- a block ---- */

typedef struct caller {
    const side *s;
    HANDLE gate; /* opens for all callers of a block at once */
    int slot, launches, done;
    double *us[TIMES]; /* one for each launch */
} caller;

/* Launches one child, and measures from the call to its end. Returns false if the child wrote no time. */
static bool launch_once(caller *c, const way_launch *launch) {
    HANDLE process;
    here.slots[c->slot] = 0;
    int64_t called = ticks();
    if (way_run(c->s->way, launch, &process)) return false;
    int64_t returned = ticks();
    bool ended = WaitForSingleObject(process, TEST_DEADLINE_MS) == WAIT_OBJECT_0;
    int64_t exited = ticks(), first = here.slots[c->slot];
    if (!ended) TerminateProcess(process, 1);
    CloseHandle(process);
    if (!ended || !first) return false;
    c->us[MEASURE_returned][c->done] = (double)(returned - called) / here.ticks_a_us;
    c->us[MEASURE_first][c->done] = (double)(first - called) / here.ticks_a_us;
    c->us[MEASURE_exited][c->done] = (double)(exited - called) / here.ticks_a_us;
    c->done++;
    return true;
}

static unsigned __stdcall call(void *context) {
    caller *c = context;
    wchar_t line[LINE_UNITS];
    WaitForSingleObject(c->gate, INFINITE);
    while (c->done < c->launches && here.lost < LOST_MOST) {
        const way_launch launch = measure_launch(c->s, c->slot, line);
        if (!launch_once(c, &launch)) InterlockedIncrement(&here.lost);
    }
    return 0;
}

/* Runs the launches of all callers. Their times go behind those of the side's earlier blocks. */
static bool run_block(side *s, int launches, int round) {
    caller all[MEASURE_CALLERS_MOST];
    HANDLE threads[MEASURE_CALLERS_MOST];
    int count = 0, each = launches / s->callers ? launches / s->callers : 1;
    size_t done = 0;
    HANDLE gate = CreateEventW(NULL, TRUE, FALSE, NULL);

    for (; gate && count < s->callers; count++) {
        caller *c = &all[count];
        *c = (caller){.s = s, .gate = gate, .slot = count, .launches = each};
        for (int m = 0; m < TIMES; m++) c->us[m] = s->samples[m] + s->sample_count + (size_t)(count * each);
        threads[count] = (HANDLE)_beginthreadex(NULL, 0, call, c, 0, NULL);
        if (!threads[count]) break;
    }

    int64_t begun = ticks();
    if (gate) SetEvent(gate);
    if (count) WaitForMultipleObjects((DWORD)count, threads, TRUE, INFINITE);
    s->rounds[MEASURE_rate][round] = s->samples[MEASURE_rate][round] =
        count * each / ((double)(ticks() - begun) / here.ticks_a_us / 1e6);
    for (int i = 0; i < count; i++) {
        done += (size_t)all[i].done;
        CloseHandle(threads[i]);
    }

    if (gate) CloseHandle(gate);
    for (int m = 0; m < TIMES; m++) /* sorts the block, which does not matter to the others */
        s->rounds[m][round] = measure_quantile(s->samples[m] + s->sample_count, done, 0.5);
    s->sample_count += done;

    return count == s->callers && done == (size_t)(count * each);
}

/* ---- all blocks ---- */

static unsigned below(uint64_t *state, unsigned limit) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (unsigned)(*state >> 33) % limit;
}

static void shuffle(side **order, size_t count, uint64_t *state) {
    for (size_t i = count; i > 1; i--) {
        size_t other = below(state, (unsigned)i);
        side *held = order[i - 1];
        order[i - 1] = order[other];
        order[other] = held;
    }
}

static bool sides_open(side *sides, size_t count, const measuring *how) {
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        size_t block = (size_t)(how->launches > sides[i].callers ? how->launches : sides[i].callers);
        for (int m = 0; m < MEASURES; m++) {
            sides[i].samples[m] = calloc(block * (size_t)how->rounds, sizeof(double));
            sides[i].rounds[m] = calloc((size_t)how->rounds, sizeof(double));
            good = good && sides[i].samples[m] && sides[i].rounds[m];
        }
    }
    return good;
}

void measure_free(side *sides, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (int m = 0; m < MEASURES; m++) {
            free(sides[i].samples[m]);
            free(sides[i].rounds[m]);
        }
}

static void say_round(const measuring *how, int round) {
    fprintf(stderr, "\r  round %d of %d%s", round + 1, how->rounds, round + 1 == how->rounds ? "\n" : "");
    fflush(stderr);
}

/* Runs the sides that are measured under load, or those that are not. */
static bool run_state(const measuring *how, side **order, size_t count, int round, bool there) {
    bool good = !how->load || how->load(how->context, there);
    for (size_t i = 0; good && i < count; i++)
        if (order[i]->loaded == there) good = run_block(order[i], how->launches, round);
    return good;
}

bool measure_run(const measuring *how, side *sides, size_t count) {
    uint64_t state = how->seed * 2 + 1;
    side **order = calloc(count + 1, sizeof *order);
    bool good = order && sides_open(sides, count, how);
    for (size_t i = 0; good && i < count; i++) order[i] = &sides[i];
    for (int round = 0; good && round < how->rounds; round++) {
        bool first = how->load && below(&state, 2);
        shuffle(order, count, &state);
        good = run_state(how, order, count, round, first);
        if (good && how->load) good = run_state(how, order, count, round, !first);
        say_round(how, round);
    }
    if (!good) fprintf(stderr, "a block came to no end: %ld launches were lost\n", here.lost);
    if (how->load) good = how->load(how->context, false) && good;
    free(order);
    return good;
}

/* ---- what it comes to ---- */

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_quantile(double *numbers, size_t count, double q) {
    if (!count) return NAN;
    qsort(numbers, count, sizeof *numbers, by_size);
    double at = q * (double)(count - 1);
    size_t below_it = (size_t)at, above = below_it + 1 < count ? below_it + 1 : below_it;
    return numbers[below_it] + (at - (double)below_it) * (numbers[above] - numbers[below_it]);
}

void measure_ratio(const side *s, measure m, int rounds, double ret[5]) {
    double *all = calloc((size_t)rounds + 1, sizeof *all);
    size_t count = 0;
    for (int i = 0; all && i < rounds; i++)
        if (s->rounds[m][i] > 0 && s->against->rounds[m][i] > 0)
            all[count++] = s->rounds[m][i] / s->against->rounds[m][i];
    for (int i = 0; i < 5; i++) ret[i] = measure_quantile(all, count, i / 4.0);
    free(all);
}
