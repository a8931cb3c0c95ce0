/* The handles of a child are attested, and the broker holds no handle that a child could inherit. */
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "service/win32/nt.h"
#include "tests/support/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LINE = 1024, THREADS = 16, ROUNDS = 2 };

/* A launch of the helper with one named event: its result, and what the child wrote. */
typedef struct attempt {
    DWORD err;
    sb_error error;
    sb_process process;
    char output[512];
    bool ended; /* the writing end of its output is closed everywhere */
} attempt;

static void launch(sb_client *client, const wchar_t *actions, attempt *ret) {
    wchar_t line[LINE];
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL), reading, writing;
    const sb_handle handle = {.name = L"event", .handle = event};
    sb_spawn_options options = helper_options(actions, line, LINE);
    *ret = (attempt){.err = ERROR_GEN_FAILURE};
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    options.handles = &handle;
    options.handle_count = 1;
    options.std_output = writing;
    ret->err = sb_spawn(client, &options, &ret->process, &ret->error);
    CloseHandle(writing);
    ret->ended = read_to_end(reading, ret->output, sizeof ret->output, TEST_DEADLINE_MS);
    CloseHandle(reading);
    CloseHandle(event);
    if (!ret->err) sb_process_close(&ret->process);
}

static void good(sb_client *client) {
    attempt a;
    launch(client, L"handles", &a);
    CHECK_INT(a.err, ERROR_SUCCESS);
    CHECK(a.ended);
    CHECK_HAS(a.output, "Event 1f0003\n");
    CHECK(!strstr(strstr(a.output, "Event") ? strstr(a.output, "Event") + 1 : "", "Event"));
}

/* Whether the broker's newest record has this outcome. */
static void recorded(const test_broker *broker, const char *outcome, int attested) {
    raw_audit audit;
    if (CHECK(raw_audit_read(broker->pipe, 0, 1, &audit)) && CHECK_INT(audit.count, 1)) {
        const msg_launch *row = &audit.rows[0];
        CHECK_TEXT(row->outcome, outcome);
        CHECK(row->has_attested);
        CHECK_INT(row->attested, attested);
        if (!attested) {
            CHECK_TEXT(row->stage, "attest");
            CHECK_INT(row->error_code, ERROR_INVALID_HANDLE);
            CHECK(row->has_child_pid && !row->has_started_at);
        }
    }
    raw_audit_free(&audit);
}

typedef struct handles_wait {
    HANDLE process;
    DWORD process_id;
    size_t most;
    size_t (*count)(HANDLE process, DWORD process_id);
    size_t last;
} handles_wait;

static bool few_enough(void *context) {
    handles_wait *w = context;
    w->last = w->count(w->process, w->process_id);
    return w->last <= w->most;
}

/* Waits: the broker's threads close their handles a moment after the reply. */
static void holds_at_most(HANDLE process, DWORD process_id, size_t most, size_t (*count)(HANDLE, DWORD)) {
    handles_wait w = {process, process_id, most, count, 0};
    if (!CHECK(poll_until(few_enough, &w, TEST_DEADLINE_MS)))
        printf("got %zu handles, wanted at most %zu\n", w.last, most);
}

/* A broker that gives a child a wrong list: the child must not run. */
static void refused(const test_broker *broker, sb_client *client, const wchar_t *actions, const char *words) {
    attempt a;
    char message[600];
    msg_status status = {0};

    good(client);
    size_t before = handle_count(broker->process, broker->process_id),
           own_before = handle_count(GetCurrentProcess(), GetCurrentProcessId());

    for (int i = 0; i < 8; i++) {
        launch(client, actions, &a);
        CHECK_INT(a.err, ERROR_INVALID_HANDLE);
        CHECK_INT(a.error.stage, SB_STAGE_ATTEST);
        snprintf(message, sizeof message, "%ls", a.error.message);
        CHECK_HAS(message, words);
        CHECK(!a.process.process && !a.process.thread);
        CHECK(a.ended); /* the child has ended, and its end of the pipe is closed */
        CHECK_TEXT(a.output, "");
        recorded(broker, "failed", 0);
    }

    CHECK(raw_status(broker->pipe, &status));
    CHECK_INT(status.children, 0);
    holds_at_most(broker->process, broker->process_id, before + 4, handle_count);
    holds_at_most(GetCurrentProcess(), GetCurrentProcessId(), own_before + 4, handle_count);
    good(client);
    recorded(broker, "started", 1);
}

