/* The rules about program files: with whose rights they are opened, how they are shared, how long an open may
 * wait, and what a file on an unusual volume is called. Some functions of Windows are replaced, as Wine has
 * no such drives. */
#include "tests/launch/rules.h"

#include "service/win32/facts.h"
#include "service/win32/image.h"
#include "service/win32/io_limit.h"
#include "service/win32/launch.h"
#include "service/win32/nt.h"
#include "service/win32/text.h"
#include "service/win32/true_path.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- image.c and true_path.c with functions that are watched, or answer for another volume ---- */

static struct {
    int opens, as_somebody, careful; /* careful: a pipe's server could not act as who opens */
    HANDLE blocked;                  /* an open waits for a byte of this pipe; NULL: opens do not wait */
    bool remote;                     /* files are on another machine */
    HANDLE created; /* the file that processes are created from; NULL: the system cannot tell (Wine) */
    int questions;  /* which file a process was created from */
    int opens_then; /* when it was asked last */
} watched;

static void watch_again(void) {
    watched.opens = watched.as_somebody = watched.careful = watched.questions = 0;
}

/* Checks that there were opens, that each was made as somebody, and carefully. */
static void check_watched(void) {
    CHECK(watched.opens > 0);
    CHECK_INT(watched.as_somebody, watched.opens);
    CHECK_INT(watched.careful, watched.opens);
}

static HANDLE WINAPI open_file(const wchar_t *path, DWORD access, DWORD share, SECURITY_ATTRIBUTES *security,
                               DWORD how, DWORD flags, HANDLE template_file) {
    HANDLE token;
    char byte;
    DWORD got;
    watched.opens++;
    if ((flags & SECURITY_VALID_SQOS_FLAGS) == (SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION))
        watched.careful++;
    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        watched.as_somebody++;
        CloseHandle(token);
    }
    if (watched.blocked && !ReadFile(watched.blocked, &byte, 1, &got, NULL)) return INVALID_HANDLE_VALUE;
    return CreateFileW(path, access, share, security, how, flags, template_file);
}

static DWORD volume_of(HANDLE file, nt_volume *ret) {
    DWORD err = nt_query_volume(file, ret);
    if (!err && watched.remote) ret->remote = true;
    return err;
}

static DWORD created_from(HANDLE process, HANDLE file, bool *ret);

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
#define nt_query_volume volume_of
#define nt_created_from created_from
#include "service/win32/file_open.c"
#include "service/win32/image.c"
#include "service/win32/true_path.c"
#undef CreateFileW
#undef GetFinalPathNameByHandleW
#undef QueryFullProcessImageNameW
#undef QueryDosDeviceW
#undef nt_query_volume
#undef nt_created_from

/* ProcessImageFileMapping, which Wine does not have. */
static DWORD created_from(HANDLE process, HANDLE file, bool *ret) {
    (void)process;
    watched.questions++;
    watched.opens_then = watched.opens;
    if (!watched.created) return ERROR_NOT_SUPPORTED;
    *ret = same_file(watched.created, file);
    return ERROR_SUCCESS;
}

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
    watch_again();
    CHECK_INT(launch_helper(image, &as, &why), FAULT_NONE);
    check_watched();

    CHECK_INT(image_open(image, "tool", NULL, &as.image, &why), FAULT_NONE);
    as.check_by_path = true;
    watch_again();
    CHECK_INT(launch_helper(image, &as, &why), FAULT_NONE);
    CHECK_INT(watched.opens, 2); /* of the directory, and of the child's file */
    check_watched();
    image_close(&as.image);
    CloseHandle(as.impersonate);
}

/* Every open that a rule can cause, of the program, its directory, the child's directory and the caller's
 * program. */
static void facts_as_caller(const wchar_t *image) {
    arena a = {0};
    policy_why why = {""};
    const char *text;
    char hash[65];
    bool writable;
    facts f = {.memory = &a,
               .application = text_utf8(&a, image),
               .directory = "C:\\",
               .caller_image = text_utf8(&a, image),
               .impersonate = own_impersonation()};
    check_about("what a rule asks about files is found out as the caller");
    watch_again();
    CHECK(facts_oracle.path(&f, &text, &why));
    CHECK(facts_oracle.sha256(&f, hash, &why));
    CHECK_INT(watched.opens, 1); /* the same file */
    CHECK(facts_oracle.writable(&f, &writable, &why));
    CHECK(watched.opens > 1);
    check_watched();

    watch_again();
    if (!CHECK(facts_oracle.signer(&f, &text, &why))) printf("  %s\n", why.text);
    CHECK_INT(watched.opens, 1);
    check_watched();

    watch_again();
    CHECK(facts_oracle.directory(&f, &text, &why) && facts_oracle.directory(&f, &text, &why));
    CHECK_TEXT(text, "C:\\");
    CHECK_INT(watched.opens, 1);
    check_watched();
    facts_close(&f);
    CloseHandle(f.impersonate);
    arena_free(&a);
}

