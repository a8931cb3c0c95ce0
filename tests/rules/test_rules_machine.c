/* The rules of machines that the one of the tests is not: opens that wait, 32-bit programs, volumes without a
 * letter, an Event Log that does not answer, clocks and names of accounts, desktops of session 0. */
#include "tests/rules/rule.h"
#include "tests/support/harness.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static wchar_t directory[MAX_PATH], file[MAX_PATH];

/* ---- opens that wait ---- */

static DWORD open_for(DWORD access) {
    HANDLE opened = CreateFileW(file, access, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (opened == INVALID_HANDLE_VALUE) return GetLastError();
    CloseHandle(opened);
    return ERROR_SUCCESS;
}

static DWORD WINAPI open_to_read(void *context) {
    (void)context;
    return open_for(GENERIC_READ);
}

/* Opens the file on a thread, and cancels what that waits for. Returns the error of the open. */
static DWORD cancelled(void *context) {
    DWORD code = 99;
    (void)context;
    HANDLE thread = CreateThread(NULL, 0, open_to_read, NULL, 0, NULL);
    WaitForSingleObject(thread, 200);
    for (uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
         WaitForSingleObject(thread, 20) == WAIT_TIMEOUT && !deadline_passed(deadline);)
        CancelSynchronousIo(thread);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void slow_opens(void) {
    SetEnvironmentVariableW(RULES_SLOW_VARIABLE, file);
    rule_try(RULES_SLOW_OPENS, "an open that waits is cancelled", cancelled, NULL, ERROR_OPERATION_ABORTED,
             0);
    check_about("an open for attributes does not wait");
    CHECK_INT(open_for(FILE_READ_ATTRIBUTES), ERROR_SUCCESS);
    SetEnvironmentVariableW(RULES_SLOW_VARIABLE, NULL);
    check_about("nor does another file");
    CHECK_INT(open_for(GENERIC_READ), ERROR_SUCCESS);
}

/* ---- 32-bit programs ---- */

static DWORD attributes_error(void *below) {
    wchar_t path[2 * MAX_PATH];
    GetSystemWindowsDirectoryW(path, MAX_PATH);
    wcscat(path, below);
    return GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ? GetLastError() : ERROR_SUCCESS;
}

static DWORD is_wow64(void *context) {
    BOOL is = FALSE;
    (void)context;
    return IsWow64Process(GetCurrentProcess(), &is) && is;
}

/* Returns whether a name in System32 and one in SysWOW64 are one file. */
static DWORD is_one_file(void *context) {
    BY_HANDLE_FILE_INFORMATION of[2] = {{0}};
    static const wchar_t *const directories[] = {L"System32", L"SysWOW64"};
    (void)context;
    for (int i = 0; i < 2; i++) {
        wchar_t path[2 * MAX_PATH], windows[MAX_PATH];
        GetSystemWindowsDirectoryW(windows, MAX_PATH);
        swprintf(path, 2 * MAX_PATH, L"%ls\\%ls", windows, directories[i]);
        HANDLE opened =
            CreateFileW(path, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
        CHECK(GetFileInformationByHandle(opened, &of[i]));
        CloseHandle(opened);
    }
    return of[0].nFileIndexLow == of[1].nFileIndexLow && of[0].nFileIndexHigh == of[1].nFileIndexHigh;
}

static void wow64(void) {
    SetEnvironmentVariableW(RULES_WOW64_VARIABLE, L"1");
    rule_try(RULES_WOW64_PATHS, "a 32-bit program knows that it is one", is_wow64, NULL, 1, 0);
    rule_try(RULES_WOW64_PATHS, "it finds Sysnative", attributes_error, L"\\Sysnative\\cmd.exe", 0,
             ERROR_PATH_NOT_FOUND);
    rule_try(RULES_WOW64_PATHS, "its System32 is SysWOW64", is_one_file, NULL, 1, 0);
    SetEnvironmentVariableW(RULES_WOW64_VARIABLE, NULL);
    check_about("a 64-bit program finds no Sysnative");
    CHECK_INT(attributes_error(L"\\Sysnative\\cmd.exe"), ERROR_PATH_NOT_FOUND);
}

/* ---- volumes without a letter ---- */

/* How: VOLUME_NAME_DOS or VOLUME_NAME_NT. */
static DWORD file_path_error(void *how) {
    wchar_t path[2 * MAX_PATH];
    HANDLE opened = CreateFileW(file, FILE_READ_ATTRIBUTES, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD length = GetFinalPathNameByHandleW(opened, path, 2 * MAX_PATH, *(DWORD *)how), err = GetLastError();
    CloseHandle(opened);
    return length ? ERROR_SUCCESS : err;
}

static DWORD process_path_error(void *how) {
    wchar_t path[2 * MAX_PATH];
    DWORD units = 2 * MAX_PATH;
    return QueryFullProcessImageNameW(GetCurrentProcess(), *(DWORD *)how, path, &units) ? ERROR_SUCCESS
                                                                                        : GetLastError();
}

static void volumes(void) {
    DWORD dos = VOLUME_NAME_DOS, nt = VOLUME_NAME_NT, plain = 0, native = PROCESS_NAME_NATIVE;
    SetEnvironmentVariableW(RULES_VOLUMES_VARIABLE, L"ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    rule_try(RULES_TRUE_PATHS, "a file on a volume without a letter", file_path_error, &dos,
             ERROR_INVALID_FUNCTION, 0);
    rule_try(RULES_TRUE_PATHS, "its name of the kernel", file_path_error, &nt, 0, 0);
    rule_try(RULES_TRUE_PATHS, "a program on such a volume", process_path_error, &plain,
             ERROR_INVALID_FUNCTION, 0);
    rule_try(RULES_TRUE_PATHS, "its name of the kernel", process_path_error, &native, 0, 0);
    SetEnvironmentVariableW(RULES_VOLUMES_VARIABLE, NULL);
}

/* ---- the Event Log, clocks and names ---- */

static DWORD event_source(void *context) {
    (void)context;
    HANDLE source = RegisterEventSourceW(NULL, L"SpawnBrokerTest");
    DWORD err = source ? ERROR_SUCCESS : GetLastError();
    if (source) DeregisterEventSource(source);
    return err;
}

/* Returns whether an event with a string of that many characters is refused. */
static DWORD event_refused(void *characters) {
    const size_t count = *(size_t *)characters;
    wchar_t *text = malloc((count + 1) * sizeof *text);
    const wchar_t *strings[] = {text};
    HANDLE source = RegisterEventSourceW(NULL, L"SpawnBrokerTest");
    if (!CHECK(text && source)) return 99;
    wmemset(text, L'x', count);
    text[count] = 0;
    BOOL ok = ReportEventW(source, EVENTLOG_INFORMATION_TYPE, 0, 1, NULL, 1, 0, strings, NULL);
    DeregisterEventSource(source);
    free(text);
    return !ok;
}

/* Returns whether the clock is an hour behind that of the system. */
static DWORD is_behind(void *context) {
    FILETIME precise, coarse;
    (void)context;
    GetSystemTimePreciseAsFileTime(&precise);
    GetSystemTimeAsFileTime(&coarse);
    ULARGE_INTEGER a = {.LowPart = precise.dwLowDateTime, .HighPart = precise.dwHighDateTime},
                   b = {.LowPart = coarse.dwLowDateTime, .HighPart = coarse.dwHighDateTime};
    return a.QuadPart + 3500 * 10000000ULL < b.QuadPart;
}

/* Returns whether the name of the system's SID took long. */
static DWORD is_late(void *context) {
    PSID sid = NULL;
    wchar_t name[64], domain[64];
    DWORD name_units = 64, domain_units = 64;
    SID_NAME_USE use;
    (void)context;
    int64_t begun = ticks_us();
    CHECK(ConvertStringSidToSidW(L"S-1-5-18", &sid));
    CHECK(LookupAccountSidW(NULL, sid, name, &name_units, domain, &domain_units, &use));
    LocalFree(sid);
    return ticks_us() - begun >= 390 * 1000;
}

static void event_log(void) {
    size_t most = 31839, more = 31840;
    rule_try(RULES_EVENT_LOG, "an event with a string of 31839 characters", event_refused, &most, 0, 0);
    rule_try(RULES_EVENT_LOG, "an event with a longer one", event_refused, &more, 1, 0);
    if (!rules_enforce(RULES_ALL)) return; /* only the layer boots at will, and sets clocks */
    SetEnvironmentVariableW(RULES_BOOT_VARIABLE, L"1");
    rule_try(RULES_EVENT_LOG, "early in a boot", event_source, NULL, RPC_S_SERVER_UNAVAILABLE, 0);
    SetEnvironmentVariableW(RULES_BOOT_VARIABLE, NULL);
    CHECK_INT(event_source(NULL), ERROR_SUCCESS);
}

static void clocks(void) {
    SetEnvironmentVariableW(RULES_CLOCK_VARIABLE, L"-3600");
    rule_try(RULES_CLOCKS, "a clock that is an hour behind", is_behind, NULL, 1, 0);
    SetEnvironmentVariableW(RULES_CLOCK_VARIABLE, NULL);
    SetEnvironmentVariableW(RULES_ACCOUNTS_VARIABLE, L"400");
    rule_try(RULES_CLOCKS, "a name that takes long", is_late, NULL, 1, 0);
    SetEnvironmentVariableW(RULES_ACCOUNTS_VARIABLE, NULL);
}

/* ---- desktops ---- */

static wchar_t *const no_desktop = NULL, empty[] = L"", interactive[] = L"WinSta0\\Default";

/* Starts this program in a role, and returns its exit code. token: NULL, or whose it is. */
static DWORD run_self(HANDLE token, const wchar_t *role, wchar_t *desktop) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 64];
    STARTUPINFOW start = {.cb = sizeof start, .lpDesktop = desktop};
    PROCESS_INFORMATION made;
    DWORD code = 99;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, MAX_PATH + 64, L"\"%ls\" %ls", program, role);
    BOOL ok =
        token ? CreateProcessAsUserW(token, program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made)
              : CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made);
    if (!ok) return GetLastError();
    if (WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS)) TerminateProcess(made.hProcess, 98);
    GetExitCodeProcess(made.hProcess, &code);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return code;
}

