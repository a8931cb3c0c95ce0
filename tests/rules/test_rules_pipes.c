/* The rules of pipes: their names, who may open them, and file objects that serve one call at a time. */
#include "tests/rules/rule.h"
#include "tests/support/harness.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static wchar_t name[64];

/* A name that no other process has. */
static void next_name(void) {
    static int made;
    swprintf(name, 64, L"\\\\.\\pipe\\sb-rules-%lu-%d", GetCurrentProcessId(), ++made);
}

static HANDLE serve(DWORD flags, const wchar_t *access_list) {
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    if (access_list && !ConvertStringSecurityDescriptorToSecurityDescriptorW(
                           access_list, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
        return INVALID_HANDLE_VALUE;
    HANDLE pipe =
        CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | flags, PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 3,
                         4096, 4096, 0, access_list ? &attributes : NULL);
    DWORD err = GetLastError();
    if (attributes.lpSecurityDescriptor) LocalFree(attributes.lpSecurityDescriptor);
    SetLastError(err);
    return pipe;
}

static HANDLE connect_to(void) {
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

/* The error of a call that gives a file; what it gave is closed. */
static DWORD ended(HANDLE file) {
    if (file == INVALID_HANDLE_VALUE) return GetLastError();
    CloseHandle(file);
    return ERROR_SUCCESS;
}

/* ---- names ---- */

static DWORD first_again(void *context) {
    (void)context;
    return ended(serve(FILE_FLAG_FIRST_PIPE_INSTANCE, NULL));
}

static DWORD other_direction(void *context) {
    (void)context;
    return ended(CreateNamedPipeW(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 3, 4096, 4096, 0, NULL));
}

static DWORD open_it(void *context) {
    (void)context;
    return ended(connect_to());
}

static void names(void) {
    next_name();
    HANDLE server = serve(FILE_FLAG_FIRST_PIPE_INSTANCE, NULL);
    rule_try(RULES_PIPE_NAMES, "a first instance where there is one", first_again, NULL, ERROR_ACCESS_DENIED,
             0);
    rule_try(RULES_PIPE_NAMES, "an instance of another direction", other_direction, NULL, ERROR_ACCESS_DENIED,
             ERROR_ACCESS_DENIED);

    HANDLE client = connect_to();
    CHECK(client != INVALID_HANDLE_VALUE);
    CloseHandle(server);
    rule_try(RULES_PIPE_NAMES, "a first instance while a client holds the end of one whose server has gone",
             first_again, NULL, ERROR_ACCESS_DENIED, 0);
    check_about("nobody listens then");
    CHECK_INT(open_it(NULL), ERROR_FILE_NOT_FOUND);
    CHECK(!WaitNamedPipeW(name, 1));
    CHECK_INT(GetLastError(), ERROR_SEM_TIMEOUT);
    check_about("the name goes with the last end");
    CloseHandle(client);
    CHECK_INT(first_again(NULL), ERROR_SUCCESS);

    check_about("a client that is let go first holds no name");
    next_name();
    server = serve(FILE_FLAG_FIRST_PIPE_INSTANCE, NULL);
    client = connect_to();
    CHECK(DisconnectNamedPipe(server));
    CloseHandle(server);
    CHECK_INT(first_again(NULL), ERROR_SUCCESS);
    CloseHandle(client);
}

/* ---- a server that is killed ---- */

static HANDLE start_self(const wchar_t *role, const wchar_t *token, PROCESS_INFORMATION *ret) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 128];
    STARTUPINFOW start = {.cb = sizeof start};
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, MAX_PATH + 128, L"\"%ls\" %ls %ls", program, role, name);
    if (token) SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, token);
    BOOL ok = CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, ret);
    if (token) SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, NULL);
    return ok ? ret->hProcess : NULL;
}

