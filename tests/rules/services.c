/* Rule 23: the service manager remembers what ChangeServiceConfig2 sets, and QueryServiceConfig2 says it: the
 * type of the service's SID, the privileges that it requires, a delayed start, what follows a failure, and
 * whether an error is one. Source: the page of ChangeServiceConfig2. The values are in the service's key, as
 * Windows has them, and go with it. Wine 8 knows none of these levels (ERROR_INVALID_LEVEL), and forgets what
 * follows a failure. It does mark a service for deletion, expand variables in a service's line, and refuse
 * controls that a service does not accept.
 *
 * A service has the privileges that it requires, and no others. Source: the page of
 * SERVICE_REQUIRED_PRIVILEGES_INFO. Here they are taken before its main function runs, as only that is told
 * the service's name. A control while a service starts or stops is refused with 1061. Source: the page of
 * ControlService. */
#include "tests/rules/layer.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { NAME = 257, MOST_ACTIONS = 16, MOST_BYTES = 8192 };

/* A value of a service's key, as the level has it. */
typedef struct level_value {
    DWORD level;
    const wchar_t *name;
    DWORD type;
} level_value;

static const level_value values[] = {
    {SERVICE_CONFIG_SERVICE_SID_INFO, L"ServiceSidType", REG_DWORD},
    {SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, L"RequiredPrivileges", REG_MULTI_SZ},
    {SERVICE_CONFIG_DELAYED_AUTO_START_INFO, L"DelayedAutostart", REG_DWORD},
    {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, L"FailureActionsOnNonCrashFailures", REG_DWORD},
    {SERVICE_CONFIG_FAILURE_ACTIONS, L"FailureActions", REG_BINARY},
};

/* The binary value of what follows a failure. */
typedef struct failure_value {
    DWORD reset, message, command, count, offset;
    SC_ACTION actions[MOST_ACTIONS];
} failure_value;

static const level_value *find_level(DWORD level) {
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].level == level && rules_on(RULES_SERVICES)) return &values[i];
    return NULL;
}

/* Handles of services are no objects of the kernel: each module keeps its own, the latest of a value. */
enum { HANDLES = 64 };
static SRWLOCK lock = SRWLOCK_INIT;
static struct {
    SC_HANDLE handle;
    wchar_t name[NAME];
} handles[HANDLES];

static SC_HANDLE keep(SC_HANDLE handle, const wchar_t *name) {
    static size_t next;
    DWORD err = GetLastError();
    if (!handle) return NULL;
    AcquireSRWLockExclusive(&lock);
    size_t place = 0;
    while (place < HANDLES && handles[place].handle != handle) place++;
    if (place == HANDLES) place = next++ % HANDLES;
    handles[place].handle = handle;
    swprintf(handles[place].name, NAME, L"%ls", name);
    ReleaseSRWLockExclusive(&lock);
    SetLastError(err);
    return handle;
}

SC_HANDLE WINAPI rules_OpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access) {
    return keep(real.OpenServiceW(manager, name, access), name);
}

SC_HANDLE WINAPI rules_CreateServiceW(SC_HANDLE manager, LPCWSTR name, LPCWSTR display, DWORD access,
                                      DWORD type, DWORD start, DWORD errors, LPCWSTR line, LPCWSTR group,
                                      LPDWORD tag, LPCWSTR dependencies, LPCWSTR account, LPCWSTR password) {
    return keep(real.CreateServiceW(manager, name, display, access, type, start, errors, line, group, tag,
                                    dependencies, account, password),
                name);
}

static DWORD key_of(SC_HANDLE service, wchar_t *ret) {
    DWORD err = ERROR_INVALID_HANDLE;
    AcquireSRWLockShared(&lock);
    for (size_t i = 0; i < HANDLES && err; i++) {
        if (handles[i].handle != service) continue;
        swprintf(ret, NAME + 64, L"SYSTEM\\CurrentControlSet\\Services\\%ls", handles[i].name);
        err = ERROR_SUCCESS;
    }
    ReleaseSRWLockShared(&lock);
    return err;
}

