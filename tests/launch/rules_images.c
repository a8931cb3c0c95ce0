/* The rules about program files: with whose rights they are opened, how they are shared, how long an open may
 * wait, and what a file on an unusual volume is called. Some functions of Windows are replaced, as Wine has
 * no such drives. */
#include "tests/launch/rules.h"

#include "service/win32/image.h"
#include "service/win32/io_limit.h"
#include "service/win32/launch.h"
#include "service/win32/text.h"
#include "service/win32/true_path.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- image.c and true_path.c with functions that are watched, or answer for another volume ---- */

static struct {
    int opens, as_somebody;
    HANDLE blocked; /* an open waits for a byte of this pipe; NULL: opens do not wait */
} watched;

static HANDLE WINAPI open_file(const wchar_t *path, DWORD access, DWORD share, SECURITY_ATTRIBUTES *security,
                               DWORD how, DWORD flags, HANDLE template_file) {
    HANDLE token;
    char byte;
    DWORD got;
    watched.opens++;
    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        watched.as_somebody++;
        CloseHandle(token);
    }
    if (watched.blocked && !ReadFile(watched.blocked, &byte, 1, &got, NULL)) return INVALID_HANDLE_VALUE;
    return CreateFileW(path, access, share, security, how, flags, template_file);
}

/* A volume that has a kernel name only, and perhaps a letter. */
static struct {
    const wchar_t *device; /* NULL: Windows' own answers */
    DWORD err;             /* of the question for its name by letter */
    wchar_t letter;
} odd_volume;

static DWORD WINAPI final_name(HANDLE file, wchar_t *path, DWORD units, DWORD flags) {
    if (!odd_volume.device) return GetFinalPathNameByHandleW(file, path, units, flags);
    if (!(flags & VOLUME_NAME_NT)) {
        SetLastError(odd_volume.err);
        return 0;
    }
    return (DWORD)swprintf(path, units, L"%ls\\tools\\tool.exe", odd_volume.device);
}

static BOOL WINAPI process_name(HANDLE process, DWORD flags, wchar_t *path, DWORD *units) {
    if (!odd_volume.device) return QueryFullProcessImageNameW(process, flags, path, units);
    if (!(flags & PROCESS_NAME_NATIVE)) {
        SetLastError(odd_volume.err);
        return FALSE;
    }
    *units = (DWORD)swprintf(path, *units, L"%ls\\tools\\tool.exe", odd_volume.device);
    return TRUE;
}

static DWORD WINAPI dos_device(const wchar_t *drive, wchar_t *target, DWORD units) {
    if (drive[0] != odd_volume.letter) return 0;
    return (DWORD)swprintf(target, units, L"\\Device\\RamDisk7") + 2;
}

#define CreateFileW open_file
#define GetFinalPathNameByHandleW final_name
#define QueryFullProcessImageNameW process_name
#define QueryDosDeviceW dos_device
#include "service/win32/image.c"
#include "service/win32/true_path.c"
#undef CreateFileW
#undef GetFinalPathNameByHandleW
#undef QueryFullProcessImageNameW
#undef QueryDosDeviceW

/* ---- with whose rights ---- */

static HANDLE own_impersonation(void) {
    HANDLE own = NULL, token = NULL;
    CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &own));
    CHECK(DuplicateTokenEx(own, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
                           TokenImpersonation, &token));
    CloseHandle(own);
    return token;
}

