/* Stops the broker in every way while it is busy: clients launch without a pause, others query the audit, one
 * has sent half a frame, and in some rounds another program locks the database. Each launch has its child and
 * a true record, or an error. No child is left suspended; children end or continue as their lifetime says.
 * The stop takes limited time and reports progress. The next broker finds no launch undecided. --rounds N. */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/service/managed.h"
#include "tests/support/raw.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    THREADS = 4,
    LAUNCHES_MOST = 300,
    PIPE_BYTES = 1024 * 1024,
    LOCK_MS = 3000, /* longer than a step of the stop, and than the writer waits */
    STOP_MOST_MS = 45000,
    LIFETIMES = SB_LIFETIME_DETACHED + 1
};

typedef enum way { BY_MANAGER, BY_PRESHUTDOWN, BY_CONTROL_C, BY_BREAK, BY_END_OF_INPUT, WAYS } way;
static const char *const way_names[WAYS] = {"a stop of the service manager", "a pre-shutdown", "Ctrl+C",
                                            "Ctrl+Break", "the end of its input"};

typedef struct launched_one {
    char token[32];
    DWORD err;
    sb_error error;
    sb_lifetime lifetime;
    HANDLE process;
} launched_one;

typedef struct round {
    int number;
    way by;
    bool locked;
    test_broker broker;
    sb_client *client;
    HANDLE said;
    volatile LONG stop_asking;
    launched_one launches[THREADS][LAUNCHES_MOST];
    int counts[THREADS];
} round;

typedef struct worker {
    round *r;
    int thread;
} worker;

static struct {
    int rounds, started, told, cut, ran, queries;
    DWORD longest_ms;
    int most_steps;
} tally;

static sb_spawn_options options_of(round *r, launched_one *one, sb_handle *said, wchar_t *line,
                                   const char *then) {
    wchar_t actions[128];
    swprintf(actions, 128, L"write:said:<%hs>%hs", one->token, then);
    sb_spawn_options options = helper_options(actions, line, 1024);
    *said = (sb_handle){.name = L"said", .handle = r->said};
    options.handles = said;
    options.handle_count = 1;
    options.lifetime = one->lifetime;
    return options;
}

static void launch(round *r, launched_one *one, const char *then) {
    wchar_t line[1024];
    sb_handle said;
    sb_process process = {0};
    sb_spawn_options options = options_of(r, one, &said, line, then);
    one->err = sb_spawn(r->client, &options, &process, &one->error);
    one->process = process.process;
    if (process.thread) CloseHandle(process.thread);
}

static unsigned __stdcall launch_on(void *context) {
    worker *w = context;
    round *r = w->r;
    for (int i = 0; i < LAUNCHES_MOST; i++) {
        launched_one *one = &r->launches[w->thread][i];
        one->lifetime = (sb_lifetime)(i % LIFETIMES);
        snprintf(one->token, sizeof one->token, "r%dt%dn%d", r->number, w->thread, i);
        r->counts[w->thread] = i + 1;
        launch(r, one, "");
        if (one->err) break;
    }
    return 0;
}

/* Queries pages of the audit one after another, as a client that follows it does. */
static unsigned __stdcall ask_on(void *context) {
    round *r = context;
    raw_client client;
    size_t length;
    msg_reply reply;

    if (!raw_open(&client, r->broker.pipe)) return 0;
    const msg_query query = {.limit = 50};
    bool goes_on = raw_hello(&client);
    while (goes_on && !r->stop_asking) {
        char *frame = msg_encode_query(client.next_id++, &query, &length);
        goes_on = raw_send_frame(&client, frame, length) &&
                  raw_receive(&client, TEST_DEADLINE_MS, &reply) == RAW_REPLY;
        if (!goes_on) break;
        goes_on = reply.fault.kind == FAULT_NONE;
        tally.queries += goes_on;
        msg_reply_free(&reply);
    }
    raw_close(&client);
    return 0;
}

/* Says hello, and then sends half a frame. */
static bool stall(round *r, raw_client *ret) {
    unsigned char header[FRAME_HEADER_BYTES];
    frame_header(header, 1000);
    return raw_open(ret, r->broker.pipe) && raw_hello(ret) && raw_send(ret, header, sizeof header) &&
           raw_send(ret, "{\"jsonrpc\"", 10);
}

/* ---- stopping ---- */

static void ask_to_stop(round *r) {
    DWORD put;
    const char letter = r->by == BY_PRESHUTDOWN ? MANAGED_PRESHUTDOWN : MANAGED_STOP;
    static const char changes[] = {MANAGED_LOGON, MANAGED_LOCK, MANAGED_LOGOFF};
    switch (r->by) {
    case BY_BREAK:
        if (GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0)) break;
        CHECK(on_wine()); /* QUIRK wine 8: it sends no Ctrl+Break; the broker takes it as it takes Ctrl+C */
        CHECK(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0));
        break;
    case BY_CONTROL_C: CHECK(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)); break;
    case BY_MANAGER:
    case BY_PRESHUTDOWN:
        CHECK(WriteFile(r->broker.input, changes, sizeof changes, &put, NULL));
        CHECK(WriteFile(r->broker.input, &letter, 1, &put, NULL));
        break;
    default: CloseHandle(r->broker.input); r->broker.input = NULL;
    }
}

