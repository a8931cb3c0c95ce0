/* Instances of the pipe: who may make the first one, and what a client reads before it is disconnected.
 *
 * Wine has no pipe that only clients hold. Here the imported functions stand in for Windows: while `held` is
 * set, the pipe exists with the security of `held`, but nobody serves it. */
#include <windows.h>

static HANDLE stand_in_create(const wchar_t *name, DWORD open, DWORD mode, DWORD most, DWORD out, DWORD in,
                              DWORD wait, SECURITY_ATTRIBUTES *security);

#define CreateNamedPipeW stand_in_create
#include "service/broker/pipe_instance.c"
#undef CreateNamedPipeW

#include "service/broker/own_security.h"
#include "service/broker/partings.h"
#include "tests/support/check.h"
#include "tests/support/harness.h"

#include <aclapi.h>
#include <stdio.h>

enum { PATIENCE_MS = 2000 };

static struct {
    SECURITY_ATTRIBUTES *security; /* NULL: the test only counts the calls that follow */
    DWORD most;                    /* 1: no further instance */
    int refusals;                  /* how many more times creating the first instance fails; -1: always */
    bool access;                   /* further instances are allowed */
    bool no_right;                 /* this process may make no pipe of the name */
    DWORD late_ms;                 /* how long making one takes */
} held;

static HANDLE stand_in_create(const wchar_t *name, DWORD open, DWORD mode, DWORD most, DWORD out, DWORD in,
                              DWORD wait, SECURITY_ATTRIBUTES *security) {
    const wchar_t *start = wcsstr(name, L".start"); /* the turn of those that start is no pipe of theirs */
    if (held.no_right) {
        SetLastError(ERROR_ACCESS_DENIED);
        return INVALID_HANDLE_VALUE;
    }
    if (held.security && held.refusals && !start) {
        DWORD err = ERROR_SUCCESS;
        if (!held.access) err = ERROR_ACCESS_DENIED;
        else if (held.most == 1) err = ERROR_PIPE_BUSY;
        else if (open & FILE_FLAG_FIRST_PIPE_INSTANCE) err = ERROR_ACCESS_DENIED;
        if (err && open & FILE_FLAG_FIRST_PIPE_INSTANCE && held.refusals > 0) held.refusals--;
        if (err) {
            SetLastError(err);
            return INVALID_HANDLE_VALUE;
        }
        security = held.security;
        Sleep(held.late_ms);
    }
    return CreateNamedPipeW(name, open, mode, most, out, in, wait, security);
}

static wchar_t name[64];
static pipe_security *own;

/* Returns whether an entry of the list lets everyone connect. */
static bool lets_everybody_connect(HANDLE pipe) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PACL list = NULL;
    bool found = false;
    if (!CHECK_INT(GetSecurityInfo(pipe, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL,
                                   &descriptor),
                   ERROR_SUCCESS))
        return false;
    for (DWORD i = 0; list && i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *ace;
        if (GetAce(list, i, (void **)&ace) && IsWellKnownSid(&ace->SidStart, WinWorldSid)) found = true;
    }
    LocalFree(descriptor);
    return found;
}

static DWORD first_of(const char *sddl, DWORD most, int refusals, bool access, bool *ret_everybody) {
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
    HANDLE pipe = NULL;
    if (!CHECK_INT(own_security_make(sddl, &security), ERROR_SUCCESS)) return ERROR_GEN_FAILURE;
    held.security = &security;
    held.most = most;
    held.refusals = refusals;
    held.access = access;
    DWORD err = pipe_instance_make_first(name, own, PATIENCE_MS, &pipe);
    held.security = NULL;
    if (!err && ret_everybody) *ret_everybody = lets_everybody_connect(pipe);
    pipe_instance_close(&pipe);
    LocalFree(security.lpSecurityDescriptor);
    return err;
}

