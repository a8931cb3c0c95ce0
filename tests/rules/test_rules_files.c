/* The rules of sharing, which Wine keeps itself: a file that another has open without FILE_SHARE_DELETE is
 * neither deleted nor replaced. Sources: the pages of DeleteFile, MoveFileEx and CreateFile. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <windows.h>

static wchar_t file[MAX_PATH], other[MAX_PATH];

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

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) {
    const DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                kept = FILE_SHARE_READ | FILE_SHARE_WRITE;
    wchar_t directory[MAX_PATH];
    (void)argc, (void)argv;
    if (!CHECK(directory_make(directory, L"sharing"))) return check_report();
    swprintf(file, MAX_PATH, L"%ls\\file", directory);
    swprintf(other, MAX_PATH, L"%ls\\other", directory);
    try_with("a file that is open is not deleted", kept, delete_it, ERROR_SHARING_VIOLATION);
    try_with("unless it is shared for that", all, delete_it, ERROR_SUCCESS);
    try_with("nor replaced", kept, replace_it, ERROR_ACCESS_DENIED);
    directory_remove(directory);
    return check_report();
}
