/* Tests which paths a 32-bit program sends to the broker. This program pretends that Windows redirects it. */
#include "tests/client/fake.h"

#include "tests/support/check.h"

#include <stdlib.h>

static BOOL is_32_bit;

static BOOL WINAPI is_redirected(HANDLE process, BOOL *ret) {
    (void)process;
    *ret = is_32_bit;
    return TRUE;
}

#define IsWow64Process is_redirected
#include "client/lib/wow64.c"
#undef IsWow64Process

static void maps(void) {
    static const struct {
        const wchar_t *path, *wanted; /* wanted NULL: path itself */
    } cases[] = {
        {L"C:\\Windows\\System32\\cmd.exe", L"C:\\Windows\\SysWOW64\\cmd.exe"},
        {L"c:\\WINDOWS\\system32\\cmd.exe", L"C:\\Windows\\SysWOW64\\cmd.exe"},
        {L"C:\\Windows\\System32", L"C:\\Windows\\SysWOW64"},
        {L"C:\\Windows\\System32\\", L"C:\\Windows\\SysWOW64\\"},
        {L"C:/Windows//System32/a/b.exe", L"C:\\Windows\\SysWOW64/a/b.exe"},
        {L"C:\\Windows\\Sysnative\\cmd.exe", L"C:\\Windows\\System32\\cmd.exe"},
        {L"\\\\?\\C:\\Windows\\Sysnative\\cmd.exe", L"\\\\?\\C:\\Windows\\System32\\cmd.exe"},
        {L"C:\\Windows\\regedit.exe", L"C:\\Windows\\SysWOW64\\regedit.exe"},
        {L"C:\\Windows\\lastgood\\system32\\a.exe", L"C:\\Windows\\lastgood\\SysWOW64\\a.exe"},
        {L"C:\\Windows\\System32\\drivers\\etc\\hosts", NULL},
        {L"C:\\Windows\\System32\\spool", NULL},
        {L"C:\\Windows\\System32\\DriverStore\\x", NULL},
        {L"C:\\Windows\\System32\\drivers\\a.sys", L"C:\\Windows\\SysWOW64\\drivers\\a.sys"},
        {L"C:\\Windows\\System32x\\cmd.exe", NULL},
        {L"C:\\Windows\\System\\cmd.exe", NULL},
        {L"C:\\Windows\\SysWOW64\\cmd.exe", NULL},
        {L"C:\\Windows\\explorer.exe", NULL},
        {L"C:\\Windows", NULL},
        {L"C:\\Windowsx\\System32\\cmd.exe", NULL},
        {L"D:\\Windows\\System32\\cmd.exe", NULL},
        {L"tool", NULL},
        {L"", NULL},
    };
    arena a = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case("%ls", cases[i].path);
        const wchar_t *got = wow64_map(&a, cases[i].path, L"C:\\Windows");
        CHECK_WIDE(got, cases[i].wanted ? cases[i].wanted : cases[i].path);
    }
    arena_free(&a);
}

static char application[260], directory[260];

static bool keep(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f;
    snprintf(application, sizeof application, "%s", request->u.spawn.application);
    snprintf(directory, sizeof directory, "%s", request->u.spawn.directory);
    HANDLE process = CreateEventW(NULL, FALSE, FALSE, NULL), thread = CreateEventW(NULL, FALSE, FALSE, NULL);
    return fake_launched(pipe, request, 1, process, thread, NULL);
}

/* Checks what the library sends for a program and a directory below the Windows directory. */
static void told(sb_client *client, const wchar_t *below, const char *wanted) {
    wchar_t windows[MAX_PATH], path[2 * MAX_PATH];
    char full[2 * MAX_PATH];
    sb_process process = {0};
    GetSystemWindowsDirectoryW(windows, MAX_PATH);
    swprintf(path, 2 * MAX_PATH, L"%ls\\%ls", windows, below);
    snprintf(full, sizeof full, "%ls\\%s", windows, wanted);
    const sb_spawn_options options = {.size = sizeof options, .application = path, .directory = path};
    if (!CHECK_INT(sb_spawn(client, &options, &process, NULL), ERROR_SUCCESS)) return;
    CHECK_TEXT(application, full);
    CHECK_TEXT(directory, full);
    sb_process_close(&process);
}

static void sent(void) {
    static fake f = {.serve = keep};
    sb_client *client = NULL;
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, 20000, &client, NULL), ERROR_SUCCESS)) return;
    check_case("a 64-bit program: paths are sent as they are");
    told(client, L"System32\\cmd.exe", "System32\\cmd.exe");
    is_32_bit = TRUE;
    check_case("a 32-bit program: paths are sent as the program sees them");
    told(client, L"System32\\cmd.exe", "SysWOW64\\cmd.exe");
    told(client, L"Sysnative\\cmd.exe", "System32\\cmd.exe");
    sb_disconnect(client);
}

int main(void) {
    maps();
    sent();
    return check_report();
}