static DWORD put(const level_value *v, const wchar_t *key, const void *info) {
    const wchar_t *names = v->type == REG_MULTI_SZ ? *(wchar_t *const *)info : NULL, *end = names;
    DWORD number = 0;
    failure_value failure = {.offset = offsetof(failure_value, actions)};
    if (v->type == REG_MULTI_SZ) {
        while (end && *end) end += wcslen(end) + 1;
        return (DWORD)RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, v->name, v->type, names ? names : L"",
                                      (DWORD)((size_t)(end - names) + 1) * sizeof *names);
    }
    if (v->type == REG_DWORD) {
        memcpy(&number, info, v->level == SERVICE_CONFIG_SERVICE_SID_INFO ? sizeof number : sizeof(BOOL));
        return (DWORD)RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, v->name, v->type, &number, sizeof number);
    }

    const SERVICE_FAILURE_ACTIONSW *actions = info;
    if (actions->cActions > MOST_ACTIONS) return ERROR_INVALID_PARAMETER;
    failure.reset = actions->dwResetPeriod;
    failure.count = actions->lpsaActions ? actions->cActions : 0;
    if (failure.count) memcpy(failure.actions, actions->lpsaActions, failure.count * sizeof *failure.actions);
    return (DWORD)RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, v->name, v->type, &failure, sizeof failure);
}

static bool is_known(const level_value *v, const void *info) {
    if (v->level != SERVICE_CONFIG_SERVICE_SID_INFO) return true;
    const DWORD type = ((const SERVICE_SID_INFO *)info)->dwServiceSidType;
    return type == SERVICE_SID_TYPE_NONE || type == SERVICE_SID_TYPE_UNRESTRICTED ||
           type == SERVICE_SID_TYPE_RESTRICTED;
}

BOOL WINAPI rules_ChangeServiceConfig2W(SC_HANDLE service, DWORD level, LPVOID info) {
    wchar_t key[NAME + 64];
    const level_value *v = info ? find_level(level) : NULL;
    if (!v) return real.ChangeServiceConfig2W(service, level, info);
    if (!is_known(v, info)) return rules_fail(ERROR_INVALID_PARAMETER);
    if (!real.ChangeServiceConfig2W(service, level, info) && GetLastError() != ERROR_INVALID_LEVEL)
        return FALSE;
    DWORD err = key_of(service, key);
    if (!err) err = put(v, key, info);
    return err ? rules_fail(err) : TRUE;
}

/* Makes the level's structure of what the key has, with what it points to behind it. Returns its size. */
static size_t make_info(const level_value *v, const BYTE *value, DWORD size, BYTE *ret) {
    const failure_value *failure = (const void *)value;
    if (v->type == REG_DWORD) {
        memset(ret, 0, sizeof(DWORD));
        if (size) memcpy(ret, value, sizeof(DWORD));
        return sizeof(DWORD);
    }
    if (v->type == REG_MULTI_SZ) {
        SERVICE_REQUIRED_PRIVILEGES_INFOW *info = (void *)ret;
        info->pmszRequiredPrivileges = size ? (void *)(info + 1) : NULL;
        memcpy(info + 1, value, size);
        return sizeof *info + size;
    }
    SERVICE_FAILURE_ACTIONSW *info = (void *)ret;
    memset(info, 0, sizeof *info);
    if (size < sizeof *failure) return sizeof *info;
    info->dwResetPeriod = failure->reset;
    info->cActions = failure->count;
    info->lpsaActions = (void *)(info + 1);
    memcpy(info + 1, failure->actions, failure->count * sizeof *failure->actions);
    return sizeof *info + failure->count * sizeof *failure->actions;
}