/* Clients hold the pipe of a broker that has exited. */
static void held_by_clients(void) {
    bool everybody = true;
    check_case("of this broker, with another list of clients: taken over, and the list set again");
    CHECK_INT(
        first_of("O:%sD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)(A;;0x12019b;;;WD)", 255, -1, true, &everybody),
        ERROR_SUCCESS);
    CHECK(!everybody);

    check_case("others may make instances of it");
    CHECK_INT(first_of("O:%sD:P(A;;GA;;;%s)(A;;0x12019f;;;AU)", 255, -1, true, NULL), ERROR_INVALID_OWNER);
    check_case("others may change its list");
    CHECK_INT(first_of("O:%sD:P(A;;GA;;;%s)(A;;WD;;;AU)", 255, -1, true, NULL), ERROR_INVALID_OWNER);
    check_case("everyone has all rights");
    CHECK_INT(first_of("O:%sD:P(A;;GA;;;%s)(A;;GA;;;WD)", 255, -1, true, NULL), ERROR_INVALID_OWNER);
    check_case("another owner");
    CHECK_INT(first_of("O:LSD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;LS)", 255, -1, true, NULL),
              ERROR_INVALID_OWNER);
    check_case("no right to make an instance");
    CHECK_INT(first_of("O:%sD:P(A;;GA;;;%s)", 255, -1, false, NULL), ERROR_INVALID_OWNER);
    check_case("no room for an instance");
    CHECK_INT(first_of("O:%sD:P(A;;GA;;;%s)", 1, -1, true, NULL), ERROR_INVALID_OWNER);
    check_case("of another account, whose clients close their ends");
    CHECK_INT(first_of("O:%sD:P(A;;GA;;;%s)(A;;WD;;;AU)", 255, 5, true, NULL), ERROR_SUCCESS);
}

typedef struct starter {
    HANDLE go, pipe;
    DWORD err;
} starter;

static DWORD WINAPI start_one(void *context) {
    starter *s = context;
    WaitForSingleObject(s->go, TEST_DEADLINE_MS);
    s->err = pipe_instance_make_first(name, own, 2000, &s->pipe);
    return 0;
}

/* Brokers that start at once beside such a pipe: one serves it, and the others know. */
static void several_start(void) {
    enum { STARTERS = 4, ROUNDS = 3 };
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
    if (!CHECK_INT(
            own_security_make("O:%sD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)(A;;0x12019b;;;WD)", &security),
            ERROR_SUCCESS))
        return;
    held.security = &security;
    held.most = 255;
    held.refusals = -1;
    held.access = true;
    held.late_ms = 100;
    check_case("several brokers start at once");
    for (int round = 0; round < ROUNDS; round++) {
        starter all[STARTERS] = {{0}};
        HANDLE threads[STARTERS], go = CreateEventW(NULL, TRUE, FALSE, NULL);
        int serve = 0, know = 0;
        for (int i = 0; i < STARTERS; i++) {
            all[i].go = go;
            threads[i] = CreateThread(NULL, 0, start_one, &all[i], 0, NULL);
        }
        SetEvent(go);
        CHECK_INT(WaitForMultipleObjects(STARTERS, threads, TRUE, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        for (int i = 0; i < STARTERS; i++) {
            serve += !all[i].err;
            know += all[i].err == ERROR_ALREADY_EXISTS;
            pipe_instance_close(&all[i].pipe);
            CloseHandle(threads[i]);
        }
        CHECK_INT(serve, 1);
        CHECK_INT(know, STARTERS - 1);
        CloseHandle(go);
    }
    held.security = NULL;
    held.late_ms = 0;
    LocalFree(security.lpSecurityDescriptor);
}

static HANDLE connect_to(void) {
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

/* Only administrators may make pipes with some names. */
static void no_right(void) {
    HANDLE pipe = NULL;
    check_case("no right to the name");
    held.no_right = true;
    int64_t begun = ticks_us();
    CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, &pipe), ERROR_ACCESS_DENIED);
    CHECK(ticks_us() - begun < 3 * INT64_C(1000000)); /* at once */
    CHECK(pipe == NULL);
    held.no_right = false;
}

/* A process that keeps the turn keeps the broker from starting, but not for ever. */
static void turn_is_kept(void) {
    wchar_t turn[80];
    HANDLE pipe = NULL;
    check_case("another process keeps the turn");
    swprintf(turn, 80, L"%ls.start", name);
    HANDLE kept = CreateNamedPipeW(turn, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    CHECK(kept != INVALID_HANDLE_VALUE);
    CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, &pipe), ERROR_ALREADY_EXISTS);
    CloseHandle(kept);
    CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, &pipe), ERROR_SUCCESS);
    pipe_instance_close(&pipe);
}

