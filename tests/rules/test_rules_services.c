/* The rules of the service manager. */
#include "tests/rules/rule.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef struct asked {
    SC_HANDLE service;
    DWORD level;
    void *set;
} asked;

static BYTE got[4096];

/* Sets, and reads through a second handle; returns the first error. */
static DWORD set_and_read(void *context) {
    const asked *a = context;
    DWORD size;
    memset(got, 0, sizeof got);
    if (!ChangeServiceConfig2W(a->service, a->level, a->set)) return GetLastError();
    return QueryServiceConfig2W(a->service, a->level, got, sizeof got, &size) ? ERROR_SUCCESS
                                                                              : GetLastError();
}

static void kept(SC_HANDLE service) {
    SERVICE_SID_INFO sid = {SERVICE_SID_TYPE_UNRESTRICTED}, unknown = {9};
    SERVICE_REQUIRED_PRIVILEGES_INFOW privileges = {L"SeChangeNotifyPrivilege\0SeImpersonatePrivilege\0"};
    SERVICE_DELAYED_AUTO_START_INFO delayed = {TRUE};
    SERVICE_FAILURE_ACTIONS_FLAG flag = {TRUE};
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 1000}, {SC_ACTION_NONE, 0}};
    SERVICE_FAILURE_ACTIONSW failure = {.dwResetPeriod = 60, .cActions = 2, .lpsaActions = actions};
    DWORD size;

    asked a = {service, SERVICE_CONFIG_SERVICE_SID_INFO, &sid};
    rule_try(RULES_SERVICES, "the type of the SID", set_and_read, &a, ERROR_SUCCESS, ERROR_INVALID_LEVEL);
    CHECK_INT(((SERVICE_SID_INFO *)(void *)got)->dwServiceSidType, SERVICE_SID_TYPE_UNRESTRICTED);
    a = (asked){service, SERVICE_CONFIG_SERVICE_SID_INFO, &unknown};
    rule_try(RULES_SERVICES, "a type that is none", set_and_read, &a, ERROR_INVALID_PARAMETER,
             ERROR_INVALID_LEVEL);
    a = (asked){service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &privileges};
    rule_try(RULES_SERVICES, "the privileges", set_and_read, &a, ERROR_SUCCESS, ERROR_INVALID_LEVEL);
    const wchar_t *names = ((SERVICE_REQUIRED_PRIVILEGES_INFOW *)(void *)got)->pmszRequiredPrivileges;
    CHECK(names && !memcmp(names, privileges.pmszRequiredPrivileges,
                           sizeof L"SeChangeNotifyPrivilege\0SeImpersonatePrivilege\0"));
    a = (asked){service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed};
    rule_try(RULES_SERVICES, "a delayed start", set_and_read, &a, ERROR_SUCCESS, ERROR_INVALID_LEVEL);
    CHECK_INT(((SERVICE_DELAYED_AUTO_START_INFO *)(void *)got)->fDelayedAutostart, TRUE);
    a = (asked){service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag};
    rule_try(RULES_SERVICES, "an error is a failure", set_and_read, &a, ERROR_SUCCESS, ERROR_INVALID_LEVEL);
    CHECK_INT(((SERVICE_FAILURE_ACTIONS_FLAG *)(void *)got)->fFailureActionsOnNonCrashFailures, TRUE);
    a = (asked){service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure};
    rule_try(RULES_SERVICES, "what follows a failure", set_and_read, &a, ERROR_SUCCESS, ERROR_INVALID_LEVEL);
    const SERVICE_FAILURE_ACTIONSW *read = (void *)got;
    CHECK_INT(read->dwResetPeriod, 60);
    if (CHECK_INT(read->cActions, 2)) CHECK(!memcmp(read->lpsaActions, actions, sizeof actions));
    check_about("with too little room");
    CHECK(!QueryServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, got, 1, &size));
    CHECK_INT(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(size >= sizeof failure + sizeof actions);
}

/* Wine keeps this rule itself. */
static void marked(SC_HANDLE manager, SC_HANDLE service, const wchar_t *name, const wchar_t *program) {
    check_about("a service that is deleted while a handle is open is marked for deletion");
    CHECK(DeleteService(service));
    CHECK(!DeleteService(service));
    CHECK_INT(GetLastError(), ERROR_SERVICE_MARKED_FOR_DELETE);
    CHECK(!CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                          SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, program, NULL, NULL, NULL, NULL, NULL));
    CHECK_INT(GetLastError(), ERROR_SERVICE_MARKED_FOR_DELETE);
    CloseServiceHandle(service);
    CHECK(!OpenServiceW(manager, name, SERVICE_QUERY_CONFIG));
    CHECK_INT(GetLastError(), ERROR_SERVICE_DOES_NOT_EXIST);
}

/* ---- a service that runs ---- */

static SERVICE_STATUS_HANDLE status_handle;
static HANDLE go_on; /* signalled by a control that it accepts */

static void report(DWORD state, DWORD accepted, DWORD code) {
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwControlsAccepted = accepted,
                             .dwWin32ExitCode = code ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR,
                             .dwServiceSpecificExitCode = code,
                             .dwWaitHint = TEST_DEADLINE_MS};
    SetServiceStatus(status_handle, &status);
}

