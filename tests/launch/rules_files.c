/* The rule about replacing a file: MoveFileEx fails while another program has the old one open. */
#include "tests/launch/rules.h"

#include "service/win32/whole_file.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>

enum { HELD_MS = 300 };

/* Closes a file after a while, as a scanner does. */
static DWORD WINAPI close_later(void *file) {
    Sleep(HELD_MS);
    CloseHandle(file);
    return 0;
}

static HANDLE hold(const wchar_t *path, DWORD share) {
    HANDLE file = CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    return file;
}

static void reads(const wchar_t *path, const char *wanted) {
    char text[64] = "";
    DWORD length = 0;
    CHECK_INT(whole_file_read(path, text, sizeof text - 1, &length), ERROR_SUCCESS);
    CHECK_INT(length, strlen(wanted));
    CHECK_TEXT(text, wanted);
}

static int count(const wchar_t *directory) {
    wchar_t pattern[MAX_PATH + 4];
    WIN32_FIND_DATAW found;
    int files = 0;
    swprintf(pattern, MAX_PATH + 4, L"%ls\\*", directory);
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE) return 0;
    do files += !(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
    while (FindNextFileW(search, &found));
    FindClose(search);
    return files;
}

static void held_for_a_moment(const wchar_t *path, DWORD share, bool write) {
    HANDLE thread = CreateThread(NULL, 0, close_later, hold(path, share), 0, NULL);
    if (write) CHECK_INT(whole_file_write(path, NULL, "second", 6), ERROR_SUCCESS);
    reads(path, write ? "second" : "first");
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
}

void rules_files(void) {
    wchar_t directory[MAX_PATH], path[2 * MAX_PATH];
    whole_file *file = NULL;
    if (!CHECK(directory_make(directory, L"files"))) return;
    swprintf(path, 2 * MAX_PATH, L"%ls\\a.txt", directory);

    check_about("a file that another program has open alone for a moment is read");
    CHECK_INT(whole_file_write(path, NULL, "first", 5), ERROR_SUCCESS);
    held_for_a_moment(path, 0, false);
    check_about("and one that it does not share for deletion is replaced");
    held_for_a_moment(path, FILE_SHARE_READ, true);

    check_about("a file that stays open stays as it is, and nothing is left beside it");
    HANDLE other = hold(path, FILE_SHARE_READ);
    CHECK(whole_file_write(path, NULL, "third", 5) != ERROR_SUCCESS);
    CloseHandle(other);
    reads(path, "second");
    CHECK_INT(count(directory), 1);

    check_about("a file is not replaced without being asked to, and one that is not kept leaves nothing");
    CHECK_INT(whole_file_begin(path, false, NULL, &file), ERROR_FILE_EXISTS);
    CHECK_INT(whole_file_begin(path, true, NULL, &file), ERROR_SUCCESS);
    whole_file_add(file, "fourth", 6);
    CHECK_INT(whole_file_end(&file, false), ERROR_SUCCESS);
    CHECK(!file);
    reads(path, "second");
    CHECK_INT(count(directory), 1);
    directory_remove(directory);
}