static void wait_stopped(round *r, db *held) {
    uint64_t begun = GetTickCount64();
    ask_to_stop(r);
    if (held) {
        WaitForSingleObject(r->broker.process, LOCK_MS);
        db_run(held, "unlocking", "ROLLBACK", NULL);
        db_close(&held);
    }
    CHECK_INT(WaitForSingleObject(r->broker.process, STOP_MOST_MS), WAIT_OBJECT_0);
    DWORD took = (DWORD)(GetTickCount64() - begun);
    if (took > tally.longest_ms) tally.longest_ms = took;
}

/* Checks what the service reported: that it is stopping, step by step, and that it has stopped. */
static void check_statuses(const round *r, const char *said) {
    char wanted[64];
    unsigned long last = 0, step, hint;
    const char *stopping = strstr(said, "status 3 ");

    for (const char *at = stopping; at; at = strstr(at + 1, "status 3 ")) {
        if (!CHECK(sscanf(at, "status 3 step %lu hint %lu", &step, &hint) == 2)) return;
        CHECK_INT(step, last + 1);
        CHECK(hint > 0);
        last = step;
    }

    CHECK(last > (r->locked ? 1u : 0u));
    if ((int)last > tally.most_steps) tally.most_steps = (int)last;
    snprintf(wanted, sizeof wanted, "control %c: 0",
             r->by == BY_PRESHUTDOWN ? MANAGED_PRESHUTDOWN : MANAGED_STOP);
    CHECK_HAS(said, wanted);
    CHECK_HAS(said, "control i: 0");
    CHECK_HAS(said, "control k: 0");
    CHECK_HAS(said, "control o: 0");
    CHECK_HAS(said, "status 1 step 0 hint 0 accepts 0 exit 0");
    CHECK(stopping && !strstr(stopping, "status 4 "));
}

/* ---- what came of it ---- */

static void check_one(const char *database, const launched_one *one, const char *said) {
    char sql[256], outcome[AUDIT_TEXT_BYTES], spoken[40];
    snprintf(sql, sizeof sql, "SELECT outcome FROM launches WHERE command_line LIKE '%%<%s>%%'", one->token);
    audit_text(database, sql, outcome);
    snprintf(spoken, sizeof spoken, "<%s>", one->token);
    bool ran = strstr(said, spoken) != NULL;
    tally.ran += ran;

    if (!one->err) {
        tally.started++;
        CHECK_TEXT(outcome, "started");
        if (one->lifetime != SB_LIFETIME_BROKER) CHECK(ran);
        return;
    }

    tally.told += one->err == ERROR_SHUTDOWN_IN_PROGRESS;
    tally.cut += one->err != ERROR_SHUTDOWN_IN_PROGRESS;
    bool fine = CHECK(one->error.stage != SB_STAGE_NONE && one->error.message[0]) & CHECK(!ran) &
                CHECK(!*outcome || !strcmp(outcome, "failed"));
    if (!fine)
        printf("    %s: error %lu, stage %d, %ls; on record as \"%s\"\n", one->token, one->err,
               (int)one->error.stage, one->error.message, outcome);
}

static void check_launches(round *r, const char *database, const char *said) {
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < r->counts[t]; i++) {
            launched_one *one = &r->launches[t][i];
            check_one(database, one, said);
            if (!one->process) continue;
            CHECK_INT(WaitForSingleObject(one->process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
            CloseHandle(one->process);
        }
    }
}

