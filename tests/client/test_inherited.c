/* Tests how a child reads the variable SPAWN_BROKER_HANDLES. This program is also the child: with an argument
 * it looks up "a", and its exit code says what it found. */
#include "tests/support/check.h"
#include "client/lib/spawn_broker.h"

#include <stdlib.h>

#define VARIABLE L"SPAWN_BROKER_HANDLES"

/* Returns the exit code. Bit 0: it found "a"; bit 1: the handle works; bit 2: it is inheritable; bit 3: the
 * variable still exists; bits 4 and up: the number of names. */
static int child(void) {
    DWORD flags = 0;
    int code = 0;
    HANDLE a = sb_inherited_handle(L"a");
    if (!a && GetLastError() != ERROR_NOT_FOUND) return 0x1000;
    if (a) code |= 1;
    if (a && GetHandleInformation(a, &flags)) code |= 2;
    if (flags & HANDLE_FLAG_INHERIT) code |= 4;
    if (GetEnvironmentVariableW(VARIABLE, NULL, 0)) code |= 8;
    size_t count = 0;
    while (sb_inherited_name(count)) count++;
    if (GetLastError() != ERROR_NO_MORE_ITEMS) return 0x2000;
    if (sb_inherited_handle(NULL) || sb_inherited_handle(L"")) return 0x4000;
    return code | (int)(count << 4);
}

static int run_child(const wchar_t *value) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 16];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = (DWORD)-1;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, MAX_PATH + 16, L"\"%ls\" child", program);
    SetEnvironmentVariableW(VARIABLE, value);
    if (!CHECK(CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))) return -1;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    return (int)code;
}

/* In format, %lu is this process's id and %lx the handle's value. */
static void expect(const wchar_t *format, HANDLE handle, int wanted) {
    wchar_t value[512];
    swprintf(value, 512, format, GetCurrentProcessId(), (unsigned long)(ULONG_PTR)handle);
    check_case("%ls", value);
    CHECK_INT(run_child(value), wanted);
}

int wmain(int count, wchar_t **words);

int wmain(int count, wchar_t **words) {
    (void)words;
    if (count > 1) return child();
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE h = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    expect(L"1;parent=%lu;a=0x%lx", h, 0x13);
    expect(L"1;parent=%lu;a=0x%lX;b.c-d_9=0x4", h, 0x23);
    expect(L"1;parent=%lu;b=0x%lx", h, 0x10);
    expect(L"1;parent=%lu", h, 0);
    expect(L"1;parent=%lu0;a=0x%lx", h, 0); /* for another parent */
    expect(L"1;parent=0;a=0x4", h, 0);
    expect(L"2;parent=%lu;a=0x%lx", h, 0);     /* another version */
    expect(L"1;parent=%lu;a=0x%lx;", h, 0x13); /* an empty entry at the end is allowed */
    expect(L"1;parent=%lu;a=0x%lx;;", h, 0);   /* malformed: no entry counts */
    expect(L"1;parent=%lu;a=%lx", h, 0);
    expect(L"1;parent=%lu;a=0x%lx;b", h, 0);
    expect(L"1;parent=%lu;a=0x%lx;b=", h, 0);
    expect(L"1;parent=%lu;a=0x%lx;b=0x", h, 0);
    expect(L"1;parent=%lu;a=0x%lx;b=0x0", h, 0);
    expect(L"1;parent=%lu;a=0x%lx;=0x4", h, 0);
    expect(L"1;parent=%lu;a=0x%lxg", h, 0);
    expect(L"1;parent=%lu;a=0x%lx;b=0x123456789", h, 0);
    expect(L"1;parent=99999999999999999999;a=0x4", h, 0);
    expect(L"x", h, 0);

    check_case("no variable");
    CHECK_INT(run_child(NULL), 0);
    CloseHandle(h);
    return check_report();
}