/* ---- the file that was decided on ---- */

/* The program's path leads to another file than the one that is held open. Where the system can tell, nothing
 * is opened to find that out, so that it does not help to lead the path back. */
static void swapped(const wchar_t *image, const wchar_t *other) {
    fault why = {0};
    launch_as as = {.parent_pid = GetCurrentProcessId()};
    if (!CHECK_INT(image_open(image, "tool", NULL, &as.image, &why), FAULT_NONE)) return;
    const struct {
        const char *about;
        const wchar_t *created; /* NULL: the system cannot tell */
        bool by_path;
        fault_kind wanted;
    } cases[] = {
        {"another file, as the system says", other, false, FAULT_LAUNCH_FAILED},
        {"the same file, as the system says", image, false, FAULT_NONE},
        {"another file, by its path", NULL, true, FAULT_LAUNCH_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about(cases[i].about);
        watched.created = cases[i].created
                              ? CreateFileW(cases[i].created, FILE_READ_ATTRIBUTES,
                                            FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL)
                              : NULL;
        as.check_by_path = cases[i].by_path;
        watch_again();
        CHECK_INT(launch_helper(other, &as, &why), cases[i].wanted);
        CHECK_INT(watched.questions, 1);
        CHECK_INT(watched.opens - watched.opens_then, cases[i].by_path ? 1 : 0);
        if (cases[i].wanted) {
            CHECK_INT(why.win32, ERROR_FILE_INVALID);
            CHECK_HAS(why.message, "no longer the file");
        }
        win_close(&watched.created);
    }

    check_about("a program that no rule has looked at is checked, too");
    image_close(&as.image);
    watched.created = CreateFileW(image, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                                  OPEN_EXISTING, 0, NULL);
    CHECK_INT(launch_helper(other, &as, &why), FAULT_LAUNCH_FAILED);
    CHECK_INT(launch_helper(image, &as, &why), FAULT_NONE);

    check_about("content that has changed since a rule looked at it");
    CHECK_INT(image_open(image, "tool", NULL, &as.image, &why), FAULT_NONE);
    CHECK_INT(image_stamp_read(as.image.file, &as.image.stamp), ERROR_SUCCESS);
    CHECK_INT(image_check(&as.image, GetCurrentProcess(), false), ERROR_SUCCESS);
    as.image.stamp.written++;
    CHECK_INT(image_check(&as.image, GetCurrentProcess(), false), ERROR_FILE_INVALID);
    as.image.stamp.written--;
    as.image.stamp.size++;
    CHECK_INT(image_check(&as.image, GetCurrentProcess(), false), ERROR_FILE_INVALID);
    image_close(&as.image);
    win_close(&watched.created);
}

/* ---- which programs are read ---- */

static void hashed(const wchar_t *image) {
    static const struct {
        const char *about;
        bool remote;
        policy_hash how;
        const char *wanted; /* of the reason; NULL: it is hashed */
    } cases[] = {{"any size", false, {0}, NULL},
                 {"up to a size", false, {.most_bytes = 1 << 30}, NULL},
                 {"larger", false, {.most_bytes = 1000}, "hash.most_bytes of the policy is 1000"},
                 {"on another machine", true, {0}, "hash.remote"},
                 {"on another machine, which the policy trusts", true, {.remote = true}, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena a = {0};
        policy_why why = {""};
        char hash[65];
        facts f = {.memory = &a, .application = text_utf8(&a, image), .hash = cases[i].how};
        check_about(cases[i].about);
        watched.remote = cases[i].remote;
        CHECK_INT(facts_oracle.sha256(&f, hash, &why), !cases[i].wanted);
        if (cases[i].wanted) CHECK_HAS(why.text, cases[i].wanted);
        CHECK_INT(f.failed.kind, FAULT_NONE);
        facts_close(&f);
        arena_free(&a);
    }
    watched.remote = false;
}

/* A pipe is not read: whoever serves it could keep the reader waiting. */
static void not_on_disk(void) {
    fault why = {0};
    image_file file = {0};
    HANDLE server = CreateNamedPipeW(L"\\\\.\\pipe\\SpawnBrokerNoProgram", PIPE_ACCESS_DUPLEX, PIPE_WAIT, 1,
                                     4096, 4096, 0, NULL);
    check_about("a pipe is no program");
    if (!CHECK(server != INVALID_HANDLE_VALUE)) return;
    int64_t begun = ticks_us();
    const io_bound bound = {.deadline = GetTickCount64() + TEST_DEADLINE_MS};
    CHECK_INT(image_open(L"\\\\.\\pipe\\SpawnBrokerNoProgram", "x", &bound, &file, &why),
              FAULT_LAUNCH_FAILED);
    CHECK(ticks_us() - begun < 1000000);
    CHECK_INT(why.win32, ERROR_BAD_FILE_TYPE);
    CHECK_HAS(why.message, "not a file on a disk");
    CHECK_INT(image_open(L"NUL", "x", &bound, &file, &why), FAULT_LAUNCH_FAILED);
    CHECK_INT(why.win32, ERROR_BAD_FILE_TYPE);
    CloseHandle(server);
}

/* ---- sharing ---- */

static void shared(const wchar_t *image) {
    fault why = {0};
    image_file file = {0};
    const launch_as as = {.parent_pid = GetCurrentProcessId()};
    check_about("a program that nobody else has open stays where it is");
    CHECK_INT(image_open(image, "tool", NULL, &file, &why), FAULT_NONE);
    CHECK(!file.can_move);
    CHECK(!MoveFileExW(image, L"elsewhere.exe", 0));
    image_close(&file);

    check_about("a program that somebody holds open with DELETE access is launched, as by CreateProcess");
    HANDLE other = CreateFileW(image, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                               OPEN_EXISTING, 0, NULL);
    if (!CHECK(other != INVALID_HANDLE_VALUE)) return;
    if (CHECK_INT(image_open(image, "tool", NULL, &file, &why), FAULT_NONE)) CHECK(file.can_move);
    image_close(&file);
    CHECK_INT(launch_helper(image, &as, &why), FAULT_NONE);
    CloseHandle(other);

    check_about("a program that somebody writes to is not");
    other = CreateFileW(image, FILE_WRITE_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                        OPEN_EXISTING, 0, NULL);
    if (!CHECK(other != INVALID_HANDLE_VALUE)) return;
    CHECK_INT(image_open(image, "tool", NULL, &file, &why), FAULT_LAUNCH_FAILED);
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
    const io_bound soon = {.deadline = GetTickCount64() + 200};
    CHECK_INT(image_open(image, "C:\\slow\\tool.exe", &soon, &file, &why), FAULT_TIMED_OUT);
    int64_t took_ms = (ticks_us() - begun) / 1000;
    CHECK_INT(why.win32, ERROR_TIMEOUT);
    CHECK_HAS(why.message, "C:\\slow\\tool.exe");
    if (!CHECK(took_ms >= 100 && took_ms < TEST_DEADLINE_MS / 2)) printf("  %d ms\n", (int)took_ms);

    check_about("limits of several threads, and those that end in time, do not disturb each other");
    CloseHandle(watched.blocked);
    CloseHandle(writing);
    watched.blocked = NULL;
    io_limit sooner, later;
    const io_bound at_last = {.deadline = GetTickCount64() + TEST_DEADLINE_MS},
                   at_once = {.deadline = GetTickCount64() + 1};
    io_limit_begin(&later, &at_last);
    io_limit_begin(&sooner, &at_once);
    Sleep(300);
    CHECK_INT(io_limit_end(&sooner, ERROR_OPERATION_ABORTED), ERROR_TIMEOUT);
    CHECK_INT(io_limit_end(&later, ERROR_ACCESS_DENIED), ERROR_ACCESS_DENIED);
    CHECK_INT(image_open(image, "tool", &at_last, &file, &why), FAULT_NONE);
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
        facts_as_caller(image);
        swapped(image, helper);
        hashed(image);
        shared(image);
        late(image);
    }
    not_on_disk();
    names();
    start_up();
    directory_remove(directory);
}
