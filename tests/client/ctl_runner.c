#include "tests/client/ctl_runner.h"

#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdarg.h>
#include <string.h>

char out[1024 * 1024], err[65536];

static HANDLE inheritable(HANDLE handle) {
    SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    return handle;
}

static bool start(wchar_t *arguments, HANDLE input, HANDLE output, HANDLE error, HANDLE *ret_process) {
    static wchar_t line[8192];
    wchar_t ctl[MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    beside_program(ctl, L"spawnctl.exe");
    swprintf(line, 8192, L"\"%ls\" %ls", ctl, arguments);
    startup.hStdInput = inheritable(input);
    startup.hStdOutput = inheritable(output);
    startup.hStdError = inheritable(error);
    bool made = CreateProcessW(ctl, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process);
    if (!made)
        made = CreateProcessW(ctl, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup,
                              &process); /* Wine 8 may lose a process */
    if (!made) return false;
    CloseHandle(process.hThread);
    *ret_process = process.hProcess;
    return true;
}

DWORD run(const char *input, const wchar_t *format, ...) {
    enum { INPUT_PIPE, OUTPUT_PIPE, ERROR_PIPE };
    HANDLE reads[3], writes[3], process = NULL;
    static wchar_t arguments[4096];
    DWORD code = STILL_ACTIVE, written;
    va_list args;

    va_start(args, format);
    vswprintf(arguments, 4096, format, args);
    va_end(args);
    for (int i = 0; i < 3; i++) CreatePipe(&reads[i], &writes[i], NULL, 65536);
    bool made = start(arguments, reads[INPUT_PIPE], writes[OUTPUT_PIPE], writes[ERROR_PIPE], &process);
    WriteFile(writes[INPUT_PIPE], input, (DWORD)strlen(input), &written, NULL);
    CloseHandle(writes[INPUT_PIPE]);
    CloseHandle(reads[INPUT_PIPE]);
    CloseHandle(writes[OUTPUT_PIPE]);
    CloseHandle(writes[ERROR_PIPE]);

    if (CHECK(made)) {
        CHECK(read_to_end(reads[OUTPUT_PIPE], out, sizeof out, TEST_DEADLINE_MS));
        CHECK(read_to_end(reads[ERROR_PIPE], err, sizeof err, TEST_DEADLINE_MS));
        WaitForSingleObject(process, TEST_DEADLINE_MS);
        GetExitCodeProcess(process, &code);
        CloseHandle(process);
    }

    CloseHandle(reads[OUTPUT_PIPE]);
    CloseHandle(reads[ERROR_PIPE]);
    return code;
}

bool run_on(running_ctl *ret, const wchar_t *arguments) {
    HANDLE write,
        nothing = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING, 0, NULL);
    static wchar_t copy[4096];
    wcscpy(copy, arguments);
    out[0] = 0;
    if (!CreatePipe(&ret->output, &write, NULL, 65536)) return false;
    bool made = start(copy, nothing, write, nothing, &ret->process);
    CloseHandle(write);
    CloseHandle(nothing);
    if (!made) CloseHandle(ret->output);
    return made;
}

bool run_until(running_ctl *r, const char *wanted) {
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    while (!strstr(out, wanted)) {
        DWORD there = 0, got = 0;
        size_t length = strlen(out);
        if (deadline_passed(deadline) || !PeekNamedPipe(r->output, NULL, 0, NULL, &there, NULL)) return false;
        if (!there) Sleep(10);
        else if (ReadFile(r->output, out + length, (DWORD)(sizeof out - 1 - length), &got, NULL))
            out[length + got] = 0;
    }
    return true;
}

void run_end(running_ctl *r) {
    TerminateProcess(r->process, 0);
    WaitForSingleObject(r->process, TEST_DEADLINE_MS);
    CloseHandle(r->process);
    CloseHandle(r->output);
}