static void faulty_broker(void) {
    test_broker broker;
    check_about("a broker that is made to get it wrong");
    if (!CHECK(broker_start_program(&broker, L"spawnbroker_faulty.exe", NULL))) return;
    sb_client *client = broker_connect(broker.pipe);
    if (CHECK(client != NULL)) {
        check_about("a handle too many: the child never runs, and it is on record");
        refused(&broker, client, L"echo:ran echo:fault-plant", "was not requested");
        check_about("a handle too few");
        refused(&broker, client, L"echo:ran echo:fault-drop", "2 of 3");
        check_about("one too few and another too many");
        refused(&broker, client, L"echo:ran echo:fault-drop echo:fault-plant", "was not requested");
        check_about("after the refusals nothing is inheritable");
        holds_at_most(broker.process, broker.process_id, 0, inheritable_count);
    }
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

/* Code of the same user plants an inheritable handle in the broker: because of the list, no child inherits
 * it. */
static void planted(const test_broker *broker, sb_client *client) {
    attempt a;
    HANDLE there = NULL, back, mutex = CreateMutexW(NULL, FALSE, NULL);
    HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, broker->process_id);
    if (CHECK(process &&
              DuplicateHandle(GetCurrentProcess(), mutex, process, &there, 0, TRUE, DUPLICATE_SAME_ACCESS))) {
        CHECK_INT(inheritable_count(broker->process, broker->process_id), 1);
        good(client);
        recorded(broker, "started", 1);
        launch(client, L"handles", &a);
        CHECK_INT(a.err, ERROR_SUCCESS);
        CHECK(!strstr(a.output, "Mutant"));
        if (CHECK(DuplicateHandle(process, there, GetCurrentProcess(), &back, 0, FALSE,
                                  DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE)))
            CloseHandle(back);
    }
    if (process) CloseHandle(process);
    CloseHandle(mutex);
}

static DWORD WINAPI burst_of_one(void *context) {
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    const sb_handle handle = {.name = L"event", .handle = event};
    for (int i = 0; i < ROUNDS; i++) {
        child_result result;
        helper_run(context, L"signal:event", &handle, 1, &result);
        CHECK_INT(result.err, ERROR_SUCCESS);
    }
    CloseHandle(event);
    return 0;
}

/* Without a broker: this program has the same faults. */
static void faulty_local(void) {
    static const struct {
        const wchar_t *actions;
        const char *words;
    } cases[] = {{L"echo:ran echo:fault-plant", "was not requested"},
                 {L"echo:ran echo:fault-drop", "2 of 3"},
                 {L"echo:ran echo:fault-drop echo:fault-plant", "was not requested"}};
    const sb_connect_options options = {.size = sizeof options, .mode = SB_MODE_LOCAL};
    sb_client *client = NULL;
    attempt a;
    char message[600];
    if (!CHECK_INT(sb_connect(&options, &client, NULL), ERROR_SUCCESS)) return;

    check_about("without a broker, the same");
    good(client);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        launch(client, cases[i].actions, &a);
        CHECK_INT(a.err, ERROR_INVALID_HANDLE);
        CHECK_INT(a.error.stage, SB_STAGE_ATTEST);
        snprintf(message, sizeof message, "%ls", a.error.message);
        CHECK_HAS(message, cases[i].words);
        CHECK(a.ended);
        CHECK_TEXT(a.output, "");
    }
    good(client);
    sb_disconnect(client);
}

/* The broker is started with inherited standard handles, which it could pass on. */
static void idle_broker(void) {
    test_broker broker;
    HANDLE threads[THREADS];
    child_result result;

    check_about("a broker that was started with inheritable handles holds none");
    if (!CHECK(broker_start(&broker, NULL))) return;
    CHECK_INT(inheritable_count(broker.process, broker.process_id), 0);

    sb_client *client = broker_connect(broker.pipe);
    if (CHECK(client != NULL)) {
        check_about("an inheritable handle that is planted in the broker stays there");
        planted(&broker, client);
        check_about("after a burst of launches nothing is inheritable");
        for (int i = 0; i < THREADS; i++) threads[i] = CreateThread(NULL, 0, burst_of_one, client, 0, NULL);
        WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
        for (int i = 0; i < THREADS; i++) CloseHandle(threads[i]);
        holds_at_most(broker.process, broker.process_id, 0, inheritable_count);
        check_about("nor after one that is refused half-way");
        HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
        const sb_handle handles[] = {{.name = L"good", .handle = event},
                                     {.name = L"bad", .handle = (HANDLE)(ULONG_PTR)0x7654}};
        helper_run(client, L"exit:0", handles, 2, &result);
        CHECK_INT(result.err, ERROR_INVALID_HANDLE);
        CHECK_INT(result.error.stage, SB_STAGE_ADOPT);
        CloseHandle(event);
        holds_at_most(broker.process, broker.process_id, 0, inheritable_count);
    }
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    idle_broker();
    faulty_broker();
    faulty_local();
    return check_report();
}