static void killed(void) {
    PROCESS_INFORMATION server;
    HANDLE client = INVALID_HANDLE_VALUE;
    check_about("a server is killed while a client is connected: the name stays until the client closes");
    next_name();
    if (!CHECK(start_self(L"serve", NULL, &server) != NULL)) return;
    for (uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
         (client = connect_to()) == INVALID_HANDLE_VALUE && !deadline_passed(deadline);)
        Sleep(10);
    CHECK(client != INVALID_HANDLE_VALUE);
    TerminateProcess(server.hProcess, 0);
    WaitForSingleObject(server.hProcess, TEST_DEADLINE_MS);
    CloseHandle(server.hThread);
    CloseHandle(server.hProcess);
    CHECK_INT(first_again(NULL), ERROR_ACCESS_DENIED);
    CloseHandle(client);
    CHECK_INT(first_again(NULL), ERROR_SUCCESS);
}

/* ---- access ---- */

typedef struct opened {
    const wchar_t *token, *role; /* role: open, or join, which makes an instance */
} opened;

static DWORD by_another(void *context) {
    const opened *o = context;
    PROCESS_INFORMATION made;
    DWORD code = 99;
    if (!start_self(o->role, o->token, &made)) return GetLastError();
    if (WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS)) TerminateProcess(made.hProcess, 98);
    GetExitCodeProcess(made.hProcess, &code);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return code;
}

static void try_access(const wchar_t *access_list, const wchar_t *role, const wchar_t *token, DWORD windows) {
    char what[256];
    opened o = {token, role};
    snprintf(what, sizeof what, "%ls by %ls, %ls", role, token, access_list);
    check_about(what);
    for (int alone = 0; alone < 2; alone++) { /* Wine alone lets everybody in */
        next_name();
        HANDLE server = serve(0, access_list);
        CHECK(server != INVALID_HANDLE_VALUE);
        if (alone) SetEnvironmentVariableW(RULES_VARIABLE, L"0");
        CHECK_INT(by_another(&o), alone ? ERROR_SUCCESS : windows);
        SetEnvironmentVariableW(RULES_VARIABLE, NULL);
        CloseHandle(server);
    }
}

static void access_lists(void) {
    static const wchar_t all[] = L"D:(A;;FA;;;WD)", no_network[] = L"D:(D;;FA;;;NU)(A;;FA;;;WD)",
                         low[] = L"D:(A;;FA;;;WD)S:(ML;;NW;;;LW)",
                         containers[] = L"D:(A;;FA;;;WD)(A;;FA;;;AC)S:(ML;;NW;;;LW)",
                         restricted[] = L"D:(A;;FA;;;WD)(A;;FA;;;RC)", admins[] = L"O:BAD:(A;;FA;;;BA)",
                         clients[] = L"O:BAD:(A;;FA;;;BA)(A;;0x12019b;;;WD)";
    /* Only the layer has other users. */
    if (!rules_enforce(RULES_ALL)) return;
    try_access(all, L"open", L"own", ERROR_SUCCESS);
    try_access(all, L"open", L"network", ERROR_SUCCESS);
    try_access(no_network, L"open", L"own", ERROR_SUCCESS);
    try_access(no_network, L"open", L"network", ERROR_ACCESS_DENIED);
    try_access(all, L"open", L"low", ERROR_ACCESS_DENIED);
    try_access(low, L"open", L"low", ERROR_SUCCESS);
    try_access(low, L"open", L"container", ERROR_ACCESS_DENIED);
    try_access(containers, L"open", L"container", ERROR_SUCCESS);
    try_access(all, L"open", L"restricted", ERROR_ACCESS_DENIED);
    try_access(restricted, L"open", L"restricted", ERROR_SUCCESS);
    try_access(admins, L"open", L"other", ERROR_ACCESS_DENIED);
    /* GENERIC_WRITE of a client is without the right to make instances; a server's is with it. */
    try_access(clients, L"open", L"other", ERROR_SUCCESS);
    try_access(clients, L"join", L"other", ERROR_ACCESS_DENIED);
    try_access(clients, L"join", L"own", ERROR_SUCCESS);
}