/* A broker serves the pipe, with or without an instance that listens. */
static void served(void) {
    HANDLE first = NULL, second = NULL;
    check_case("served");
    if (!CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, &first), ERROR_SUCCESS)) return;
    CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, &second), ERROR_ALREADY_EXISTS);
    HANDLE client = connect_to();
    check_case("served, and busy");
    CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, &second), ERROR_ALREADY_EXISTS);
    CHECK(second == NULL);
    CloseHandle(client);
    pipe_instance_close(&first);
    check_case("no more");
    CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, &second), ERROR_SUCCESS);
    pipe_instance_close(&second);
}

/* Makes an instance with a client to which something was written. */
static bool written_to(HANDLE *ret_server, HANDLE *ret_client) {
    OVERLAPPED at = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD put = 0;
    if (!CHECK_INT(pipe_instance_make_first(name, own, PATIENCE_MS, ret_server), ERROR_SUCCESS)) return false;
    *ret_client = connect_to();
    bool good = CHECK(*ret_client != INVALID_HANDLE_VALUE) &&
                CHECK(WriteFile(*ret_server, "last", 4, NULL, &at) || GetLastError() == ERROR_IO_PENDING) &&
                CHECK(GetOverlappedResult(*ret_server, &at, &put, TRUE));
    CloseHandle(at.hEvent);
    return good;
}

static DWORD read_error(HANDLE client) {
    char byte;
    DWORD got;
    return ReadFile(client, &byte, 1, &got, NULL) ? ERROR_SUCCESS : GetLastError();
}

/* The client reads what was written, and then finds that it is disconnected. The pipe no longer exists. */
static void late_reader(void) {
    HANDLE server = NULL, client = NULL;
    partings *all = NULL;
    char text[8];
    DWORD got = 0;
    check_case("a client that reads late");
    if (!CHECK_INT(partings_create(&all), ERROR_SUCCESS)) return;
    if (written_to(&server, &client)) {
        partings_add(all, &server);
        CHECK(server == NULL);
        Sleep(200);
        CHECK(ReadFile(client, text, sizeof text, &got, NULL));
        CHECK_INT(got, 4);
        CHECK_INT(read_error(client), ERROR_PIPE_NOT_CONNECTED);
    }
    partings_destroy(&all);
    CloseHandle(client);
}

/* A client that never reads does not delay the end. */
static void no_reader(void) {
    HANDLE server = NULL, client = NULL;
    partings *all = NULL;
    check_case("a client that does not read");
    if (!CHECK_INT(partings_create(&all), ERROR_SUCCESS)) return;
    if (written_to(&server, &client)) {
        int64_t begun = ticks_us();
        partings_add(all, &server);
        partings_destroy(&all);
        CHECK(ticks_us() - begun < 10 * INT64_C(1000000));
        CHECK_INT(read_error(client), ERROR_PIPE_NOT_CONNECTED);
    }
    partings_destroy(&all);
    CloseHandle(client);

    check_case("a client that has disconnected");
    if (!CHECK_INT(partings_create(&all), ERROR_SUCCESS)) return;
    if (written_to(&server, &client)) {
        CloseHandle(client);
        CHECK(!pipe_instance_is_unread(server));
        partings_add(all, &server);
    }
    partings_destroy(&all);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    swprintf(name, 64, L"\\\\.\\pipe\\sb-instance-%lu", GetCurrentProcessId());
    if (!CHECK_INT(pipe_security_make(false, &own), ERROR_SUCCESS)) return check_report();
    held_by_clients();
    several_start();
    no_right();
    turn_is_kept();
    served();
    late_reader();
    no_reader();
    pipe_security_free(&own);
    return check_report();
}