/* In a process of a service's account. */
static int of_service(void) {
    HANDLE token = NULL;
    DWORD session = 9, of_process = 9, size;
    CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK(GetTokenInformation(token, TokenSessionId, &session, sizeof session, &size));
    CHECK(ProcessIdToSessionId(GetCurrentProcessId(), &of_process));
    CHECK_INT(session, 0);
    CHECK_INT(of_process, 0);
    CloseHandle(token);
    check_about("its child, on the desktop of its own logon session");
    CHECK_INT(run_self(NULL, L"none", empty), 7);
    check_about("on its creator's");
    CHECK_INT(run_self(NULL, L"none", no_desktop), 7);
    check_about("on one that it cannot open");
    CHECK_INT(run_self(NULL, L"none", interactive), STATUS_DLL_INIT_FAILED);
    return check_report();
}

static bool is_of_session_0(void *token) {
    DWORD session = 9, size;
    return GetTokenInformation(token, TokenSessionId, &session, sizeof session, &size) && !session;
}

/* By a process of another session, with the token of a service's account, as a broker does it. */
static void for_service(void) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 64];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    HANDLE its = NULL, token = NULL;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, MAX_PATH + 64, L"\"%ls\" wait", program);
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, L"service");
    BOOL ok = CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made);
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, NULL);
    if (!CHECK(ok)) return;
    CHECK(OpenProcessToken(made.hProcess, TOKEN_QUERY | TOKEN_DUPLICATE, &its));
    CHECK(poll_until(is_of_session_0, its, TEST_DEADLINE_MS)); /* the layer has started in it */
    CHECK(DuplicateTokenEx(its, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &token));
    check_about("a service's account, launched by another's process on the desktop of its logon session");
    CHECK_INT(run_self(token, L"none", empty), 7);
    check_about("on its creator's");
    CHECK_INT(run_self(token, L"none", no_desktop), STATUS_DLL_INIT_FAILED);
    check_about("on one that it cannot open");
    CHECK_INT(run_self(token, L"none", interactive), STATUS_DLL_INIT_FAILED);
    CloseHandle(token);
    CloseHandle(its);
    TerminateProcess(made.hProcess, 0);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
}