/* Windows refuses other users than administrators a new pipe whose name has the prefix. */
static void protected_prefix(void) {
    opened own = {L"own", L"join"}, other = {L"other", L"join"};
    if (!rules_enforce(RULES_ALL)) return;
    check_about("the prefix of the administrators' pipes");
    swprintf(name, 64, L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sb-rules-%lu", GetCurrentProcessId());
    CHECK_INT(by_another(&own), ERROR_SUCCESS);
    CHECK_INT(by_another(&other), ERROR_ACCESS_DENIED);
    SetEnvironmentVariableW(RULES_VARIABLE, L"0");
    CHECK_INT(by_another(&other), ERROR_SUCCESS);
    SetEnvironmentVariableW(RULES_VARIABLE, NULL);
}

/* The list that is set by a client's handle holds for the pipe, and its label stays where only the list is
 * set. */
static void list_is_changed(void) {
    static const wchar_t *const lists[] = {L"D:(A;;FA;;;WD)", L"D:(A;;FA;;;WD)S:(ML;;NW;;;LW)"};
    opened low = {L"low", L"open"};
    if (!rules_enforce(RULES_ALL)) return;
    check_about("a pipe's list is changed");
    next_name();
    HANDLE server = serve(0, L"D:(A;;FA;;;WD)"), second = serve(0, NULL);
    CHECK(server != INVALID_HANDLE_VALUE && second != INVALID_HANDLE_VALUE);
    CHECK_INT(by_another(&low), ERROR_ACCESS_DENIED);
    for (int i = 0; i < 2; i++) {
        PSECURITY_DESCRIPTOR descriptor = NULL;
        const SECURITY_INFORMATION what = DACL_SECURITY_INFORMATION | (i ? LABEL_SECURITY_INFORMATION : 0);
        CHECK(ConvertStringSecurityDescriptorToSecurityDescriptorW(lists[i], SDDL_REVISION_1, &descriptor,
                                                                   NULL));
        HANDLE client = CreateFileW(name, WRITE_DAC | WRITE_OWNER, 0, NULL, OPEN_EXISTING, 0, NULL);
        CHECK(client != INVALID_HANDLE_VALUE);
        CHECK(SetKernelObjectSecurity(client, what, descriptor));
        CloseHandle(client);
        LocalFree(descriptor);
        if (!i) CHECK(DisconnectNamedPipe(server) || DisconnectNamedPipe(second));
    }
    HANDLE third = serve(0, NULL);
    CHECK_INT(by_another(&low), ERROR_SUCCESS);
    CloseHandle(third);
    CloseHandle(second);
    CloseHandle(server);
}

/* ---- states: rule 18, which Wine keeps itself ----
 * Source: ReactOS' npfs, read.c, write.c, fsctrl.c. */

/* LISTENING: no client yet. CONNECTED. CLOSED: the other end is closed; with a byte, it wrote one before.
 * GONE: the server disconnected the client. */
typedef enum pipe_state { LISTENING, CONNECTED, CLOSED, CLOSED_WITH_A_BYTE, GONE } pipe_state;
typedef enum pipe_call { READ, WRITE, PEEK, CONNECT } pipe_call;

typedef struct state_row {
    pipe_state state;
    bool client; /* the client's end is asked, not the server's */
    pipe_call call;
    DWORD wanted;
} state_row;

static DWORD ask(HANDLE end, pipe_call call) {
    char byte;
    DWORD done = 0;
    BOOL ok = FALSE;
    switch (call) {
    case READ: ok = ReadFile(end, &byte, 1, &done, NULL); break;
    case WRITE: ok = WriteFile(end, "x", 1, &done, NULL); break;
    case PEEK: ok = PeekNamedPipe(end, NULL, 0, NULL, &done, NULL); break;
    case CONNECT: ok = ConnectNamedPipe(end, NULL); break;
    }
    return ok ? ERROR_SUCCESS : GetLastError();
}

static DWORD in_state(const state_row *row) {
    DWORD done;
    next_name();
    HANDLE server = serve(0, NULL), client = row->state == LISTENING ? INVALID_HANDLE_VALUE : connect_to();
    HANDLE *asked = row->client ? &client : &server, *other = row->client ? &server : &client;
    if (row->state == CLOSED_WITH_A_BYTE) CHECK(WriteFile(*other, "x", 1, &done, NULL));
    if (row->state == CLOSED || row->state == CLOSED_WITH_A_BYTE) {
        CloseHandle(*other);
        *other = INVALID_HANDLE_VALUE;
    }
    if (row->state == GONE) CHECK(DisconnectNamedPipe(server));
    DWORD err = ask(*asked, row->call);
    if (server != INVALID_HANDLE_VALUE) CloseHandle(server);
    if (client != INVALID_HANDLE_VALUE) CloseHandle(client);
    return err;
}

static void states(void) {
    static const char *const names_of[] = {"no client yet", "connected", "the other end is closed",
                                           "the other end wrote a byte and is closed", "disconnected"};
    static const char *const calls[] = {"ReadFile", "WriteFile", "PeekNamedPipe", "ConnectNamedPipe"};
    static const state_row rows[] = {
        {LISTENING, false, READ, ERROR_PIPE_LISTENING},   {LISTENING, false, WRITE, ERROR_PIPE_LISTENING},
        {LISTENING, false, PEEK, ERROR_BAD_PIPE},         {CONNECTED, false, CONNECT, ERROR_PIPE_CONNECTED},
        {CONNECTED, false, WRITE, ERROR_SUCCESS},         {CONNECTED, true, PEEK, ERROR_SUCCESS},
        {CLOSED, false, READ, ERROR_BROKEN_PIPE},         {CLOSED, false, WRITE, ERROR_NO_DATA},
        {CLOSED, false, PEEK, ERROR_BROKEN_PIPE},         {CLOSED, false, CONNECT, ERROR_NO_DATA},
        {CLOSED, true, READ, ERROR_BROKEN_PIPE},          {CLOSED, true, WRITE, ERROR_NO_DATA},
        {CLOSED, true, PEEK, ERROR_BROKEN_PIPE},          {CLOSED_WITH_A_BYTE, false, READ, ERROR_SUCCESS},
        {CLOSED_WITH_A_BYTE, false, PEEK, ERROR_SUCCESS}, {CLOSED_WITH_A_BYTE, true, READ, ERROR_SUCCESS},
        {CLOSED_WITH_A_BYTE, true, PEEK, ERROR_SUCCESS},  {GONE, false, READ, ERROR_PIPE_NOT_CONNECTED},
        {GONE, false, WRITE, ERROR_PIPE_NOT_CONNECTED},   {GONE, false, PEEK, ERROR_BAD_PIPE},
        {GONE, true, READ, ERROR_PIPE_NOT_CONNECTED},     {GONE, true, WRITE, ERROR_PIPE_NOT_CONNECTED},
        {GONE, true, PEEK, ERROR_PIPE_NOT_CONNECTED},
    };
    char what[128];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(what, sizeof what, "%s: %s of the %s", names_of[rows[i].state], calls[rows[i].call],
                 rows[i].client ? "client" : "server");
        check_about(what);
        CHECK_INT(in_state(&rows[i]), rows[i].wanted);
    }

    check_about("no instance listens, or there is no pipe");
    next_name();
    HANDLE server = serve(0, NULL), client = connect_to();
    CHECK_INT(open_it(NULL), ERROR_PIPE_BUSY);
    CHECK(!WaitNamedPipeW(name, 1));
    CHECK_INT(GetLastError(), ERROR_SEM_TIMEOUT);
    next_name();
    CHECK_INT(open_it(NULL), ERROR_FILE_NOT_FOUND);
    CHECK(!WaitNamedPipeW(name, 10 * 1000));
    CHECK_INT(GetLastError(), ERROR_FILE_NOT_FOUND);

    check_about("no bytes, written to a pipe of bytes: nothing to read");
    DWORD done, there = 99;
    CHECK(WriteFile(client, "", 0, &done, NULL));
    CHECK(PeekNamedPipe(server, NULL, 0, NULL, &there, NULL));
    CHECK_INT(there, 0);
    CHECK(WriteFile(client, "x", 1, &done, NULL));
    char byte;
    CHECK(ReadFile(server, &byte, 1, &done, NULL));
    CHECK_INT(done, 1);
    CloseHandle(client);
    CloseHandle(server);
}

