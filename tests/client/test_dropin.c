/* Tests the drop-in function from the DLL, as a program uses it that knows nothing else of the library. This
 * program is also the child: it signals the event that it was given, and compares the event's value with the
 * one under its name. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

typedef BOOL create_fn(const wchar_t *, wchar_t *, SECURITY_ATTRIBUTES *, SECURITY_ATTRIBUTES *, BOOL, DWORD,
                       void *, const wchar_t *, STARTUPINFOW *, PROCESS_INFORMATION *, DWORD, const HANDLE *);

typedef DWORD explain_fn(sb_error *);

enum { GOOD = 42 };

/* show: the wShowWindow that the child must have; NULL: it must have none. */
static int child(const wchar_t *value, const wchar_t *show) {
    wchar_t set[8] = L"";
    STARTUPINFOW start;
    GetStartupInfoW(&start);
    if (!(start.dwFlags & STARTF_USESHOWWINDOW) != !show) return 5;
    if (show && start.wShowWindow != wcstoul(show, NULL, 10)) return 6;
    HANDLE event = (HANDLE)(ULONG_PTR)wcstoul(value, NULL, 0);
    GetEnvironmentVariableW(L"SB_TEST_SET", set, 8);
    if (wcscmp(set, L"yes")) return 1;
    if (!SetEvent(event)) return 2;
    if (event != sb_inherited_handle(L"0")) return 3;
    if (sb_inherited_handle(L"1") || sb_inherited_name(1)) return 4;
    return GOOD;
}

/* A launch that succeeds, unless the caller changes it. */
typedef struct launch {
    STARTUPINFOW startup;
    SECURITY_ATTRIBUTES *security;
    HANDLE handles[2];
    DWORD count, flags;
    void *environment;
    wchar_t line[2 * MAX_PATH];
} launch;

static launch good_launch(HANDLE event) {
    static wchar_t environment[300];
    wchar_t program[MAX_PATH], root[MAX_PATH];
    launch l = {
        .startup.cb = sizeof l.startup, .handles = {event}, .count = 1, .flags = CREATE_UNICODE_ENVIRONMENT};
    GetModuleFileNameW(NULL, program, MAX_PATH);
    GetEnvironmentVariableW(L"SystemRoot", root, MAX_PATH);
    int length = swprintf(environment, 290, L"SB_TEST_SET=yes|SystemRoot=%ls|", root);
    for (int i = 0; i < length; i++)
        if (environment[i] == L'|') environment[i] = 0;
    environment[length] = 0;
    l.environment = environment;
    swprintf(l.line, 2 * MAX_PATH, L"\"%ls\" {handle:0}", program);
    return l;
}

static DWORD create(create_fn *f, launch *l, PROCESS_INFORMATION *ret) {
    SetLastError(0);
    BOOL made = f(NULL, l->line, l->security, NULL, FALSE, l->flags, l->environment, NULL, &l->startup, ret,
                  l->count, l->handles);
    return made ? ERROR_SUCCESS : GetLastError();
}

static void works(create_fn *f, launch l, HANDLE event) {
    PROCESS_INFORMATION process;
    DWORD code = 0;
    if (!CHECK_INT(create(f, &l, &process), ERROR_SUCCESS)) return;
    CHECK_INT(WaitForSingleObject(process.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process.hProcess, &code));
    CHECK_INT(code, GOOD);
    CHECK_INT(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_INT(GetProcessId(process.hProcess), process.dwProcessId);
    ResetEvent(event);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
}

static explain_fn *explain;

/* words: part of the message, which names what is wrong. */
static void refused(create_fn *f, launch l, DWORD wanted, const char *words) {
    PROCESS_INFORMATION process = {0};
    sb_error why = {0};
    char message[600];
    CHECK_INT(create(f, &l, &process), wanted);
    CHECK(!process.hProcess);
    CHECK_INT(explain(&why), ERROR_SUCCESS);
    CHECK_INT(why.code, wanted);
    snprintf(message, sizeof message, "%ls", why.message);
    CHECK_HAS(message, words);
}

/* A console of this test's own, where it can have one. */
static void console(create_fn *f, HANDLE event) {
    BOOL made = AllocConsole();
    HANDLE output = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                NULL, OPEN_EXISTING, 0, NULL);
    launch l = good_launch(event);
    l.startup.dwFlags = STARTF_USESTDHANDLES;
    l.startup.hStdOutput = output;
    if (output == INVALID_HANDLE_VALUE) printf("  this test can have no console: not checked\n");
    else refused(f, l, ERROR_INVALID_HANDLE, "pipe");
    if (output != INVALID_HANDLE_VALUE) CloseHandle(output);
    if (made) FreeConsole();
}

