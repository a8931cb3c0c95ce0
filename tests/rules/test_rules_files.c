/* The rules of sharing, which Wine keeps itself.
 *
 * Rule 25: a file that another has open without FILE_SHARE_DELETE is neither deleted nor replaced. Sources:
 * the pages of DeleteFile, MoveFileEx and CreateFile.
 *
 * Rule 12: CreateProcess opens a program for execution and shares it for reading and deletion. While it runs,
 * it can be renamed, but neither written to nor deleted. Source: ReactOS' kernel32, proc.c; the page of
 * CreateFile. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <windows.h>

static const DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                   kept = FILE_SHARE_READ | FILE_SHARE_WRITE;
static wchar_t file[MAX_PATH], other[MAX_PATH], program[MAX_PATH];

static DWORD delete_it(void) {
    return DeleteFileW(file) ? ERROR_SUCCESS : GetLastError();
}

static DWORD replace_it(void) {
    return MoveFileExW(other, file, MOVEFILE_REPLACE_EXISTING) ? ERROR_SUCCESS : GetLastError();
}

/* Tries it while the file is open, shared like this. */
static void try_with(const char *about, DWORD share, DWORD (*attempt)(void), DWORD wanted) {
    check_about(about);
    CHECK(file_write(file, "x", 1));
    CHECK(file_write(other, "y", 1));
    HANDLE held = CreateFileW(file, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(held != INVALID_HANDLE_VALUE);
    CHECK_INT(attempt(), wanted);
    CloseHandle(held);
}

/* ---- programs ---- */

typedef struct held_as {
    DWORD access, share;
} held_as;

static DWORD create_held(const held_as *h) {
    wchar_t line[] = L"tool.exe exit:0";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD err = ERROR_SUCCESS;
    HANDLE held = CreateFileW(program, h->access, h->share, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(held != INVALID_HANDLE_VALUE);
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &start, &made))
        err = GetLastError();
    if (!err) {
        TerminateProcess(made.hProcess, 0);
        WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    CloseHandle(held);
    return err;
}

static DWORD open_running(DWORD access) {
    HANDLE opened = CreateFileW(program, access, all, NULL, OPEN_EXISTING, 0, NULL);
    if (opened == INVALID_HANDLE_VALUE) return GetLastError();
    CloseHandle(opened);
    return ERROR_SUCCESS;
}

static DWORD delete_running(void) {
    return DeleteFileW(program) ? ERROR_SUCCESS : GetLastError();
}

static DWORD rename_running(void) {
    if (!MoveFileExW(program, other, MOVEFILE_REPLACE_EXISTING)) return GetLastError();
    return MoveFileExW(other, program, 0) ? ERROR_SUCCESS : GetLastError();
}

static void programs(const wchar_t *directory) {
    held_as reader = {GENERIC_READ, all}, alone = {GENERIC_READ, FILE_SHARE_WRITE | FILE_SHARE_DELETE},
            deleter = {DELETE, all}, writer = {GENERIC_WRITE, all};
    wchar_t helper[MAX_PATH], line[] = L"tool.exe sleep:60000";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    beside_program(helper, L"test_helper.exe");
    swprintf(program, MAX_PATH, L"%ls\\tool.exe", directory);
    if (!CHECK(CopyFileW(helper, program, FALSE))) return;
    check_about("a program that is read");
    CHECK_INT(create_held(&reader), 0);
    check_about("a program that is open for deletion");
    CHECK_INT(create_held(&deleter), 0);
    check_about("a program that is open for writing");
    CHECK_INT(create_held(&writer), ERROR_SHARING_VIOLATION);
    check_about("a program that is open without sharing reads");
    CHECK_INT(create_held(&alone), ERROR_SHARING_VIOLATION);
    if (!CHECK(CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))) return;
    check_about("a program that runs is read");
    CHECK_INT(open_running(GENERIC_READ), 0);
    check_about("is not written to");
    CHECK_INT(open_running(GENERIC_WRITE), ERROR_SHARING_VIOLATION);
    check_about("is renamed");
    CHECK_INT(rename_running(), 0);
    check_about("is not deleted");
    CHECK_INT(delete_running(), ERROR_ACCESS_DENIED);
    TerminateProcess(made.hProcess, 0);
    WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
}

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) {
    wchar_t directory[MAX_PATH];
    (void)argc, (void)argv;
    if (!CHECK(directory_make(directory, L"sharing"))) return check_report();
    swprintf(file, MAX_PATH, L"%ls\\file", directory);
    swprintf(other, MAX_PATH, L"%ls\\other", directory);
    try_with("a file that is open is not deleted", kept, delete_it, ERROR_SHARING_VIOLATION);
    try_with("unless it is shared for that", all, delete_it, ERROR_SUCCESS);
    try_with("nor replaced", kept, replace_it, ERROR_ACCESS_DENIED);
    programs(directory);
    directory_remove(directory);
    return check_report();
}