static void desktops(void) {
    if (!rules_enforce(RULES_ALL)) return; /* only the layer has services' accounts */
    check_about("a user's child may name any desktop of its own");
    CHECK_INT(run_self(NULL, L"none", interactive), 7);
    for (int alone = 0; alone < 2; alone++) {
        check_about(alone ? "on Wine alone, a service's account is as any other" : "a service's account");
        SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, L"service");
        if (alone) SetEnvironmentVariableW(RULES_VARIABLE, L"0");
        if (alone) CHECK_INT(run_self(NULL, L"none", interactive), 7);
        else CHECK_INT(run_self(NULL, L"service", empty), 0);
        SetEnvironmentVariableW(RULES_VARIABLE, NULL);
        SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, NULL);
    }
    for_service();
}

int wmain(int argc, wchar_t **argv) {
    if (argc > 1 && !wcscmp(argv[1], L"none")) return 7;
    if (argc > 1 && !wcscmp(argv[1], L"service")) return of_service();
    if (argc > 1 && !wcscmp(argv[1], L"wait")) Sleep(TEST_DEADLINE_MS);
    if (!CHECK(directory_make(directory, L"machine"))) return check_report();
    swprintf(file, MAX_PATH, L"%ls\\file", directory);
    CHECK(file_write(file, "x", 1));
    event_log();
    desktops();
    if (rules_enforce(RULES_ALL)) {
        slow_opens();
        wow64();
        volumes();
        clocks();
    }
    directory_remove(directory);
    return check_report();
}
