/* The rules of CreateProcess: the handle list, the standard handles, the environment, errors. */
#include "tests/rules/rule.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { OBJECT_NAME_EXISTS = 698 }; /* ERROR_OBJECT_NAME_EXISTS, which mingw does not have */

static HANDLE event_make(bool inheritable) {
    SECURITY_ATTRIBUTES a = {.nLength = sizeof a, .bInheritHandle = inheritable};
    return CreateEventW(&a, TRUE, FALSE, NULL);
}

/* ---- the handle list ---- */

typedef struct listed {
    HANDLE handles[3];
    size_t count;
    bool no_inherit, change;
} listed;

static DWORD with_list(void *context) {
    listed *l = context;
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof start}};
    PROCESS_INFORMATION made;
    wchar_t program[MAX_PATH], line[] = L"test_helper.exe exit:0";
    HANDLE values[3];
    SIZE_T size = 0;
    DWORD err = ERROR_SUCCESS;
    beside_program(program, L"test_helper.exe");
    memcpy(values, l->handles, sizeof values);
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    if (!(start.lpAttributeList = malloc(size)) ||
        !InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size))
        return ERROR_NOT_ENOUGH_MEMORY;

    if (!UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, values,
                                   l->count * sizeof *values, NULL, NULL))
        err = GetLastError();
    if (l->change) values[0] = l->handles[1];
    if (!err && !CreateProcessW(program, line, NULL, NULL, !l->no_inherit,
                                CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                                &start.StartupInfo, &made))
        err = GetLastError();
    if (!err) {
        TerminateProcess(made.hProcess, 0);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    DeleteProcThreadAttributeList(start.lpAttributeList);
    free(start.lpAttributeList);
    return err;
}

static void try_list(const char *what, listed l, DWORD windows, DWORD wine) {
    rule_try(RULES_HANDLE_LIST, what, with_list, &l, windows, wine);
}

static void lists(void) {
    HANDLE a = event_make(true), b = event_make(true), not_inheritable = event_make(false),
           closed = event_make(true);
    CloseHandle(closed);
    try_list("handles that are inheritable", (listed){.handles = {a, b}, .count = 2}, 0, 0);
    try_list("an empty list", (listed){.handles = {a}, .count = 0}, ERROR_BAD_LENGTH, 0);
    try_list("a handle that is not inheritable", (listed){.handles = {a, not_inheritable}, .count = 2},
             ERROR_INVALID_PARAMETER, 0);
    try_list("a pseudo handle", (listed){.handles = {GetCurrentProcess()}, .count = 1},
             ERROR_INVALID_PARAMETER, 0);
    try_list("a handle that is closed", (listed){.handles = {a, closed}, .count = 2}, ERROR_INVALID_PARAMETER,
             0);
    try_list("NULL among others", (listed){.handles = {a, NULL}, .count = 2}, ERROR_INVALID_PARAMETER, 0);
    try_list("NULL alone", (listed){.handles = {NULL}, .count = 1}, 0, 0);
    try_list("a handle twice", (listed){.handles = {a, a}, .count = 2}, ERROR_INVALID_PARAMETER, 0);
    try_list("a list without inheritance", (listed){.handles = {a}, .count = 1, .no_inherit = true},
             ERROR_INVALID_PARAMETER, 0);
    /* Windows takes what is there at the call: a handle that cannot be inherited. */
    try_list("memory that changed before the call",
             (listed){.handles = {a, not_inheritable}, .count = 1, .change = true}, ERROR_INVALID_PARAMETER,
             0);
    CloseHandle(a);
    CloseHandle(b);
    CloseHandle(not_inheritable);
}

static DWORD update(DWORD room, int times, DWORD_PTR key) {
    BYTE memory[1024];
    LPPROC_THREAD_ATTRIBUTE_LIST list = (void *)memory;
    SIZE_T size = sizeof memory;
    HANDLE event = event_make(true);
    DWORD err = ERROR_SUCCESS;
    if (!InitializeProcThreadAttributeList(list, room, 0, &size)) return GetLastError();
    for (int i = 0; i < times && !err; i++)
        if (!UpdateProcThreadAttribute(list, 0, key, &event, sizeof event, NULL, NULL)) err = GetLastError();
    DeleteProcThreadAttributeList(list);
    CloseHandle(event);
    return err;
}

static void updates(void) {
    check_about("attributes: one twice, more than there is room for, one that does not exist");
    CHECK_INT(update(2, 2, PROC_THREAD_ATTRIBUTE_HANDLE_LIST), OBJECT_NAME_EXISTS);
    CHECK_INT(update(0, 1, PROC_THREAD_ATTRIBUTE_HANDLE_LIST), ERROR_GEN_FAILURE);
    CHECK_INT(update(1, 1, 0x000200FF), ERROR_NOT_SUPPORTED);
}

/* ---- the standard handles ---- */

static HANDLE null_open(bool inheritable) {
    SECURITY_ATTRIBUTES a = {.nLength = sizeof a, .bInheritHandle = inheritable};
    return CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &a,
                       OPEN_EXISTING, 0, NULL);
}