/* ---- one call at a time ---- */

typedef struct reading {
    HANDLE pipe, writing, started;
    volatile LONG written;
} reading;

static DWORD WINAPI read_byte(void *context) {
    reading *r = context;
    char byte;
    DWORD got;
    SetEvent(r->started);
    ReadFile(r->pipe, &byte, 1, &got, NULL);
    return 0;
}

static DWORD WINAPI write_later(void *context) {
    reading *r = context;
    DWORD put;
    Sleep(400);
    InterlockedExchange(&r->written, 1);
    return WriteFile(r->writing, "x", 1, &put, NULL) ? 0 : GetLastError();
}

typedef void call_of(HANDLE pipe);

static void peek(HANDLE pipe) {
    PeekNamedPipe(pipe, NULL, 0, NULL, NULL, NULL);
}

static void ask_type(HANDLE pipe) {
    GetFileType(pipe);
}

static void ask_pipe(HANDLE pipe) {
    GetNamedPipeInfo(pipe, NULL, NULL, NULL, NULL);
}

static void close_last(HANDLE pipe) {
    CloseHandle(pipe);
}

/* Returns whether the call came back only after the read that was pending could end: 1, or 0. */
static DWORD waited(call_of *call, bool duplicated) {
    reading r = {.started = CreateEventW(NULL, TRUE, FALSE, NULL)};
    HANDLE pipe, threads[2];
    if (!CreatePipe(&r.pipe, &r.writing, NULL, 0)) return 99;
    pipe = r.pipe;
    if (duplicated && !DuplicateHandle(GetCurrentProcess(), r.pipe, GetCurrentProcess(), &pipe, 0, FALSE,
                                       DUPLICATE_SAME_ACCESS))
        return 98;
    threads[0] = CreateThread(NULL, 0, read_byte, &r, 0, NULL);
    WaitForSingleObject(r.started, TEST_DEADLINE_MS);
    Sleep(100); /* the read is under way */
    threads[1] = CreateThread(NULL, 0, write_later, &r, 0, NULL);
    call(pipe);
    LONG after = r.written;
    WaitForMultipleObjects(2, threads, TRUE, TEST_DEADLINE_MS);
    for (int i = 0; i < 2; i++) CloseHandle(threads[i]);
    if (duplicated && call != close_last) CloseHandle(pipe);
    if (call != close_last || duplicated) CloseHandle(r.pipe);
    CloseHandle(r.writing);
    CloseHandle(r.started);
    return (DWORD)after;
}

