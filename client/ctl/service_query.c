/* Reads how the service is registered, and whether it runs. */
#include "client/ctl/service.h"
#include "service/win32/facts.h"
#include "service/win32/names.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <string.h>
#include <wchar.h>

/* Queries the configuration into the arena. */
static DWORD query_config(arena *a, SC_HANDLE service, QUERY_SERVICE_CONFIGW **ret) {
    DWORD size = 0;
    if (QueryServiceConfigW(service, NULL, 0, &size)) return ERROR_INVALID_DATA;
    DWORD err = win_error();
    QUERY_SERVICE_CONFIGW *config = err == ERROR_INSUFFICIENT_BUFFER ? arena_alloc(a, size) : NULL;
    if (!config) return err == ERROR_INSUFFICIENT_BUFFER ? ERROR_NOT_ENOUGH_MEMORY : err;
    if (!QueryServiceConfigW(service, config, size, &size)) return win_error();
    *ret = config;
    return ERROR_SUCCESS;
}

/* Queries an optional setting. NULL: this system does not have it, or does not report it. */
static void *query_more(arena *a, SC_HANDLE service, DWORD level) {
    DWORD size = 0;
    if (QueryServiceConfig2W(service, level, NULL, 0, &size) || GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return NULL;
    void *info = arena_alloc(a, size);
    return info && QueryServiceConfig2W(service, level, info, size, &size) ? info : NULL;
}

static service_setting setting(bool known, bool on) {
    return !known ? SETTING_UNKNOWN : on ? SETTING_ON : SETTING_OFF;
}

static DWORD read_privileges(arena *a, const wchar_t *list, service_facts *f) {
    size_t count = 0;
    for (const wchar_t *one = list; one && *one; one += wcslen(one) + 1) count++;
    const char **names = arena_array(a, count + 1, sizeof *names);
    if (!names) return ERROR_NOT_ENOUGH_MEMORY;
    for (const wchar_t *one = list; one && *one; one += wcslen(one) + 1)
        if (!(names[f->privilege_count++] = text_utf8_lossy(a, one))) return ERROR_NOT_ENOUGH_MEMORY;
    f->privileges = names;
    return ERROR_SUCCESS;
}

static DWORD read_settings(arena *a, SC_HANDLE service, service_facts *f) {
    const SERVICE_DELAYED_AUTO_START_INFO *delayed =
        query_more(a, service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO);
    const SERVICE_SID_INFO *sid = query_more(a, service, SERVICE_CONFIG_SERVICE_SID_INFO);
    const SERVICE_FAILURE_ACTIONSW *actions = query_more(a, service, SERVICE_CONFIG_FAILURE_ACTIONS);
    const SERVICE_FAILURE_ACTIONS_FLAG *too = query_more(a, service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG);
    const SERVICE_REQUIRED_PRIVILEGES_INFOW *required =
        query_more(a, service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO);
    f->delayed = setting(delayed != NULL, delayed && delayed->fDelayedAutostart);
    f->own_sid = setting(sid != NULL, sid && sid->dwServiceSidType == SERVICE_SID_TYPE_UNRESTRICTED);
    f->restarts = setting(actions != NULL,
                          actions && actions->cActions && actions->lpsaActions[0].Type == SC_ACTION_RESTART);
    f->restarts_too = setting(too != NULL, too && too->fFailureActionsOnNonCrashFailures);
    return required ? read_privileges(a, required->pmszRequiredPrivileges, f) : ERROR_SUCCESS;
}

/* Takes the next word off a command line that quote_join wrote. NULL at its end, or when out of memory. */
static char *next_word(arena *a, const char **line) {
    const char *p = *line + strspn(*line, " ");
    char *word = arena_alloc(a, strlen(p) + 1);
    size_t length = 0;
    bool quoted = false;

    if (!*p || !word) return NULL;
    while (*p && (quoted || *p != ' ')) {
        size_t slashes = strspn(p, "\\");
        p += slashes;
        bool at_quote = *p == '"';
        for (size_t i = 0; i < (at_quote ? slashes / 2 : slashes); i++) word[length++] = '\\';
        if (at_quote && slashes % 2) word[length++] = '"';
        else if (at_quote) quoted = !quoted;
        else if (!*p || (*p == ' ' && !quoted)) break;
        else word[length++] = *p;
        p++;
    }
    *line = p;
    return word;
}

static void read_line(arena *a, service_facts *f) {
    const char *rest = f->command_line;
    f->program = next_word(a, &rest);
    for (const char *word; (word = next_word(a, &rest)) != NULL;) {
        if (!strcmp(word, "--data")) f->data = next_word(a, &rest);
        else if (!strcmp(word, "--pipe")) f->pipe = next_word(a, &rest);
    }
}

/* The command line wins over the settings. */
static DWORD read_parameters(arena *a, service_facts *f) {
    service_settings s = {0};
    DWORD err = service_settings_read(a, &s);
    if (err) return err;
    if (!f->pipe && s.pipe && !(f->pipe = text_utf8_lossy(a, s.pipe))) return ERROR_NOT_ENOUGH_MEMORY;
    if (!f->data && s.data && !(f->data = text_utf8_lossy(a, s.data))) return ERROR_NOT_ENOUGH_MEMORY;
    return ERROR_SUCCESS;
}

static DWORD read_service(arena *a, SC_HANDLE service, service_facts *f) {
    SERVICE_STATUS_PROCESS status;
    QUERY_SERVICE_CONFIGW *config = NULL;
    DWORD length;
    DWORD err = query_config(a, service, &config);

    if (err) return err;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &length))
        return win_error();
    f->registered = true;
    f->state = status.dwCurrentState;
    f->process_id = status.dwCurrentState == SERVICE_STOPPED ? 0 : status.dwProcessId;
    f->exit_code = status.dwWin32ExitCode;
    f->automatic = config->dwStartType == SERVICE_AUTO_START;
    f->account = text_utf8_lossy(a, config->lpServiceStartName ? config->lpServiceStartName : L"LocalSystem");
    f->command_line = text_utf8_lossy(a, config->lpBinaryPathName ? config->lpBinaryPathName : L"");
    if (!f->account || !f->command_line) return ERROR_NOT_ENOUGH_MEMORY;
    read_line(a, f);
    if ((err = read_parameters(a, f))) return err;

    return read_settings(a, service, f);
}

