/* Requests whose replies come out of order, are nonsense, or never come. */
#include "tests/client/fake.h"

#include "tests/support/check.h"

#include <stdlib.h>
#include <wchar.h>

enum { THREADS = 16, CALLS = 200 };

/* ---- answers out of order ---- */

static volatile LONG answered_early; /* replies that overtook an earlier request */

static bool answer(HANDLE pipe, const msg_request *request) {
    HANDLE process = CreateEventW(NULL, FALSE, FALSE, NULL), thread = CreateEventW(NULL, FALSE, FALSE, NULL);
    return fake_launched(pipe, request, request->u.spawn.timeout_ms, process, thread, NULL);
}

/* Keeps the requests that arrive. When no more are there, replies in a random order. */
static bool shuffle(fake *f, HANDLE pipe, const msg_request *request) {
    static msg_request kept[LIMIT_IN_FLIGHT];
    static size_t count;
    DWORD available = 0;
    (void)f;
    if (count == LIMIT_IN_FLIGHT) return false;
    kept[count] = (msg_request){.id = request->id, .u = request->u};
    count++;
    if (PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL) && available && count < THREADS / 2) return true;
    while (count) {
        size_t i = (size_t)rand() % count;
        if (i) InterlockedIncrement(&answered_early);
        if (!answer(pipe, &kept[i])) return false;
        memmove(kept + i, kept + i + 1, (count - i - 1) * sizeof *kept);
        count--;
    }
    return true;
}

typedef struct caller {
    sb_client *client;
    int number;
    int wrong;
} caller;

static DWORD WINAPI call_many(void *context) {
    caller *c = context;
    for (int i = 0; i < CALLS; i++) {
        sb_process process = {0};
        DWORD token =
            1000000 + (DWORD)(c->number * CALLS + i); /* a timeout that is never reached names the call */
        if (fake_spawn(c->client, 0, token, &process, NULL) || process.process_id != token) c->wrong++;
        sb_process_close(&process);
    }
    return 0;
}

static void pipelined(void) {
    static fake f = {.serve = shuffle};
    caller callers[THREADS];
    HANDLE threads[THREADS];
    sb_client *client = NULL;

    check_case("%d threads with %d calls each", THREADS, CALLS);
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, 20000, &client, NULL), ERROR_SUCCESS)) return;
    size_t before = fake_handle_count();
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (caller){.client = client, .number = i};
        threads[i] = CreateThread(NULL, 0, call_many, &callers[i], 0, NULL);
    }

    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(callers[i].wrong, 0);
        CloseHandle(threads[i]);
    }

    CHECK(answered_early > CALLS);
    CHECK(fake_handle_count() <= before + 3); /* as many more as the fake has threads */
    sb_disconnect(client);
}

/* ---- more callers than may be in flight ---- */

static volatile LONG in_flight_over;

static bool count_in_flight(fake *f, HANDLE pipe, const msg_request *request) {
    static msg_request kept[LIMIT_IN_FLIGHT + 1];
    static size_t count;
    DWORD available = 0;
    kept[count++] = (msg_request){.id = request->id, .u = request->u};
    if (count > LIMIT_IN_FLIGHT) InterlockedIncrement(&in_flight_over);
    if (count < LIMIT_IN_FLIGHT && f->served <= 2 * LIMIT_IN_FLIGHT + 1)
        return true; /* hello counts, twice */
    Sleep(50);
    if (PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL) && available)
        InterlockedIncrement(&in_flight_over);
    while (count)
        if (!answer(pipe, &kept[--count])) return false;
    return true;
}

static DWORD WINAPI call_once(void *context) {
    sb_process process = {0};
    sb_client *client = context;
    DWORD err = fake_spawn(client, 0, 20000, &process, NULL);
    sb_process_close(&process);
    return err;
}

