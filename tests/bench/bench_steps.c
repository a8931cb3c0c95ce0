/* Measures where the time of a launch goes, by the broker's own times of its steps. */
#include "tests/bench/bench.h"
#include "tests/bench/clock.h"
#include "tests/support/raw.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_quantiles[3] = {"p50 us", "p95 us", "p99 us"};

void bench_times(const char *what, double *us, size_t count) {
    const double row[] = {measure_quantile(us, count, 0.5), measure_quantile(us, count, 0.95),
                          measure_quantile(us, count, 0.99)};
    report_row(what, row, 3);
}

/* ---- steps ---- */

enum { CALLERS_MOST = 16 };

typedef enum step {
#define X(name) STEP_##name,
    TIME_LIST(X)
#undef X
        STEP_round_trip, /* what the caller waits besides: both ways over the pipe, encoding, decoding, its
                            turn */
    STEPS
} step;

static const char *const step_names[STEPS] = {
#define X(name) #name,
    TIME_LIST(X)
#undef X
        "(the caller, besides)",
};

typedef struct stepper {
    const wchar_t *pipe;
    int slot, launches, good;
    double *us[STEPS]; /* of each launch */
} stepper;

/* Returns a launch of the measured child as a request. */
static msg_spawn spawn_of(int slot, raw_spawn_text *text, msg_handle *handle) {
    wchar_t line[512];
    const side like = {.handle_count = 1};
    const way_launch launch = measure_launch(&like, slot, line);
    msg_spawn spawn = raw_spawn("exit:0", text);
    WideCharToMultiByte(CP_UTF8, 0, launch.application, -1, text->application, sizeof text->application, NULL,
                        NULL);
    WideCharToMultiByte(CP_UTF8, 0, launch.line, -1, text->command_line, sizeof text->command_line, NULL,
                        NULL);
    *handle = (msg_handle){.name = "h0", .value = (uint32_t)(ULONG_PTR)launch.handles[0].handle};
    spawn.handles = handle;
    spawn.handle_count = 1;
    for (int i = 0; i < MSG_STD_COUNT; i++) spawn.std[i] = (uint32_t)(ULONG_PTR)launch.nul;
    return spawn;
}

static bool step_launch(stepper *s, raw_client *client) {
    raw_spawn_text text;
    msg_handle handle;
    msg_spawn_result made;
    msg_reply reply;
    size_t length;
    const msg_spawn spawn = spawn_of(s->slot, &text, &handle);
    int64_t called = clock_us();
    char *frame = msg_encode_spawn(client->next_id++, &spawn, &length);

    if (!raw_call(client, frame, length, &reply)) return false;
    int64_t took = clock_us() - called;
    bool good = msg_reply_spawn(&reply, &made);
    if (!good) printf("a launch: %s\n", reply.fault.message);

    if (good) {
        HANDLE process = (HANDLE)(ULONG_PTR)made.process;
        WaitForSingleObject(process, TEST_DEADLINE_MS);
        CloseHandle(process);
        CloseHandle((HANDLE)(ULONG_PTR)made.thread);
#define X(name) s->us[STEP_##name][s->good] = made.times_us.name;
        TIME_LIST(X)
#undef X
        s->us[STEP_round_trip][s->good++] = (double)(took - made.times_us.total);
    }
    msg_reply_free(&reply);
    return good;
}

static unsigned __stdcall step_call(void *context) {
    stepper *s = context;
    raw_client client;
    if (!raw_open(&client, s->pipe)) return 1;
    bool good = raw_hello(&client);
    while (good && s->good < s->launches) good = step_launch(s, &client);
    raw_close(&client);
    return 0;
}

static bool steps_of(const bench *b, int callers, int launches) {
    stepper all[CALLERS_MOST];
    HANDLE threads[CALLERS_MOST];
    double *us[STEPS];
    const int each = launches / callers;
    bool good = true;

    for (int s = 0; s < STEPS; s++)
        good = (us[s] = calloc((size_t)launches + 1, sizeof *us[s])) != NULL && good;
    for (int i = 0; good && i < callers; i++) {
        all[i] = (stepper){.pipe = b->ways[BENCH_BROKER].broker.pipe, .slot = i, .launches = each};
        for (int s = 0; s < STEPS; s++) all[i].us[s] = us[s] + i * each;
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, step_call, &all[i], 0, NULL);
    }

    if (good) WaitForMultipleObjects((DWORD)callers, threads, TRUE, INFINITE);
    for (int i = 0; good && i < callers; i++) CloseHandle(threads[i]);
    for (int i = 0; good && i < callers; i++) good = all[i].good == each;

    for (int s = 0; s < STEPS; s++) {
        char text[48];
        snprintf(text, sizeof text, "%s, %d caller%s", step_names[s], callers, callers > 1 ? "s" : "");
        if (good) bench_times(text, us[s], (size_t)(each * callers));
        free(us[s]);
    }

    return good;
}

bool bench_steps(const bench *b) {
    const int launches = b->brief ? CALLERS_MOST : 40 * CALLERS_MOST;
    report_part("steps", "Each step of a launch, as the broker's reply says it (docs/protocol.md, times_us): "
                         "the record is waited for "
                         "after attestation, and was given to the writer before the creation.");
    report_columns("step", bench_quantiles, 3);
    bool good = steps_of(b, 1, launches) && steps_of(b, CALLERS_MOST, launches);
    report_end("");
    return good;
}