DWORD service_read(arena *a, service_facts *ret) {
    service_facts f = {0};
    DWORD err = ERROR_SUCCESS;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager) return win_error();
    SC_HANDLE service = OpenServiceW(manager, NAME_SERVICE, SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS);
    if (service) err = read_service(a, service, &f);
    else err = win_error();
    if (err == ERROR_SERVICE_DOES_NOT_EXIST) err = ERROR_SUCCESS;
    if (service) CloseServiceHandle(service);
    CloseServiceHandle(manager);
    if (!err) *ret = f;
    return err;
}

const char *service_state_name(DWORD state) {
    static const char *const names[] = {
        [SERVICE_STOPPED] = "stopped",
        [SERVICE_START_PENDING] = "starting",
        [SERVICE_STOP_PENDING] = "stopping",
        [SERVICE_RUNNING] = "running",
    };
    bool known = state < sizeof names / sizeof *names && names[state];
    return known ? names[state] : "paused";
}

const char *service_privileges_wrong(arena *a, const service_facts *f) {
#define X(name) name,
    static const char *const wanted[] = {SERVICE_PRIVILEGES(X)};
#undef X
    enum { WANTED = sizeof wanted / sizeof *wanted };
    bool found[WANTED] = {false};
    for (size_t i = 0; i < f->privilege_count; i++) {
        size_t at = 0;
        while (at < WANTED && strcmp(wanted[at], f->privileges[i])) at++;
        if (at == WANTED) return arena_printf(a, "%s is not needed", f->privileges[i]);
        found[at] = true;
    }
    for (size_t i = 0; i < WANTED; i++)
        if (!found[i]) return arena_printf(a, "%s is missing", wanted[i]);
    return NULL;
}

DWORD service_event_file(arena *a, const wchar_t **ret) {
    enum { PATH_UNITS = 4096 };
    DWORD size = PATH_UNITS * sizeof(wchar_t);
    wchar_t *path = arena_array(a, PATH_UNITS, sizeof *path);
    if (!path) return ERROR_NOT_ENOUGH_MEMORY;
    LSTATUS err = RegGetValueW(HKEY_LOCAL_MACHINE, NAME_EVENT_KEY, L"EventMessageFile", RRF_RT_REG_SZ, NULL,
                               path, &size);
    if (err && err != ERROR_FILE_NOT_FOUND) return (DWORD)err;
    *ret = err ? NULL : path;
    return ERROR_SUCCESS;
}

const char *service_data(arena *a, const service_facts *f) {
    if (f->data) return f->data;
    const char *folder = facts_folder(a, "ProgramData");
    return folder ? arena_printf(a, "%s\\%s", folder, NAME_SERVICE_UTF8) : NULL;
}