/* What is pointed to is moved to the caller's memory. */
static void relocate(const level_value *v, BYTE *info) {
    if (v->type == REG_MULTI_SZ) {
        SERVICE_REQUIRED_PRIVILEGES_INFOW *privileges = (void *)info;
        if (privileges->pmszRequiredPrivileges) privileges->pmszRequiredPrivileges = (void *)(privileges + 1);
    }
    if (v->type == REG_BINARY) {
        SERVICE_FAILURE_ACTIONSW *failure = (void *)info;
        if (failure->lpsaActions) failure->lpsaActions = (void *)(failure + 1);
    }
}

BOOL WINAPI rules_QueryServiceConfig2W(SC_HANDLE service, DWORD level, LPBYTE info, DWORD room,
                                       LPDWORD ret_size) {
    wchar_t key[NAME + 64];
    const level_value *v = find_level(level);
    if (!v) return real.QueryServiceConfig2W(service, level, info, room, ret_size);
    DWORD err = key_of(service, key), size = MOST_BYTES / 2;
    if (err) return rules_fail(err);

    BYTE *value = rules_allocate(MOST_BYTES), *made = rules_allocate(MOST_BYTES);
    if (RegGetValueW(HKEY_LOCAL_MACHINE, key, v->name, RRF_RT_ANY, NULL, value, &size)) size = 0;
    const DWORD needed = (DWORD)make_info(v, value, size, made);
    if (ret_size) *ret_size = needed;
    if (room < needed || !info) err = ERROR_INSUFFICIENT_BUFFER;
    else {
        memcpy(info, made, needed);
        relocate(v, info);
    }
    rules_free(value);
    rules_free(made);
    return err ? rules_fail(err) : TRUE;
}

/* ---- a service that starts ---- */

static SERVICE_TABLE_ENTRYW started; /* a process of ours is one service */

static bool is_required(const wchar_t *names, const LUID *privilege) {
    LUID one;
    for (; *names; names += wcslen(names) + 1)
        if (LookupPrivilegeValueW(NULL, names, &one) && !memcmp(&one, privilege, sizeof one)) return true;
    return false;
}

static void keep_required(const wchar_t *service) {
    wchar_t key[NAME + 64], names[1024];
    BYTE bytes[2048];
    DWORD size = sizeof names;
    HANDLE token = NULL;
    TOKEN_PRIVILEGES *all = (void *)bytes;
    swprintf(key, NAME + 64, L"SYSTEM\\CurrentControlSet\\Services\\%ls", service);
    if (RegGetValueW(HKEY_LOCAL_MACHINE, key, L"RequiredPrivileges", RRF_RT_REG_MULTI_SZ, NULL, names,
                     &size) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
        return;
    if (names[0] && real.GetTokenInformation(token, TokenPrivileges, all, sizeof bytes, &size)) {
        for (DWORD i = 0; i < all->PrivilegeCount; i++)
            if (!is_required(names, &all->Privileges[i].Luid))
                all->Privileges[i].Attributes = SE_PRIVILEGE_REMOVED;
        AdjustTokenPrivileges(token, FALSE, all, 0, NULL, NULL);
    }
    real.CloseHandle(token);
}

static void WINAPI main_of_service(DWORD argc, wchar_t **argv) {
    if (argc && rules_on(RULES_SERVICES)) keep_required(argv[0]);
    started.lpServiceProc(argc, argv);
}

BOOL WINAPI rules_StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *table) {
    started = table[0];
    const SERVICE_TABLE_ENTRYW own[] = {{started.lpServiceName, main_of_service}, {NULL, NULL}};
    return real.StartServiceCtrlDispatcherW(own);
}

BOOL WINAPI rules_ControlService(SC_HANDLE service, DWORD control, LPSERVICE_STATUS ret) {
    SERVICE_STATUS_PROCESS now;
    DWORD size;
    if (rules_on(RULES_SERVICES) && control != SERVICE_CONTROL_INTERROGATE &&
        QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof now, &size) &&
        (now.dwCurrentState == SERVICE_START_PENDING || now.dwCurrentState == SERVICE_STOP_PENDING))
        return rules_fail(ERROR_SERVICE_CANNOT_ACCEPT_CTRL);
    return real.ControlService(service, control, ret);
}
