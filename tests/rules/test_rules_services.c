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

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
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
    }
    if (manager) CloseServiceHandle(manager);
    return check_report();
}