/* How many of its three standard handles a child can use: it has duplicates of its maker's, or the values. */
static DWORD std_count(BOOL inherit, DWORD flags, HANDLE given) {
    wchar_t program[MAX_PATH], line[] = L"test_helper.exe std-open";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = 99;
    beside_program(program, L"test_helper.exe");
    if (given) start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = start.hStdOutput = start.hStdError = given;
    if (!CreateProcessW(program, line, NULL, NULL, inherit, flags, NULL, NULL, &start, &made))
        return GetLastError();
    if (WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS)) TerminateProcess(made.hProcess, 98);
    GetExitCodeProcess(made.hProcess, &code);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return code;
}

static DWORD without_flag(void *context) {
    return std_count(FALSE, 0, *(HANDLE *)context);
}

static DWORD both_consoles(void *context) {
    (void)context;
    return std_count(FALSE, CREATE_NEW_CONSOLE | DETACHED_PROCESS, NULL);
}

static void standard_handles(void) {
    HANDLE before[3], own = null_open(false), inheritable = null_open(true), none = NULL;
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    for (int i = 0; i < 3; i++) {
        before[i] = GetStdHandle(ids[i]);
        SetStdHandle(ids[i], own);
    }
    rule_try(RULES_STANDARD_HANDLES,
             "without the flag the child has duplicates of its maker's, inheritable or not", without_flag,
             &none, 3, 3);
    rule_try(RULES_STANDARD_HANDLES, "handles that are given without inheritance are ignored", without_flag,
             &inheritable, 0, 3);
    rule_try(RULES_STANDARD_HANDLES, "a new console and none", both_consoles, NULL, ERROR_INVALID_PARAMETER,
             3);
    check_about("handles that are given and inheritable");
    CHECK_INT(std_count(TRUE, 0, inheritable), 3);
    for (int i = 0; i < 3; i++) SetStdHandle(ids[i], before[i]);
    CloseHandle(own);
    CloseHandle(inheritable);
}

/* ---- the environment ---- */

static DWORD with_environment(void *context) {
    wchar_t program[MAX_PATH], line[] = L"test_helper.exe exit:0";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    beside_program(program, L"test_helper.exe");
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT,
                        context, NULL, &start, &made))
        return GetLastError();
    TerminateProcess(made.hProcess, 0);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return ERROR_SUCCESS;
}

static void environment(void) {
    wchar_t *own = GetEnvironmentStringsW();
    check_about("the environment of a process is sorted");
    CHECK_INT(with_environment(own), ERROR_SUCCESS);
    CHECK_INT(with_environment(L"=C:=C:\\\0a=1\0B=2\0B_C=3\0c=4\0"), ERROR_SUCCESS);
    FreeEnvironmentStringsW(own);
    /* Windows takes these, and its programs then find one variable of two: only the layer says it. */
    if (!rules_enforce(RULES_ALL)) return;
    rule_try(RULES_ENVIRONMENT, "a block that is not sorted", with_environment, L"B=1\0a=2\0",
             ERROR_INVALID_PARAMETER, 0);
    rule_try(RULES_ENVIRONMENT, "a name twice", with_environment, L"A=1\0a=2\0", ERROR_INVALID_PARAMETER, 0);
}

/* ---- errors ---- */

typedef struct faulty {
    wchar_t program[MAX_PATH], directory[MAX_PATH];
    size_t line;
} faulty;

static DWORD with_fault(void *context) {
    faulty *f = context;
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD err = ERROR_SUCCESS;
    wchar_t *line = malloc((f->line + 1) * sizeof *line);
    if (!line) return ERROR_NOT_ENOUGH_MEMORY;
    wmemset(line, L'x', f->line);
    line[f->line] = 0;
    if (!CreateProcessW(f->program, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL,
                        f->directory[0] ? f->directory : NULL, &start, &made))
        err = GetLastError();
    if (!err) {
        TerminateProcess(made.hProcess, 0);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    free(line);
    return err;
}

static void errors(void) {
    faulty f = {.line = 8};
    wchar_t directory[MAX_PATH];
    if (!CHECK(directory_make(directory, L"rules"))) return;
    beside_program(f.program, L"test_helper.exe");
    wcscpy(f.directory, directory);
    rule_try(RULES_CREATE_ERRORS, "a directory", with_fault, &f, 0, 0);
    wcscpy(f.directory, f.program);
    rule_try(RULES_CREATE_ERRORS, "a file as the directory", with_fault, &f, ERROR_DIRECTORY,
             ERROR_DIRECTORY);
    swprintf(f.directory, MAX_PATH, L"%ls\\none", directory);
    rule_try(RULES_CREATE_ERRORS, "a directory that does not exist", with_fault, &f, ERROR_DIRECTORY,
             ERROR_DIRECTORY);
    f.directory[0] = 0;
    f.line = 32767;
    rule_try(RULES_CREATE_ERRORS, "a command line of 32767 characters", with_fault, &f,
             ERROR_FILENAME_EXCED_RANGE, 0);

    f.line = 8;
    swprintf(f.program, MAX_PATH, L"%ls\\script.exe", directory);
    CHECK(file_write(f.program, "#!/bin/sh\nexit 0\n", 17));
    rule_try(RULES_CREATE_ERRORS, "a file that is no program", with_fault, &f, ERROR_BAD_EXE_FORMAT, 0);
    beside_program(f.program, L"spawn_broker.dll");
    rule_try(RULES_CREATE_ERRORS, "a library", with_fault, &f, ERROR_BAD_EXE_FORMAT, ERROR_BAD_EXE_FORMAT);
    directory_remove(directory);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    lists();
    updates();
    standard_handles();
    environment();
    errors();
    return check_report();
}
