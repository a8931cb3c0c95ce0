/* A client goes on after its broker was killed, stopped or replaced. */
#include "tests/client/fake.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

#include "service/win32/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PAUSE_MS = 400 };

/* Launches a child, and checks that it ran. */
static void launch_once(sb_client *client) {
    child_result result;
    helper_run(client, L"exit:7", NULL, 0, &result);
    if (!CHECK_INT(result.err, ERROR_SUCCESS)) printf("  %ls\n", result.error.message);
    else CHECK_INT(result.exit_code, 7);
}

static void refused(sb_client *client, DWORD timeout_ms, DWORD code, sb_stage at) {
    sb_process process = {0};
    sb_error error = {0};
    CHECK_INT(fake_spawn(client, 0, timeout_ms, &process, &error), code);
    CHECK_INT(error.code, code);
    CHECK_INT(error.stage, at);
    CHECK(error.message[0] && !process.process);
}

/* ---- one thread ---- */

static DWORD WINAPI start_later(void *context) {
    Sleep(PAUSE_MS);
    broker_start_again(context);
    return 0;
}

static void end_broker(test_broker *broker, bool killed) {
    if (killed) broker_kill(broker);
    else CHECK_INT(broker_stop_keep(broker), 0);
}

static void goes_on(test_broker *broker, sb_client *client, bool killed) {
    check_about(killed ? "killed, and started again before the launch" : "stopped, and started again");
    end_broker(broker, killed);
    if (!broker_start_again(broker)) return;
    launch_once(client);

    check_about(killed ? "killed, and started again during the launch" : "stopped, and started later");
    end_broker(broker, killed);
    HANDLE thread = CreateThread(NULL, 0, start_later, broker, 0, NULL);
    launch_once(client);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

/* Without a broker, a call fails when its time has passed, and says that nothing was done. */
static void no_broker(test_broker *broker, sb_client *client) {
    check_about("no broker in time");
    broker_kill(broker);
    uint64_t from = GetTickCount64();
    refused(client, 600, ERROR_SERVICE_NOT_ACTIVE, SB_STAGE_CONNECT);
    uint64_t took = GetTickCount64() - from;
    CHECK(took >= 500 && took < 5000);
    from = GetTickCount64();
    refused(client, 0, ERROR_SERVICE_NOT_ACTIVE, SB_STAGE_CONNECT);
    took = GetTickCount64() - from;
    CHECK(took >= 9000 && took < 15000);
    CHECK(broker_start_again(broker));
    launch_once(client);
}

static void turned_off(test_broker *broker) {
    check_about("no_reconnect");
    sb_client *client = broker_connect_once(broker->pipe);
    if (!CHECK(client != NULL)) return;
    launch_once(client);
    broker_kill(broker);
    CHECK(broker_start_again(broker));
    for (int i = 0; i < 2; i++) {
        sb_process process;
        sb_error error;
        uint64_t from = GetTickCount64();
        CHECK_INT(fake_spawn(client, 0, 0, &process, &error), ERROR_BROKEN_PIPE);
        CHECK(GetTickCount64() - from < 3000);
    }
    sb_disconnect(client);
}

/* ---- many threads ---- */

enum { THREADS = 8, ROUNDS = 3 };

typedef struct worker {
    sb_client *client;
    volatile LONG *stop, *hold;
    volatile LONG good, bad;
    volatile LONG held; /* it waits while *hold is set */
} worker;

static DWORD WINAPI launch_on(void *context) {
    worker *w = context;
    while (!*w->stop) {
        InterlockedExchange(&w->held, *w->hold);
        if (w->held) Sleep(5);
        if (w->held) continue;
        wchar_t line[1024];
        sb_process process;
        sb_error error;
        DWORD code = 0;
        sb_spawn_options options = helper_options(L"exit:5", line, 1024);
        options.timeout_ms = TEST_DEADLINE_MS;
        options.lifetime = SB_LIFETIME_DETACHED;
        DWORD err = sb_spawn(w->client, &options, &process, &error);
        if (err) InterlockedIncrement(&w->bad), printf("  error %lu: %ls\n", err, error.message);
        if (err) continue;
        WaitForSingleObject(process.process, TEST_DEADLINE_MS);
        GetExitCodeProcess(process.process, &code);
        if (code == 5) InterlockedIncrement(&w->good);
        else InterlockedIncrement(&w->bad), printf("  exit code %lu\n", code);
        sb_process_close(&process);
    }
    return 0;
}

static LONG total_good(const worker *workers) {
    LONG good = 0;
    for (int i = 0; i < THREADS; i++) good += workers[i].good;
    return good;
}

static bool all_held(void *context) {
    const worker *workers = context;
    bool all = true;
    for (int i = 0; i < THREADS; i++) all = all && workers[i].held;
    return all;
}

typedef struct progress {
    const worker *workers;
    LONG from;
} progress;

static bool goes_forward(void *context) {
    const progress *p = context;
    return total_good(p->workers) >= p->from + THREADS;
}

/* Counts the launches on record that have this in their command line. */
static LONG on_record(sb_client *client, const wchar_t *part, const wchar_t *outcome) {
    sb_query_options options = {
        .size = sizeof options, .grep = part, .outcome = outcome, .oldest_first = TRUE, .limit = 100};
    LONG count = 0;
    BOOL more = TRUE;
    while (more) {
        sb_launches *page = NULL;
        if (!CHECK_INT(sb_query(client, &options, &page, NULL), ERROR_SUCCESS)) return -1;
        count += (LONG)page->count;
        more = page->more;
        options.after = page->next;
        sb_launches_free(page);
    }
    return count;
}

static void many_threads(test_broker *broker, sb_client *client) {
    worker workers[THREADS];
    HANDLE threads[THREADS];
    volatile LONG stop = 0, hold = 0;
    msg_status status;

    check_about("threads launch while the broker is killed, stopped and started");
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.client = client, .stop = &stop, .hold = &hold};
        threads[i] = CreateThread(NULL, 0, launch_on, &workers[i], 0, NULL);
    }
    for (int round = 0; round < ROUNDS; round++) {
        progress p = {workers, total_good(workers)};
        CHECK(poll_until(goes_forward, &p, TEST_DEADLINE_MS));
        /* QUIRK wine 8: of a process that is killed while it creates another, a Unix process may be left,
         * which never runs and holds this test's output open. CURE: kill the broker between launches.
         * test_client_keys loses connections in launches. */
        bool killed = round % 2 == 0;
        InterlockedExchange(&hold, killed);
        CHECK(!killed || poll_until(all_held, workers, TEST_DEADLINE_MS));
        end_broker(broker, killed);
        InterlockedExchange(&hold, 0);
        if (!CHECK(broker_start_again(broker))) break;
        p.from = total_good(workers);
        CHECK(poll_until(goes_forward, &p, TEST_DEADLINE_MS));
        /* One connection serves all the threads; the other is that of this question. */
        if (CHECK(raw_status(broker->pipe, &status))) CHECK_INT(status.connections, 2);
    }

    InterlockedExchange(&stop, 1);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(workers[i].bad, 0);
        CloseHandle(threads[i]);
    }
    printf("  %ld launches\n", total_good(workers));
    /* A broker that is killed just after its reply has not always written the outcome. */
    LONG started = on_record(client, L"exit:5", L"started");
    LONG interrupted = on_record(client, L"exit:5", L"interrupted");
    CHECK_INT(started + interrupted, total_good(workers));
}

