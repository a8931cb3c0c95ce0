#include "tests/support/tool.h"

#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

char tool_out[TOOL_OUTPUT_BYTES], tool_err[TOOL_OUTPUT_BYTES];

static HANDLE open_file(const wchar_t *directory, const wchar_t *name) {
    wchar_t path[2 * MAX_PATH];
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    swprintf(path, 2 * MAX_PATH, L"%ls%ls", directory, name);
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, &inheritable,
                       directory[0] ? CREATE_ALWAYS : OPEN_EXISTING, 0, NULL);
}

static void take(const wchar_t *directory, const wchar_t *name, char *text) {
    size_t size = 0;
    char *bytes = file_read(directory, name + 1, &size);
    if (size >= TOOL_OUTPUT_BYTES) size = TOOL_OUTPUT_BYTES - 1;
    if (bytes) memcpy(text, bytes, size);
    text[bytes ? size : 0] = 0;
    free(bytes);
}

static DWORD run_in(const wchar_t *directory, const wchar_t *program, wchar_t *line) {
    PROCESS_INFORMATION process;
    DWORD code = STILL_ACTIVE;
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = open_file(L"", L"NUL"),
                            .hStdOutput = open_file(directory, L"\\out.txt"),
                            .hStdError = open_file(directory, L"\\err.txt")};
    bool made = CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process);

    if (!CHECK(made)) printf("%ls: error %lu\n", program, GetLastError());
    CloseHandle(startup.hStdInput);
    CloseHandle(startup.hStdOutput);
    CloseHandle(startup.hStdError);
    if (!made) return code;
    if (WaitForSingleObject(process.hProcess, 3 * TEST_DEADLINE_MS) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &code);
    else TerminateProcess(process.hProcess, 1);

    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    take(directory, L"\\out.txt", tool_out);
    take(directory, L"\\err.txt", tool_err);

    return code;
}

DWORD tool_run(const wchar_t *program, const wchar_t *format, ...) {
    static wchar_t line[8192];
    wchar_t directory[MAX_PATH];
    va_list args;
    tool_out[0] = tool_err[0] = 0;
    int length = swprintf(line, 8192, L"\"%ls\" ", program);
    va_start(args, format);
    vswprintf(line + length, (size_t)(8192 - length), format, args);
    va_end(args);
    if (!CHECK(directory_make(directory, L"tool"))) return STILL_ACTIVE;
    DWORD code = run_in(directory, program, line);
    directory_remove(directory);
    return code;
}
