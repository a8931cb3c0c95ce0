/* What part of a launch its steps are, and above all how long it waits for its record to be on the disk: from the broker's own times,
 * with attestation on. One caller, then sixteen at once.
 *
 * usage: launch_steps LAUNCHES */
#include "child.h"
#include "clock.h"
#include "raw.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { CALLERS_MOST = 16 };

typedef enum step {
#define X(name) STEP_##name,
    TIME_LIST(X)
#undef X
        STEPS
} step;

static const char *const step_names[STEPS] = {
#define X(name) #name,
    TIME_LIST(X)
#undef X
};

typedef struct caller {
    const wchar_t *pipe;
    int launches, good;
    int64_t *us[STEPS]; /* of each launch */
} caller;

static bool launch(raw_client *client, msg_spawn_result *ret) {
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    msg_reply reply;
    size_t length;
    char *frame = msg_encode_spawn(client->next_id++, &spawn, &length);
    if (!raw_call(client, frame, length, &reply)) return false;
    bool good = msg_reply_spawn(&reply, ret);
    if (!good) printf("a launch: %s\n", reply.fault.message);
    msg_reply_free(&reply);
    return good;
}

static unsigned __stdcall call(void *context) {
    caller *c = context;
    raw_client client;
    if (!raw_open(&client, c->pipe)) return 1;
    bool known = raw_hello(&client);
    for (int i = 0; known && i < c->launches; i++) {
        msg_spawn_result made;
        if (!launch(&client, &made)) break;
        HANDLE process = (HANDLE)(ULONG_PTR)made.process, thread = (HANDLE)(ULONG_PTR)made.thread;
        WaitForSingleObject(process, TEST_DEADLINE_MS);
        CloseHandle(process);
        CloseHandle(thread);
#define X(name) c->us[STEP_##name][c->good] = made.times_us.name;
        TIME_LIST(X)
#undef X
        c->good++;
    }
    raw_close(&client);
    return 0;
}

static bool measure(const wchar_t *pipe, int callers, int launches) {
    caller all[CALLERS_MOST] = {0};
    HANDLE threads[CALLERS_MOST];
    int64_t *us[STEPS];
    int each = launches / callers, good = 0;
    for (int s = 0; s < STEPS; s++)
        if (!(us[s] = calloc((size_t)launches + 1, sizeof *us[s]))) return false;
    int64_t start = clock_us();
    for (int i = 0; i < callers; i++) {
        all[i] = (caller){.pipe = pipe, .launches = each};
        for (int s = 0; s < STEPS; s++) all[i].us[s] = us[s] + i * each;
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, call, &all[i], 0, NULL);
    }
    WaitForMultipleObjects((DWORD)callers, threads, TRUE, INFINITE);
    int64_t took = clock_us() - start;
    for (int i = 0; i < callers; i++) {
        good += all[i].good == each;
        CloseHandle(threads[i]);
    }
    int64_t record = 0, total = 0;
    for (int i = 0; i < each * callers; i++) record += us[STEP_record][i], total += us[STEP_total][i];
    printf("%d at once, %d launches, %.0f a second\n", callers, each * callers,
           each * callers * 1e6 / (double)took);
    printf("  %-10s %10s %10s\n", "step", "p50 us", "p99 us");
    for (int s = 0; s < STEPS; s++) {
        clock_sort(us[s], (size_t)(each * callers));
        printf("  %-10s %10lld %10lld\n", step_names[s], (long long)us[s][each * callers / 2],
               (long long)us[s][each * callers * 99 / 100]);
        free(us[s]);
    }
    printf("  waiting for the record to be on the disk: %.1f %% of all the time\n",
           total ? 100.0 * (double)record / (double)total : 0.0);
    return good == callers;
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    int launches = argc > 1 ? (int)wcstol(argv[1], NULL, 10) : 0;
    if (launches < CALLERS_MOST) {
        fprintf(stderr, "usage: launch_steps LAUNCHES   (at least %d)\n", CALLERS_MOST);
        return 2;
    }
    if (!broker_start(&broker, NULL)) return 1;
    bool good = measure(broker.pipe, 1, launches) && measure(broker.pipe, CALLERS_MOST, launches);
    return broker_stop(&broker) == 0 && good ? 0 : 1;
}