/* ---- a server that is not the broker ---- */

/* After the broker has ended, another program takes the name. The client sends it nothing. */
static void untrusted(test_broker *broker, sb_client *client) {
    static fake squatter;
    check_about("another program serves the pipe");
    broker_kill(broker);
    wcscpy(squatter.name, broker->pipe);
    fake_start(&squatter, "O:WDD:(A;;GA;;;WD)", 3);
    uint64_t from = GetTickCount64();
    refused(client, TEST_DEADLINE_MS, ERROR_INVALID_OWNER, SB_STAGE_VERIFY);
    refused(client, TEST_DEADLINE_MS, ERROR_INVALID_OWNER, SB_STAGE_VERIFY);
    CHECK(GetTickCount64() - from < TEST_DEADLINE_MS / 2);
    CHECK_INT(squatter.bytes, 0);
}

/* ---- a broker that is stopping ---- */

enum { REFUSALS = 3 };
static volatile LONG launches; /* that the fake has seen */

/* Refuses the first launches as a broker that is stopping does, and hangs up on the next one. */
static bool stopping(fake *f, HANDLE pipe, const msg_request *request) {
    size_t length;
    fault no;
    (void)f;
    LONG number = InterlockedIncrement(&launches);
    if (number > REFUSALS)
        return fake_launched(pipe, request, 4, CreateEventW(NULL, TRUE, FALSE, NULL),
                             CreateEventW(NULL, TRUE, FALSE, NULL), NULL);
    fault_set(&no, FAULT_SHUTTING_DOWN, STAGE_RECEIVE, ERROR_SHUTDOWN_IN_PROGRESS, "stopping");
    char *frame = msg_encode_fault(&request->id, &no, NULL, &length);
    return fake_reply(pipe, frame, length) && number % 2;
}

static void refused_first(void) {
    static fake f = {.serve = stopping};
    const sb_connect_options once = {.size = sizeof once, .pipe_name = f.name, .no_reconnect = TRUE};
    sb_client *client = NULL;
    sb_process process = {0};

    check_about("launches that a stopping broker refuses are sent again");
    fake_start(&f, NULL, 4);
    if (!CHECK_INT(fake_connect(&f, TEST_DEADLINE_MS, &client, NULL), ERROR_SUCCESS)) return;
    CHECK_INT(fake_spawn(client, 0, TEST_DEADLINE_MS, &process, NULL), ERROR_SUCCESS);
    CHECK_INT(launches, REFUSALS + 1);
    sb_process_close(&process);
    sb_disconnect(client);

    check_about("but not with no_reconnect");
    InterlockedExchange(&launches, 0);
    if (!CHECK_INT(sb_connect(&once, &client, NULL), ERROR_SUCCESS)) return;
    refused(client, TEST_DEADLINE_MS, ERROR_SHUTDOWN_IN_PROGRESS, SB_STAGE_RECEIVE);
    CHECK_INT(launches, 1);
    sb_disconnect(client);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    test_broker broker;
    if (!broker_start(&broker, NULL)) return 1;
    sb_client *client = broker_connect(broker.pipe);
    if (!client) return 1;

    launch_once(client);
    goes_on(&broker, client, true);
    goes_on(&broker, client, false);
    no_broker(&broker, client);
    turned_off(&broker);
    many_threads(&broker, client);
    refused_first();
    untrusted(&broker, client);

    sb_disconnect(client);
    directory_remove(broker.data);
    return check_report();
}
