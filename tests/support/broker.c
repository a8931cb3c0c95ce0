/* Starts a broker for a test, waits until it is ready, and stops it. */
#include "tests/support/harness.h"

#include "tests/support/checks.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Creates a pipe. Only the end in *ret_child is inheritable. */
static bool make_pipe(bool child_reads, HANDLE *ret_own, HANDLE *ret_child) {
    HANDLE reading, writing;
    if (!CreatePipe(&reading, &writing, NULL, 65536)) return false;
    *ret_own = child_reads ? writing : reading;
    *ret_child = child_reads ? reading : writing;
    return SetHandleInformation(*ret_child, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
}

static bool create_broker(test_broker *b, HANDLE input, HANDLE output) {
    wchar_t program[MAX_PATH], line[2 * MAX_PATH + 128];
    PROCESS_INFORMATION made;
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};

    if (b->program && wcschr(b->program, L'\\')) swprintf(program, MAX_PATH, L"%ls", b->program);
    else beside_program(program, b->program ? b->program : L"spawnbroker.exe");
    swprintf(line, sizeof line / sizeof *line, L"\"%ls\" console --pipe %ls --data \"%ls\" --until-eof",
             program, b->pipe, b->data);
    start.hStdInput = input;
    start.hStdOutput = output;
    start.hStdError = output;

    /* No list is needed: before its broker is up, a test launches nothing else with inheritance. */
    BOOL ok = CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made);
    if (!ok) printf("starting %ls: error %lu\n", program, GetLastError());
    if (!ok) return false;
    CloseHandle(made.hThread);
    b->process = made.hProcess;
    b->process_id = made.dwProcessId;

    return true;
}

/* Reads the broker's output byte by byte until the line that says it is ready. A broker that exits instead
 * has printed why. */
static bool wait_ready(test_broker *b, char *text, size_t size) {
    char wanted[128];
    size_t length = 0;
    text[0] = 0;
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    snprintf(wanted, sizeof wanted, "spawnbroker: ready on \\\\.\\pipe\\%ls", b->pipe);

    while (length + 1 < size) {
        DWORD there = 0, got = 0;
        if (!PeekNamedPipe(b->output, NULL, 0, NULL, &there, NULL)) break;
        if (!there && deadline_passed(deadline)) break;
        if (!there) {
            Sleep(5);
            continue;
        }
        if (!ReadFile(b->output, text + length, 1, &got, NULL)) break;
        length += got;
        text[length] = 0;
        if (text[length - 1] == '\n' && strstr(text, wanted)) return true;
    }
    text[length] = 0;
    return false;
}

/* Starts the broker and waits until it is ready or fails. text gets what it printed. */
static bool start(test_broker *b, const wchar_t *data, char *text, size_t size) {
    static volatile LONG started;
    HANDLE input = NULL, output = NULL;
    text[0] = 0;
    if (!b->pipe[0])
        swprintf(b->pipe, sizeof b->pipe / sizeof *b->pipe, L"sb-test-%lu-%ld", GetCurrentProcessId(),
                 InterlockedIncrement(&started));
    if (data && data != b->data) swprintf(b->data, MAX_PATH, L"%ls", data);
    else if (!data && !directory_make_data(b->data, L"data")) return false;
    bool ok = make_pipe(true, &b->input, &input) && make_pipe(false, &b->output, &output) &&
              create_broker(b, input, output);
    if (input) CloseHandle(input);
    if (output) CloseHandle(output);
    return ok && wait_ready(b, text, size);
}

bool broker_start(test_broker *ret, const wchar_t *data) {
    return broker_start_program(ret, NULL, data);
}

bool broker_start_program(test_broker *ret, const wchar_t *program, const wchar_t *data) {
    test_broker b = {.program = program};
    char text[1024];
    if (start(&b, data, text, sizeof text)) {
        *ret = b;
        return true;
    }
    DWORD code = data ? broker_stop_keep(&b) : broker_stop(&b);
    check_true(__FILE__, __LINE__, "the broker becomes ready", false);
    printf("the broker did not become ready; exit code %lu; it said: %s\n", code, text);
    return false;
}

void broker_kill(test_broker *broker) {
    TerminateProcess(broker->process, 1);
    CHECK_INT(WaitForSingleObject(broker->process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(broker->process);
    CloseHandle(broker->input);
    CloseHandle(broker->output);
    broker->process = broker->input = broker->output = NULL;
}

bool broker_start_again(test_broker *broker) {
    char text[1024];
    if (start(broker, broker->data, text, sizeof text)) return true;
    check_true(__FILE__, __LINE__, "the broker becomes ready again", false);
    printf("it said: %s\n", text);
    return false;
}

DWORD broker_fail(const wchar_t *data, char *text, size_t size) {
    test_broker b = {0};
    bool ready = start(&b, data, text, size);
    DWORD code = broker_stop_keep(&b);
    return ready ? STILL_ACTIVE : code;
}

DWORD broker_stop_said(test_broker *broker, char *text, size_t size) {
    DWORD code = STILL_ACTIVE;
    text[0] = 0;
    if (broker->input) CloseHandle(broker->input);

    if (broker->process) {
        if (WaitForSingleObject(broker->process, TEST_DEADLINE_MS) != WAIT_OBJECT_0) {
            check_true(__FILE__, __LINE__, "the broker stops at the end of its input", false);
            TerminateProcess(broker->process, 1);
            WaitForSingleObject(broker->process, TEST_DEADLINE_MS);
        } else {
            GetExitCodeProcess(broker->process, &code);
        }
        CloseHandle(broker->process);
    }

    if (broker->output) {
        read_to_end(broker->output, text, size, 0);
        CloseHandle(broker->output);
    }

    if (text[0]) printf("the broker said: %s\n", text); /* for the test's log */
    broker->input = broker->process = broker->output = NULL;
    return code;
}

DWORD broker_stop_keep(test_broker *broker) {
    char text[4096];
    return broker_stop_said(broker, text, sizeof text);
}

DWORD broker_stop(test_broker *broker) {
    DWORD code = broker_stop_keep(broker);
    directory_remove(broker->data);
    return code;
}

static sb_client *connect_to(const wchar_t *pipe, BOOL once) {
    sb_connect_options options = {.size = sizeof options, .pipe_name = pipe, .no_reconnect = once};
    sb_client *client = NULL;
    sb_error error;
    DWORD err = sb_connect(&options, &client, &error);
    if (!err) return client;
    CHECK_INT(err, ERROR_SUCCESS);
    printf("sb_connect(%ls): error %lu, stage %d, %ls\n", pipe, err, (int)error.stage, error.message);
    return NULL;
}

sb_client *broker_connect(const wchar_t *pipe) {
    return connect_to(pipe, FALSE);
}

sb_client *broker_connect_once(const wchar_t *pipe) {
    return connect_to(pipe, TRUE);
}