/* Launches the helper with "exit:0", and waits for its end. */
static fault_kind launch_helper(const wchar_t *image, const launch_as *as, fault *ret_fault) {
    arena a = {0};
    wchar_t here[MAX_PATH];
    launched child = {0};
    const child_handles none = {0};
    static const char *const environment[] = {"SystemRoot=C:\\windows"};

    GetCurrentDirectoryW(MAX_PATH, here);
    const msg_spawn spawn = {.application = text_utf8(&a, image),
                             .command_line = "test_helper.exe exit:0",
                             .directory = text_utf8(&a, here),
                             .environment = environment,
                             .environment_count = 1,
                             .lifetime = MSG_LIFETIME_DETACHED};
    fault_kind kind = launch_create(&a, as, &spawn, &none, &child, ret_fault);
    if (!kind) kind = launch_resume(&spawn, &child, ret_fault);
    if (!kind) CHECK_INT(WaitForSingleObject(child.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    launch_undo(GetCurrentProcess(), &child);
    arena_free(&a);

    return kind;
}

static void opened_as_caller(const wchar_t *image) {
    fault why = {0};
    launch_as as = {.impersonate = own_impersonation(), .parent_pid = GetCurrentProcessId()};
    check_about("the program is opened as the caller, and so is the file of the child that was created");
    watched.opens = watched.as_somebody = 0;
    CHECK_INT(launch_helper(image, &as, &why), FAULT_NONE);
    CHECK(watched.opens > 0);
    CHECK_INT(watched.as_somebody, watched.opens);

    CHECK_INT(image_open(image, "tool", 0, &as.image, &why), FAULT_NONE);
    as.check_image = true;
    watched.opens = watched.as_somebody = 0;
    CHECK_INT(launch_helper(image, &as, &why), FAULT_NONE);
    CHECK_INT(watched.opens, 1);
    CHECK_INT(watched.as_somebody, 1);
    image_close(&as.image);
    CloseHandle(as.impersonate);
}

/* ---- sharing ---- */

static void shared(const wchar_t *image) {
    fault why = {0};
    image_file file = {0};
    const launch_as as = {.parent_pid = GetCurrentProcessId()};
    check_about("a program that nobody else has open stays where it is");
    CHECK_INT(image_open(image, "tool", 0, &file, &why), FAULT_NONE);
    CHECK(!file.can_move);
    CHECK(!MoveFileExW(image, L"elsewhere.exe", 0));
    image_close(&file);

    check_about("a program that somebody holds open with DELETE access is launched, as by CreateProcess");
    HANDLE other = CreateFileW(image, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                               OPEN_EXISTING, 0, NULL);
    if (!CHECK(other != INVALID_HANDLE_VALUE)) return;
    if (CHECK_INT(image_open(image, "tool", 0, &file, &why), FAULT_NONE)) CHECK(file.can_move);
    image_close(&file);
    CHECK_INT(launch_helper(image, &as, &why), FAULT_NONE);
    CloseHandle(other);

    check_about("a program that somebody writes to is not");
    other = CreateFileW(image, FILE_WRITE_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                        OPEN_EXISTING, 0, NULL);
    if (!CHECK(other != INVALID_HANDLE_VALUE)) return;
    CHECK_INT(image_open(image, "tool", 0, &file, &why), FAULT_LAUNCH_FAILED);
    CHECK_INT(why.win32, ERROR_SHARING_VIOLATION);
    CloseHandle(other);
}

/* ---- waiting ---- */

static void late(const wchar_t *image) {
    HANDLE writing = NULL;
    fault why = {0};
    image_file file = {0};
    check_about("an open that waits ends at the deadline");
    if (!CHECK(CreatePipe(&watched.blocked, &writing, NULL, 0))) return;
    int64_t begun = ticks_us();
    CHECK_INT(image_open(image, "C:\\slow\\tool.exe", GetTickCount64() + 200, &file, &why), FAULT_TIMED_OUT);
    int64_t took_ms = (ticks_us() - begun) / 1000;
    CHECK_INT(why.win32, ERROR_TIMEOUT);
    CHECK_HAS(why.message, "C:\\slow\\tool.exe");
    if (!CHECK(took_ms >= 100 && took_ms < TEST_DEADLINE_MS / 2)) printf("  %d ms\n", (int)took_ms);

    check_about("limits of several threads, and those that end in time, do not disturb each other");
    CloseHandle(watched.blocked);
    CloseHandle(writing);
    watched.blocked = NULL;
    io_limit sooner, later;
    io_limit_begin(&later, GetTickCount64() + TEST_DEADLINE_MS);
    io_limit_begin(&sooner, GetTickCount64() + 1);
    Sleep(300);
    CHECK(io_limit_end(&sooner));
    CHECK(!io_limit_end(&later));
    CHECK_INT(image_open(image, "tool", GetTickCount64() + TEST_DEADLINE_MS, &file, &why), FAULT_NONE);
    image_close(&file);
}

/* ---- names ---- */

static void check_path(const wchar_t *got, const wchar_t *wanted) {
    if (!CHECK(!wcscmp(got, wanted))) printf("  got %ls, wanted %ls\n", got, wanted);
}

static void names(void) {
    static const struct {
        const wchar_t *device;
        DWORD err;
        wchar_t letter;
        const wchar_t *file, *process; /* NULL: the error */
    } cases[] = {
        {L"\\Device\\RamDisk7", ERROR_INVALID_FUNCTION, L'R', L"\\\\?\\R:\\tools\\tool.exe",
         L"R:\\tools\\tool.exe"},
        {L"\\Device\\RamDisk7", ERROR_PATH_NOT_FOUND, L'R', L"\\\\?\\R:\\tools\\tool.exe",
         L"R:\\tools\\tool.exe"},
        {L"\\Device\\RamDisk77", ERROR_INVALID_FUNCTION, L'R',
         L"\\\\?\\GLOBALROOT\\Device\\RamDisk77\\tools\\tool.exe",
         L"\\\\?\\GLOBALROOT\\Device\\RamDisk77\\tools\\tool.exe"},
        {L"\\Device\\RamDisk7", ERROR_INVALID_FUNCTION, 0,
         L"\\\\?\\GLOBALROOT\\Device\\RamDisk7\\tools\\tool.exe",
         L"\\\\?\\GLOBALROOT\\Device\\RamDisk7\\tools\\tool.exe"},
        {L"\\Device\\Mup\\server\\share", ERROR_PATH_NOT_FOUND, 0,
         L"\\\\?\\UNC\\server\\share\\tools\\tool.exe", L"\\\\server\\share\\tools\\tool.exe"},
        {L"\\Device\\RamDisk7", ERROR_ACCESS_DENIED, L'R', NULL, L"R:\\tools\\tool.exe"},
    };
    wchar_t path[MAX_PATH];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about("the true path on a volume that the mount manager does not know");
        odd_volume.device = cases[i].device;
        odd_volume.err = cases[i].err;
        odd_volume.letter = cases[i].letter;
        DWORD err = true_path_of_file(NULL, NULL, path, MAX_PATH);
        if (!cases[i].file) CHECK_INT(err, cases[i].err);
        else if (CHECK_INT(err, ERROR_SUCCESS)) check_path(path, cases[i].file);
        if (CHECK_INT(true_path_of_process(NULL, path, MAX_PATH), ERROR_SUCCESS))
            check_path(path, cases[i].process);
        check_about("a path that is too long");
        if (cases[i].file) CHECK_INT(true_path_of_file(NULL, NULL, path, 20), ERROR_FILENAME_EXCED_RANGE);
    }
    odd_volume.device = NULL;
}

/* ---- the desktop and the console ---- */

static void start_up(void) {
    check_about("the desktop of a child whose request names none");
    CHECK_TEXT(launch_desktop_name(NULL, 1), "winsta0\\default");
    CHECK_TEXT(launch_desktop_name(NULL, 0), "");
    CHECK_TEXT(launch_desktop_name("winsta0\\other", 0), "winsta0\\other");

    check_about("the console of a child");
    CHECK_INT(launch_console_flags(0, &(msg_reduce){0}), CREATE_NO_WINDOW);
    CHECK_INT(launch_console_flags(0, &(msg_reduce){.drop_privileges = true}), CREATE_NO_WINDOW);
    CHECK_INT(launch_console_flags(0, &(msg_reduce){.restricted = true}), DETACHED_PROCESS);
    CHECK_INT(launch_console_flags(0, &(msg_reduce){.low_integrity = true}), DETACHED_PROCESS);
    CHECK_INT(launch_console_flags(CREATE_NEW_CONSOLE, &(msg_reduce){.restricted = true}), 0);
    CHECK_INT(launch_console_flags(CREATE_NO_WINDOW, &(msg_reduce){.restricted = true}), 0);
}

void rules_images(void) {
    wchar_t helper[MAX_PATH], directory[MAX_PATH], image[2 * MAX_PATH];
    beside_program(helper, L"test_helper.exe");
    if (!CHECK(directory_make(directory, L"images"))) return;
    swprintf(image, 2 * MAX_PATH, L"%ls\\tool.exe", directory);
    if (CHECK(CopyFileW(helper, image, TRUE))) {
        opened_as_caller(image);
        shared(image);
        late(image);
    }
    names();
    start_up();
    directory_remove(directory);
}
