#include "client.h"
#include "text.h"
#include "win.h"

static DWORD list_block(arena *a, const wchar_t *block, const char *const **ret, size_t *ret_count,
                        sb_error *ret_error) {
    size_t count = 0;
    for (const wchar_t *p = block; *p; p += wcslen(p) + 1) count++;
    const char **list = arena_array(a, count ? count : 1, sizeof *list);
    if (!list) return error_memory(ret_error);
    const wchar_t *p = block;
    for (size_t i = 0; i < count; i++, p += wcslen(p) + 1)
        if (!(list[i] = text_utf8(a, p)))
            return error_set(ret_error, ERROR_NO_UNICODE_TRANSLATION, SB_STAGE_SEND,
                             L"Entry %lu of the environment is not valid UTF-16.", (unsigned long)i);
    *ret = list;
    *ret_count = count;
    return ERROR_SUCCESS;
}

DWORD context_environment(arena *a, const wchar_t *block, const char *const **ret, size_t *ret_count,
                          sb_error *ret_error) {
    wchar_t *own = NULL;
    if (!block && !(block = own = GetEnvironmentStringsW())) return error_memory(ret_error);
    DWORD err = list_block(a, block, ret, ret_count, ret_error);
    if (own) FreeEnvironmentStringsW(own);
    return err;
}

DWORD context_directory(arena *a, const wchar_t *directory, const wchar_t **ret, sb_error *ret_error) {
    DWORD units = 0, needed;
    wchar_t *text = NULL;
    do { /* again when another thread changed the directory in between */
        needed =
            directory ? GetFullPathNameW(directory, units, text, NULL) : GetCurrentDirectoryW(units, text);
        if (!needed) { /* too long, or empty: for the broker to refuse */
            *ret = directory ? directory : L"";
            return ERROR_SUCCESS;
        }
        if (needed < units) break;
        units = needed + 1;
        if (!(text = arena_array(a, units, sizeof *text))) return error_memory(ret_error);
    } while (true);
    *ret = text;
    return ERROR_SUCCESS;
}

/* ---- the desktop ---- */

static INIT_ONCE desktop_once = INIT_ONCE_STATIC_INIT;
static wchar_t desktop[256];

typedef HWINSTA(WINAPI *get_station)(void);
typedef HDESK(WINAPI *get_desktop)(DWORD);
typedef BOOL(WINAPI *get_information)(HANDLE, int, void *, DWORD, DWORD *);

/* Where user32 is not loaded, the process was given a desktop when it was made and has not changed it. */
static BOOL CALLBACK find_desktop(INIT_ONCE *once, void *parameter, void **context) {
    wchar_t station[128] = L"", name[128] = L"";
    STARTUPINFOW startup;
    HMODULE user = GetModuleHandleW(L"user32.dll");
    (void)once, (void)parameter, (void)context;
    if (user) {
        get_station station_of = (get_station)(void (*)(void))GetProcAddress(user, "GetProcessWindowStation");
        get_desktop desktop_of = (get_desktop)(void (*)(void))GetProcAddress(user, "GetThreadDesktop");
        get_information ask =
            (get_information)(void (*)(void))GetProcAddress(user, "GetUserObjectInformationW");
        if (station_of && desktop_of && ask &&
            ask(station_of(), UOI_NAME, station, sizeof station - sizeof *station, NULL) &&
            ask(desktop_of(GetCurrentThreadId()), UOI_NAME, name, sizeof name - sizeof *name, NULL) &&
            station[0] && name[0]) {
            wcscpy(desktop, station);
            wcscat(desktop, L"\\");
            wcscat(desktop, name);
            return TRUE;
        }
    }
    GetStartupInfoW(&startup);
    if (startup.lpDesktop && wcslen(startup.lpDesktop) < sizeof desktop / sizeof *desktop)
        wcscpy(desktop, startup.lpDesktop);
    return TRUE;
}

const char *context_desktop(arena *a) {
    InitOnceExecuteOnce(&desktop_once, find_desktop, NULL, NULL);
    return desktop[0] ? text_utf8(a, desktop) : NULL;
}