static DWORD privilege_count(void) {
    BYTE bytes[2048];
    DWORD size, count = 0;
    HANDLE token = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return 99;
    if (GetTokenInformation(token, TokenPrivileges, bytes, sizeof bytes, &size))
        count = ((TOKEN_PRIVILEGES *)(void *)bytes)->PrivilegeCount;
    CloseHandle(token);
    return count;
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
    (void)type, (void)data, (void)context;
    if (control == SERVICE_CONTROL_STOP) SetEvent(go_on);
    return NO_ERROR;
}

/* Starts slowly, so that it can be asked meanwhile. Ends with its number of privileges. */
static void WINAPI service_main(DWORD argc, wchar_t **argv) {
    (void)argc, (void)argv;
    go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
    status_handle = RegisterServiceCtrlHandlerExW(L"", on_control, NULL);
    report(SERVICE_START_PENDING, SERVICE_ACCEPT_STOP, 0);
    Sleep(3000);
    report(SERVICE_RUNNING, SERVICE_ACCEPT_STOP, 0);
    WaitForSingleObject(go_on, TEST_DEADLINE_MS);
    report(SERVICE_STOPPED, 0, privilege_count());
}

typedef struct service_wait {
    SC_HANDLE service;
    DWORD state;
    SERVICE_STATUS last;
} service_wait;

static bool has_state(void *context) {
    service_wait *w = context;
    return QueryServiceStatus(w->service, &w->last) && w->last.dwCurrentState == w->state;
}

static DWORD send_control(SC_HANDLE service, DWORD control) {
    SERVICE_STATUS status;
    return ControlService(service, control, &status) ? ERROR_SUCCESS : GetLastError();
}

/* Runs the service, and returns the number of its privileges. */
static DWORD ran(SC_HANDLE service) {
    service_wait w = {.service = service, .state = SERVICE_RUNNING};
    if (!CHECK(StartServiceW(service, 0, NULL))) return 98;
    check_about("a control while the service starts");
    CHECK_INT(send_control(service, SERVICE_CONTROL_STOP), ERROR_SERVICE_CANNOT_ACCEPT_CTRL);
    CHECK(poll_until(has_state, &w, TEST_DEADLINE_MS));
    check_about("a control that the service does not accept");
    CHECK_INT(send_control(service, SERVICE_CONTROL_PAUSE), ERROR_INVALID_SERVICE_CONTROL);
    CHECK_INT(send_control(service, SERVICE_CONTROL_STOP), ERROR_SUCCESS);
    w.state = SERVICE_STOPPED;
    CHECK(poll_until(has_state, &w, TEST_DEADLINE_MS));
    CHECK_INT(w.last.dwWin32ExitCode, ERROR_SERVICE_SPECIFIC_ERROR);
    check_about("a control while the service is stopped");
    CHECK_INT(send_control(service, SERVICE_CONTROL_STOP), ERROR_SERVICE_NOT_ACTIVE);
    return w.last.dwServiceSpecificExitCode;
}

/* A service whose line has a variable in its path. It runs with all privileges, and with some. */
static void running(SC_HANDLE manager, const wchar_t *name, const wchar_t *program) {
    wchar_t copy[MAX_PATH + 128], line[MAX_PATH];
    wchar_t names[] = L"SeChangeNotifyPrivilege\0SeImpersonatePrivilege\0";
    SERVICE_REQUIRED_PRIVILEGES_INFOW some = {names};
    GetSystemWindowsDirectoryW(copy, MAX_PATH);
    swprintf(copy + wcslen(copy), 128, L"\\Temp\\%ls.exe", name);
    swprintf(line, MAX_PATH, L"\"%%SystemRoot%%\\Temp\\%ls.exe\" service", name);
    if (!CHECK(CopyFileW(program, copy, FALSE))) return;
    SC_HANDLE service =
        CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                       SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
    if (CHECK(service != NULL)) {
        check_about("a variable in the line of a service");
        DWORD all = ran(service);
        CHECK(ChangeServiceConfig2W(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &some));
        DWORD less = ran(service);
        check_about("a service has the privileges that it requires");
        CHECK_INT(less, 2);
        CHECK(all > less);
        CHECK(DeleteService(service));
        CloseServiceHandle(service);
    }
    DeleteFileW(copy);
}

int wmain(int argc, wchar_t **argv) {
    wchar_t own[] = L"";
    const SERVICE_TABLE_ENTRYW table[] = {{own, service_main}, {NULL, NULL}};
    if (argc > 1 && !wcscmp(argv[1], L"service")) return !StartServiceCtrlDispatcherW(table);
    wchar_t program[MAX_PATH], name[64];
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (!manager && GetLastError() == ERROR_ACCESS_DENIED) {
        printf("skipped: this process is not elevated\n");
        return 77;
    }
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(name, 64, L"sb-rules-%lu", GetCurrentProcessId());
    SC_HANDLE service =
        CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                       SERVICE_ERROR_NORMAL, program, NULL, NULL, NULL, NULL, NULL);
    if (CHECK(service != NULL)) {
        kept(service);
        marked(manager, service, name, program);
        wcscat(name, L"-runs");
        running(manager, name, program);
    }
    if (manager) CloseServiceHandle(manager);
    return check_report();
}