static DWORD waited_for(void *context) {
    return waited(*(call_of **)context, false);
}

static DWORD waited_for_duplicate(void *context) {
    return waited(*(call_of **)context, true);
}

static void synchronous(void) {
    call_of *calls[] = {peek, ask_type, ask_pipe, close_last};
    static const char *const whats[] = {"PeekNamedPipe waits for a read of the same pipe", "GetFileType does",
                                        "GetNamedPipeInfo does", "closing the last handle does"};
    for (int i = 0; i < 4; i++) rule_try(RULES_SYNCHRONOUS_FILES, whats[i], waited_for, &calls[i], 1, 0);
    rule_try(RULES_SYNCHRONOUS_FILES, "so it is through another handle of the object", waited_for_duplicate,
             &calls[0], 1, 0);
    check_about("closing a handle that is not the last does not");
    CHECK_INT(waited(close_last, true), 0);
}

int wmain(int argc, wchar_t **argv) {
    if (argc == 3) {
        wcsncpy(name, argv[2], 63);
        if (!wcscmp(argv[1], L"open")) return (int)open_it(NULL);
        if (!wcscmp(argv[1], L"join")) return (int)ended(serve(0, NULL));
        if (!wcscmp(argv[1], L"serve") && serve(FILE_FLAG_FIRST_PIPE_INSTANCE, NULL) != INVALID_HANDLE_VALUE)
            Sleep(TEST_DEADLINE_MS);
        return 97;
    }
    names();
    states();
    killed();
    access_lists();
    protected_prefix();
    list_is_changed();
    synchronous();
    return check_report();
}
