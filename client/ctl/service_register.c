/* Registers the service with the service manager, and removes it. */
#include "client/ctl/service.h"
#include "service/win32/names.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <string.h>
#include <wchar.h>

enum { PRESHUTDOWN_MS = 60000 };

static const wchar_t description[] = L"Launches programs for other programs, each with exactly the handles "
                                     L"that its caller names, and keeps a record of "
                                     L"every launch. Programs that use it cannot launch while it is stopped.";

static const wchar_t privileges[] =
#define X(name) L"" name L"\0"
    SERVICE_PRIVILEGES(X)
#undef X
    ;

/* The command line is the program alone, always quoted: without quotation marks, a path with a space could
 * start another program. What else there is to say stands in the settings. */
static const wchar_t *command_line(arena *a, const service_plan *plan) {
    const char *program = text_utf8(a, plan->program);
    return program ? text_wide(a, arena_printf(a, "\"%s\"", program)) : NULL;
}

/* Sets an optional setting; *ret_without collects those that this system does not support.
 * QUIRK wine 8: its own service manager has no required privileges, no SID, no delayed start
 * (ERROR_INVALID_LEVEL). The layer of the tests, tests/rules, has them. CURE: continue without, and say so.
 * TEST: tests/service/test_ctl_service.c */
static DWORD set(arena *a, SC_HANDLE service, DWORD level, const void *info, const char *name,
                 const char **ret_without) {
    if (ChangeServiceConfig2W(service, level, (void *)(ULONG_PTR)info)) return ERROR_SUCCESS;
    DWORD err = win_error();
    if (err != ERROR_INVALID_LEVEL && err != ERROR_CALL_NOT_IMPLEMENTED) return err;
    const char *without = *ret_without ? arena_printf(a, "%s, %s", *ret_without, name) : name;
    if (!without) return ERROR_NOT_ENOUGH_MEMORY;
    *ret_without = without;
    return ERROR_SUCCESS;
}

static DWORD set_all(arena *a, SC_HANDLE service, const char **ret_without, const char **ret_what) {
    SC_ACTION actions[] = {
        {SC_ACTION_RESTART, 5 * 1000}, {SC_ACTION_RESTART, 30 * 1000}, {SC_ACTION_RESTART, 5 * 60 * 1000}};
    const SERVICE_DESCRIPTIONW about = {(wchar_t *)(ULONG_PTR)description};
    const SERVICE_DELAYED_AUTO_START_INFO delayed = {TRUE};
    const SERVICE_SID_INFO sid = {SERVICE_SID_TYPE_UNRESTRICTED};
    const SERVICE_REQUIRED_PRIVILEGES_INFOW required = {(wchar_t *)(ULONG_PTR)privileges};
    const SERVICE_FAILURE_ACTIONSW failure = {
        .dwResetPeriod = 24 * 60 * 60, .cActions = sizeof actions / sizeof *actions, .lpsaActions = actions};
    const SERVICE_FAILURE_ACTIONS_FLAG too = {TRUE};
    const SERVICE_PRESHUTDOWN_INFO shutdown = {PRESHUTDOWN_MS};
    const struct {
        DWORD level;
        const void *info;
        const char *name;
    } list[] = {
        {SERVICE_CONFIG_DESCRIPTION, &about, "description"},
        {SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, "delayed start"},
        {SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "SID of the service"},
        {SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &required, "required privileges"},
        {SERVICE_CONFIG_FAILURE_ACTIONS, &failure, "recovery"},
        {SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &too, "recovery from errors"},
        {SERVICE_CONFIG_PRESHUTDOWN_INFO, &shutdown, "time before a shutdown"},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        DWORD err = set(a, service, list[i].level, list[i].info, list[i].name, ret_without);
        if (!err) continue;
        *ret_what = arena_printf(a, "cannot set the service's %s", list[i].name);
        return err;
    }

    return ERROR_SUCCESS;
}

static DWORD add_events(const wchar_t *program) {
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    HKEY key;
    LSTATUS err =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, NAME_EVENT_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (err) return (DWORD)err;
    err = RegSetValueExW(key, L"EventMessageFile", 0, REG_SZ, (const BYTE *)program,
                         (DWORD)((wcslen(program) + 1) * sizeof *program));
    if (!err) err = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types, sizeof types);
    RegCloseKey(key);
    return (DWORD)err;
}

DWORD service_remove_events(void) {
    LSTATUS err = RegDeleteTreeW(HKEY_LOCAL_MACHINE, NAME_EVENT_KEY);
    return err == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (DWORD)err;
}

/* Creates the service, or changes it to be the same. */
static DWORD create(SC_HANDLE manager, const wchar_t *line, SC_HANDLE *ret, bool *ret_made) {
    /* SERVICE_START: required for recovery actions that start it. DELETE: if the rest fails. */
    const DWORD access = SERVICE_CHANGE_CONFIG | SERVICE_START | DELETE;
    SC_HANDLE service =
        CreateServiceW(manager, NAME_SERVICE, NAME_DISPLAY, access, SERVICE_WIN32_OWN_PROCESS,
                       SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
    DWORD err = service ? ERROR_SUCCESS : win_error();
    if (err && err != ERROR_SERVICE_EXISTS) return err;

    if (err) {
        if (!(service = OpenServiceW(manager, NAME_SERVICE, access))) return win_error();
        if (!ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                  SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, L"LocalSystem", NULL,
                                  NAME_DISPLAY)) {
            err = win_error();
            CloseServiceHandle(service);
            return err;
        }
    }

    *ret = service;
    *ret_made = !err;
    return ERROR_SUCCESS;
}

DWORD service_register(arena *a, const service_plan *plan, bool *ret_made, const char **ret_without,
                       const char **ret_what) {
    const char *without = NULL, *what = "cannot open the service manager";
    bool made = false;
    SC_HANDLE manager = NULL, service = NULL;
    DWORD err = ERROR_SUCCESS;
    const wchar_t *line = command_line(a, plan);

    if (!line) return ERROR_NOT_ENOUGH_MEMORY;
    if (!(manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE))) {
        err = win_error();
        goto done;
    }

    what = "cannot register the service";
    if ((err = create(manager, line, &service, &made))) goto done;
    if ((err = set_all(a, service, &without, &what))) goto done;
    what = "cannot write the settings of the service";
    if ((err = service_settings_write(&plan->settings))) goto done;
    what = "cannot register the source of its events";
    if ((err = add_events(plan->program))) goto done;
    *ret_made = made;
    *ret_without = without;

done:
    if (err && made) DeleteService(service); /* do not leave it half registered */
    if (service) CloseServiceHandle(service);
    if (manager) CloseServiceHandle(manager);
    if (err) *ret_what = what;

    return err;
}

DWORD service_unregister(bool *ret_was_there) {
    SC_HANDLE service = NULL;
    DWORD err = service_open(DELETE, &service);
    *ret_was_there = !err;
    if (err) return err == ERROR_SERVICE_DOES_NOT_EXIST ? ERROR_SUCCESS : err;
    if (!DeleteService(service)) err = win_error();
    CloseServiceHandle(service);
    return err;
}