static void too_many(void) {
    static fake f = {.serve = count_in_flight};
    HANDLE threads[2 * LIMIT_IN_FLIGHT];
    sb_client *client = NULL;
    check_case("%d callers on a connection that takes %d", 2 * LIMIT_IN_FLIGHT, LIMIT_IN_FLIGHT);
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, 20000, &client, NULL), ERROR_SUCCESS)) return;
    for (int i = 0; i < 2 * LIMIT_IN_FLIGHT; i++)
        threads[i] = CreateThread(NULL, 0, call_once, client, 0, NULL);
    for (int i = 0; i < 2 * LIMIT_IN_FLIGHT; i++) {
        DWORD code = 1;
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &code);
        CHECK_INT(code, ERROR_SUCCESS);
        CloseHandle(threads[i]);
    }
    CHECK_INT(in_flight_over, 0);
    sb_disconnect(client);
}

/* ---- the connection ends ---- */

static bool hang_up_at_eight(fake *f, HANDLE pipe, const msg_request *request) {
    (void)pipe, (void)request;
    return f->served < 10; /* hello counts, twice */
}

static void lost(void) {
    static fake f = {.serve = hang_up_at_eight, .no_reconnect = TRUE};
    HANDLE threads[8];
    sb_client *client = NULL;
    sb_process process;
    sb_error error;

    check_case("the broker hangs up on eight callers");
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, 20000, &client, NULL), ERROR_SUCCESS)) return;
    for (int i = 0; i < 8; i++) threads[i] = CreateThread(NULL, 0, call_once, client, 0, NULL);

    for (int i = 0; i < 8; i++) {
        DWORD code = 0;
        WaitForSingleObject(threads[i], INFINITE);
        GetExitCodeThread(threads[i], &code);
        CHECK_INT(code, ERROR_BROKEN_PIPE);
        CloseHandle(threads[i]);
    }

    CHECK_INT(fake_spawn(client, 0, 0, &process, &error), ERROR_BROKEN_PIPE);
    CHECK(error.message[0]);
    sb_disconnect(client);
}

static bool garbage(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f, (void)request;
    return fake_write(pipe, "\x03\0\0\0[1]", 7);
}

static volatile LONG saw_end; /* of the client's end of the pipe */

static bool garbage_until_end(fake *f, HANDLE pipe, const msg_request *request) {
    char byte;
    DWORD got;
    (void)f, (void)request;
    if (!fake_write(pipe, "\x03\0\0\0[1]", 7)) return false;
    if (!ReadFile(pipe, &byte, 1, &got, NULL)) InterlockedExchange(&saw_end, 1);
    return false;
}

static void closes_at_once(void) {
    static fake f = {.serve = garbage_until_end, .no_reconnect = TRUE};
    sb_client *client = NULL;
    sb_process process;
    check_case("a client closes a useless connection at once, not only in sb_disconnect");
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, 20000, &client, NULL), ERROR_SUCCESS)) return;
    CHECK(fake_spawn(client, 0, 20000, &process, NULL) != ERROR_SUCCESS);
    for (int i = 0; i < 100 && !saw_end; i++) Sleep(50);
    CHECK_INT(saw_end, 1);
    CHECK(fake_spawn(client, 0, 0, &process, NULL) != ERROR_SUCCESS);
    sb_disconnect(client);
}

static bool unknown_id(fake *f, HANDLE pipe, const msg_request *request) {
    msg_request other = *request;
    (void)f;
    other.id.number += 1000;
    return answer(pipe, &other) && answer(pipe, request);
}

static void nonsense(void) {
    static fake bad = {.serve = garbage, .no_reconnect = TRUE}, other = {.serve = unknown_id};
    sb_client *client = NULL;
    sb_process process = {0};
    check_case("garbage in reply to a launch");
    fake_start(&bad, NULL, 3);
    CHECK_INT(fake_connect(&bad, 20000, &client, NULL), ERROR_SUCCESS);
    CHECK(fake_spawn(client, 0, 5000, &process, NULL) != ERROR_SUCCESS);
    CHECK(fake_spawn(client, 0, 5000, &process, NULL) != ERROR_SUCCESS);
    sb_disconnect(client);
    check_case("a reply without a request is skipped");
    fake_start(&other, NULL, 3);
    CHECK_INT(fake_connect(&other, 20000, &client, NULL), ERROR_SUCCESS);
    CHECK_INT(fake_spawn(client, 0, 5000, &process, NULL), ERROR_SUCCESS);
    sb_process_close(&process);
    sb_disconnect(client);
}

int main(void) {
    pipelined();
    too_many();
    lost();
    closes_at_once();
    nonsense();
    return check_report();
}