static void cases(create_fn *f, HANDLE event) {
    char ansi[300];
    wchar_t desktop[32];
    launch l = good_launch(event);

    check_about("by value and by name");
    for (int i = 0; i < 3; i++) works(f, l, event);

    check_about("an environment of the ANSI code page");
    for (int i = 0; i < 300; i++) ansi[i] = (char)((wchar_t *)l.environment)[i];
    l.environment = ansi;
    l.flags = 0;
    works(f, l, event);

    check_about("refusals, each with its reason");
    l = good_launch(event);
    l.startup.dwFlags = STARTF_USESIZE;
    refused(f, l, ERROR_NOT_SUPPORTED, "STARTF_USESIZE");
    l.startup.dwFlags = 0x40000000;
    refused(f, l, ERROR_NOT_SUPPORTED, "dwFlags");
    l = good_launch(event);
    l.startup.lpTitle = l.line;
    refused(f, l, ERROR_NOT_SUPPORTED, "lpTitle");
    l = good_launch(event);
    l.startup.cbReserved2 = 1;
    refused(f, l, ERROR_NOT_SUPPORTED, "lpReserved2");
    l = good_launch(event);
    l.flags |= EXTENDED_STARTUPINFO_PRESENT;
    refused(f, l, ERROR_NOT_SUPPORTED, "EXTENDED_STARTUPINFO_PRESENT");
    l = good_launch(event);
    l.flags |= DEBUG_PROCESS;
    refused(f, l, ERROR_NOT_SUPPORTED, "DEBUG_PROCESS");
    l = good_launch(event);
    l.startup.lpDesktop = wcscpy(desktop, L"WinSta0\\nowhere");
    refused(f, l, ERROR_FILE_NOT_FOUND, "WinSta0\\nowhere");
    l = good_launch(event);
    l.security = &(SECURITY_ATTRIBUTES){.nLength = sizeof(SECURITY_ATTRIBUTES)};
    refused(f, l, ERROR_NOT_SUPPORTED, "process_attributes");
    l = good_launch(event);
    l.handles[1] = event;
    l.count = 2;
    refused(f, l, ERROR_INVALID_PARAMETER, "\"1\""); /* the same handle twice */
    l = good_launch(GetCurrentProcess());
    refused(f, l, ERROR_INVALID_HANDLE, "GetCurrentProcess");
    l = good_launch(event);
    wcscpy(l.line, L"no-such-program");
    refused(f, l, ERROR_FILE_NOT_FOUND, "no-such-program");

    check_about("priority and desktop");
    l = good_launch(event);
    l.flags |= BELOW_NORMAL_PRIORITY_CLASS;
    l.startup.lpDesktop = wcscpy(desktop, L"WinSta0\\Default");
    works(f, l, event);
    check_about("an empty desktop: Windows finds one");
    l.startup.lpDesktop = wcscpy(desktop, L"");
    works(f, l, event);
    check_about("wShowWindow, which can be SW_HIDE (0)");
    for (int i = 0; i <= SW_SHOWMINNOACTIVE; i += SW_SHOWMINNOACTIVE) {
        l = good_launch(event);
        l.startup.dwFlags = STARTF_USESHOWWINDOW;
        l.startup.wShowWindow = (WORD)i;
        swprintf(l.line + wcslen(l.line), 16, L" %d", i);
        works(f, l, event);
    }
    check_about("a console as a standard handle: the message says what to do");
    console(f, event);
}

/* ---- the twin for the ANSI code page ---- */

typedef BOOL create_ansi_fn(const char *, char *, SECURITY_ATTRIBUTES *, SECURITY_ATTRIBUTES *, BOOL, DWORD,
                            void *, const char *, STARTUPINFOA *, PROCESS_INFORMATION *, DWORD,
                            const HANDLE *);

static create_ansi_fn *create_ansi;