/* Checks the children that ran before the stop. */
static void check_lifetimes(launched_one sleepers[LIFETIMES]) {
    for (int i = 0; i < LIFETIMES; i++) {
        DWORD wait = i == SB_LIFETIME_BROKER ? TEST_DEADLINE_MS : 0;
        CHECK_INT(sleepers[i].err, ERROR_SUCCESS);
        if (!sleepers[i].process) continue;
        DWORD state = WaitForSingleObject(sleepers[i].process, wait);
        CHECK_INT(state, i == SB_LIFETIME_BROKER ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
        if (state != WAIT_OBJECT_0) TerminateProcess(sleepers[i].process, 1);
        CHECK_INT(WaitForSingleObject(sleepers[i].process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(sleepers[i].process);
    }
}

/* Checks the next broker: every launch is decided, and it launches. */
static void check_next(const wchar_t *data, const char *database) {
    char pending[AUDIT_TEXT_BYTES];
    test_broker next;
    child_result result;
    if (!CHECK(broker_start(&next, data))) return;
    audit_text(database, "SELECT count(*) FROM launches WHERE outcome IN ('pending', 'interrupted')",
               pending);
    CHECK_TEXT(pending, "0");
    sb_client *client = broker_connect(next.pipe);
    if (CHECK(client != NULL)) {
        helper_run(client, L"exit:5", NULL, 0, &result);
        CHECK_INT(result.err, ERROR_SUCCESS);
        CHECK_INT(result.exit_code, 5);
        sb_disconnect(client);
    }
    CHECK_INT(broker_stop_keep(&next), 0);
    CHECK_INT(audit_findings(database, data), 0);
}

static void play(round *r, const wchar_t *data, const char *database) {
    static char said[PIPE_BYTES], status[65536];
    HANDLE reader = NULL, threads[THREADS + 1];
    worker workers[THREADS];
    launched_one sleepers[LIFETIMES] = {0};
    raw_client stalled = {0};
    db *held = NULL;
    bool managed = r->by == BY_MANAGER || r->by == BY_PRESHUTDOWN;

    check_about(way_names[r->by]);
    if (!CHECK(broker_start_program(&r->broker, managed ? L"spawnbroker_managed.exe" : NULL, data))) return;
    CHECK(CreatePipe(&reader, &r->said, NULL, PIPE_BYTES));
    r->client = broker_connect_once(r->broker.pipe);
    CHECK(r->client && stall(r, &stalled));

    for (int i = 0; i < LIFETIMES; i++) {
        sleepers[i].lifetime = (sb_lifetime)i;
        snprintf(sleepers[i].token, sizeof sleepers[i].token, "r%ds%d", r->number, i);
        launch(r, &sleepers[i], " sleep:600000");
    }

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){r, i};
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, launch_on, &workers[i], 0, NULL);
    }

    threads[THREADS] = (HANDLE)_beginthreadex(NULL, 0, ask_on, r, 0, NULL);
    Sleep((DWORD)(rand() % 400));
    if (r->locked)
        CHECK(db_open(database, DB_FOR_WRITING, &held, NULL) &&
              db_run(held, "locking", "BEGIN IMMEDIATE", NULL));

    wait_stopped(r, held);
    InterlockedExchange(&r->stop_asking, 1);
    CHECK(WaitForMultipleObjects(THREADS + 1, threads, TRUE, STOP_MOST_MS) != WAIT_TIMEOUT);
    for (int i = 0; i <= THREADS; i++) CloseHandle(threads[i]);
    raw_close(&stalled);
    sb_disconnect(r->client);
    check_lifetimes(sleepers);
    CloseHandle(r->said);
    CHECK(read_to_end(reader, said, sizeof said, TEST_DEADLINE_MS)); /* no child is left, suspended or not */
    CloseHandle(reader);
    CHECK_INT(broker_stop_said(&r->broker, status, sizeof status), 0);
    if (managed) check_statuses(r, status);
    check_launches(r, database, said);
    check_next(data, database);
    tally.rounds++;
}

static BOOL WINAPI ignore(DWORD event) {
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

static bool own_console(void) {
    FreeConsole();
    return AllocConsole() && SetConsoleCtrlHandler(ignore, TRUE);
}

int wmain(int argc, wchar_t **argv) {
    int rounds = argc == 3 && !wcscmp(argv[1], L"--rounds") ? (int)wcstol(argv[2], NULL, 10) : WAYS;
    wchar_t data[MAX_PATH];
    char database[AUDIT_PATH_BYTES];
    unsigned seed = GetTickCount();

    srand(seed);
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("seed %u\n", seed);
    bool console = own_console(); /* for the test and its broker alone: Ctrl+C reaches everybody on it */
    if (!console) printf("no console (error %lu): Ctrl+C and Ctrl+Break not checked\n", GetLastError());
    if (!directory_make_data(data, L"shutdown")) return 2;
    audit_path(data, L"audit.db", database);

    for (int i = 0; i < rounds && check_failures() < 10; i++) {
        round *r = calloc(1, sizeof *r);
        if (!r) return 2;
        r->number = i;
        r->by = (way)(i % WAYS);
        if (!console && (r->by == BY_BREAK || r->by == BY_CONTROL_C)) r->by = BY_END_OF_INPUT;
        r->locked = i / WAYS % 2 ? r->by != BY_PRESHUTDOWN : r->by == BY_PRESHUTDOWN;
        play(r, data, database);
        free(r);
    }

    printf("%d stops while busy: %d launches had their child, %d children said so; %d were told that the "
           "broker stops, %d that the "
           "connection is no more; %d pages of the audit meanwhile; the longest stop took %lu ms; the "
           "service manager was told up "
           "to %d times that it goes on\n",
           tally.rounds, tally.started, tally.ran, tally.told, tally.cut, tally.queries, tally.longest_ms,
           tally.most_steps);
    CHECK(tally.started > 0 && tally.told + tally.cut > 0);
    directory_remove(data);

    return check_report();
}
