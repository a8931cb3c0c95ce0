/* Which rights let a user change what a path runs. The test stands in for the file system: Wine has one user,
 * who may do everything. */
#include <windows.h>

#define file_open stand_in_open
#define file_attributes stand_in_attributes
#include "service/win32/replaceable.c"
#undef file_open
#undef file_attributes

#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>

#define TOOL L"C:\\Apps\\Tools\\Bin\\x.exe"
#define SHARED L"\\\\?\\UNC\\server\\share\\Apps\\x.exe"
#define DEVICE L"\\\\?\\GLOBALROOT\\Device\\Ram0\\Apps\\x.exe"

/* What the user may do with one object, and with nothing else. */
typedef struct grant {
    const char *about;
    const wchar_t *program, *path;
    DWORD rights;
    bool wanted;
    bool mounted; /* path is a directory in which a volume is mounted, and the rights are for the directory */
    DWORD error;  /* instead of "access denied" */
} grant;

static const grant *now;
static int opens;
static wchar_t highest[MAX_PATH]; /* the shortest path that was opened */

DWORD stand_in_open(const wchar_t *path, DWORD access, DWORD share, DWORD flags, HANDLE *ret) {
    (void)share;
    const bool itself = flags & FILE_FLAG_OPEN_REPARSE_POINT, here = !wcscmp(path, now->path);
    opens++;
    if (!highest[0] || wcslen(path) < wcslen(highest)) swprintf(highest, MAX_PATH, L"%ls", path);
    if (!here || itself != now->mounted || !(access & now->rights)) return ERROR_ACCESS_DENIED;
    if (!now->error) *ret = CreateEventW(NULL, TRUE, FALSE, NULL); /* something to close */
    return now->error;
}

DWORD stand_in_attributes(const wchar_t *path, DWORD flags, DWORD *ret) {
    CHECK_INT(flags, FILE_FLAG_OPEN_REPARSE_POINT);
    *ret = FILE_ATTRIBUTE_DIRECTORY |
           (now->mounted && !wcscmp(path, now->path) ? FILE_ATTRIBUTE_REPARSE_POINT : 0u);
    return ERROR_SUCCESS;
}

enum { ADD = FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY };

static const grant grants[] = {
    {"nothing", TOOL, L"-", 0, false, false, 0},
    {"writing to the file", TOOL, TOOL, FILE_WRITE_DATA, true, false, 0},
    {"the list of the file", TOOL, TOOL, WRITE_DAC, true, false, 0},
    {"reading the file", TOOL, TOOL, FILE_READ_DATA | FILE_READ_ATTRIBUTES, false, false, 0},
    {"a file beside it", TOOL, L"C:\\Apps\\Tools\\Bin", FILE_ADD_FILE, true, false, 0},
    {"a directory beside it", TOOL, L"C:\\Apps\\Tools\\Bin", FILE_ADD_SUBDIRECTORY, true, false, 0},
    {"deleting beside it", TOOL, L"C:\\Apps\\Tools\\Bin", FILE_DELETE_CHILD, true, false, 0},
    {"renaming its directory", TOOL, L"C:\\Apps\\Tools\\Bin", DELETE, true, false, 0},
    {"renaming in the directory above", TOOL, L"C:\\Apps\\Tools", FILE_DELETE_CHILD, true, false, 0},
    {"renaming the directory above", TOOL, L"C:\\Apps\\Tools", DELETE, true, false, 0},
    {"adding to the directory above", TOOL, L"C:\\Apps\\Tools", ADD, false, false, 0},
    {"renaming two above", TOOL, L"C:\\Apps", DELETE, true, false, 0},
    {"the owner of two above", TOOL, L"C:\\Apps", WRITE_OWNER, true, false, 0},
    {"the list of two above", TOOL, L"C:\\Apps", WRITE_DAC, true, false, 0},
    {"adding to the root", TOOL, L"C:\\", ADD, false, false, 0},
    {"deleting the root", TOOL, L"C:\\", DELETE, false, false, 0},
    {"renaming in the root", TOOL, L"C:\\", FILE_DELETE_CHILD, true, false, 0},
    {"the list of the root", TOOL, L"C:\\", WRITE_DAC, true, false, 0},
    {"a file in the root", L"C:\\x.exe", L"C:\\", FILE_ADD_FILE, true, false, 0},
    {"renaming in a share", SHARED, L"\\\\?\\UNC\\server\\share\\", FILE_DELETE_CHILD, true, false, 0},
    {"nothing of a share", SHARED, L"-", 0, false, false, 0},
    {"renaming on a device", DEVICE, L"\\\\?\\GLOBALROOT\\Device\\Ram0\\", FILE_DELETE_CHILD, true, false, 0},
    {"nothing of a device", DEVICE, L"-", 0, false, false, 0},
    {"a drive", L"\\\\?\\C:\\Apps\\x.exe", L"\\\\?\\C:\\", FILE_DELETE_CHILD, true, false, 0},
    {"renaming where a volume is mounted", TOOL, L"C:\\Apps", DELETE, true, true, 0},
    {"adding where a volume is mounted", TOOL, L"C:\\Apps", ADD, false, true, 0},
    {"held by others", TOOL, L"C:\\Apps", DELETE, true, false, ERROR_SHARING_VIOLATION},
    {"a volume that is read-only", TOOL, L"C:\\Apps", DELETE, false, false, ERROR_WRITE_PROTECT},
};

static const wchar_t *root_of(const wchar_t *program) {
    return !wcscmp(program, SHARED)   ? L"\\\\?\\UNC\\server\\share\\"
           : !wcscmp(program, DEVICE) ? L"\\\\?\\GLOBALROOT\\Device\\Ram0\\"
                                      : L"C:\\";
}

int wmain(int argc, wchar_t **argv) {
    const grant gone = {"a directory that is gone", TOOL, L"C:\\Apps", DELETE, false, false,
                        ERROR_PATH_NOT_FOUND};
    wchar_t path[MAX_PATH];
    bool found;
    (void)argc, (void)argv;

    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        now = &grants[i];
        check_about(now->about);
        swprintf(path, MAX_PATH, L"%ls", now->program);
        found = !now->wanted;
        opens = 0;
        highest[0] = 0;
        CHECK_INT(replaceable(path, &found), ERROR_SUCCESS);
        CHECK_INT(found, now->wanted);
        CHECK(!wcscmp(path, now->program));
        if (!now->rights && !CHECK(!wcscmp(highest, root_of(path))))
            printf("  the highest that was opened is %ls\n", highest);
    }

    now = &gone;
    check_about(now->about);
    swprintf(path, MAX_PATH, L"%ls", TOOL);
    CHECK_INT(replaceable(path, &found), ERROR_PATH_NOT_FOUND);
    return check_report();
}