/* Calls the twin with the parameters of the other. */
static BOOL by_ansi(const wchar_t *application, wchar_t *line, SECURITY_ATTRIBUTES *process,
                    SECURITY_ATTRIBUTES *thread, BOOL inherit, DWORD flags, void *environment,
                    const wchar_t *directory, STARTUPINFOW *startup, PROCESS_INFORMATION *ret, DWORD count,
                    const HANDLE *handles) {
    char text[2 * MAX_PATH], desktop[64];
    STARTUPINFOA ansi = {.cb = sizeof ansi, .dwFlags = startup->dwFlags, .wShowWindow = startup->wShowWindow};
    snprintf(text, sizeof text, "%ls", line);
    snprintf(desktop, sizeof desktop, "%ls", startup->lpDesktop ? startup->lpDesktop : L"");
    if (startup->lpDesktop) ansi.lpDesktop = desktop;
    (void)application, (void)directory;
    return create_ansi(NULL, text, process, thread, inherit, flags, environment, "C:\\", &ansi, ret, count,
                       handles);
}

static void ansi_cases(HANDLE event) {
    char environment[300];
    wchar_t desktop[32];
    check_about("the twin: text, environment and start-up information in the ANSI code page");
    launch l = good_launch(event);
    for (int i = 0; i < 300; i++) environment[i] = (char)((wchar_t *)l.environment)[i];
    l.environment = environment;
    l.flags = 0;
    l.startup.lpDesktop = wcscpy(desktop, L"WinSta0\\Default");
    l.startup.dwFlags = STARTF_USESHOWWINDOW;
    l.startup.wShowWindow = SW_SHOWMINNOACTIVE;
    wcscat(l.line, L" 7");
    works(by_ansi, l, event);
    check_about("the twin: an environment of UTF-16, and errors");
    l = good_launch(event);
    works(by_ansi, l, event);
    l.startup.dwFlags = STARTF_USESIZE;
    refused(by_ansi, l, ERROR_NOT_SUPPORTED, "STARTF_USESIZE");
    PROCESS_INFORMATION process;
    CHECK(!create_ansi(NULL, NULL, NULL, NULL, FALSE, 0, NULL, NULL, NULL, &process, 0, NULL));
    CHECK_INT(GetLastError(), ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI explain_none(void *context) {
    sb_error why;
    (void)context;
    return explain(&why);
}

/* Each thread has its own last error. */
static void other_thread(void) {
    sb_error why;
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, explain_none, NULL, 0, NULL);
    check_about("another thread has no failure to explain");
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeThread(thread, &code);
    CHECK_INT(code, ERROR_NOT_FOUND);
    CloseHandle(thread);
    CHECK_INT(explain(&why), ERROR_SUCCESS);
    CHECK_INT(explain(NULL), ERROR_INVALID_PARAMETER);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    if (argc > 1) return child(argv[1], argc > 2 ? argv[2] : NULL);
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    wchar_t path[MAX_PATH];
    beside_program(path, L"spawn_broker.dll");
    HMODULE library = LoadLibraryW(path);
    create_fn *f =
        library
            ? (create_fn *)(void (*)(void))GetProcAddress(library, "sb_create_process_with_explicit_handles")
            : NULL;
    explain =
        library ? (explain_fn *)(void (*)(void))GetProcAddress(library, "sb_create_process_error") : NULL;
    if (!CHECK(f) || !CHECK(explain) || !broker_start(&broker, NULL)) return 1;
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", broker.pipe);
    cases(f, event);
    create_ansi = (create_ansi_fn *)(void (*)(void))GetProcAddress(
        library, "sb_create_process_with_explicit_handles_a");
    if (CHECK(create_ansi)) ansi_cases(event);
    other_thread();

    check_about("the broker is gone, then it is back");
    CHECK_INT(broker_stop_keep(&broker), 0);
    launch l = good_launch(event);
    refused(f, l, ERROR_SERVICE_NOT_ACTIVE, "No broker serves");
    if (!CHECK(broker_start_again(&broker))) return 1;
    works(f, l, event);

    check_about("the DLL is freed while its connection is open");
    CHECK(FreeLibrary(library));
    CHECK_INT(broker_stop(&broker), 0); /* wakes the reading thread: its code must still be there */
    Sleep(200);
    CloseHandle(event);

    return check_report();
}
