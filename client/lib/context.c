#include "client/lib/client.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

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
    do { /* again if another thread changed the directory meanwhile */
        needed =
            directory ? GetFullPathNameW(directory, units, text, NULL) : GetCurrentDirectoryW(units, text);
        if (!needed) { /* too long, or empty: the broker rejects it */
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

/* A process that has not loaded user32 is still on the desktop that it was given when it was created. */
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

typedef HWINSTA(WINAPI *open_station)(const wchar_t *, BOOL, ACCESS_MASK);
typedef HDESK(WINAPI *open_desktop)(const wchar_t *, DWORD, BOOL, ACCESS_MASK);
typedef BOOL(WINAPI *close_station)(HWINSTA);
typedef BOOL(WINAPI *close_desktop)(HDESK);

static DWORD try_station(HMODULE user, const wchar_t *name) {
    open_station open = (open_station)(void (*)(void))GetProcAddress(user, "OpenWindowStationW");
    close_station close = (close_station)(void (*)(void))GetProcAddress(user, "CloseWindowStation");
    HWINSTA station =
        open && close ? open(name, FALSE, WINSTA_READATTRIBUTES | WINSTA_ACCESSGLOBALATOMS) : NULL;
    if (!station) return win_error();
    close(station);
    return ERROR_SUCCESS;
}

/* Opens a desktop of this process's window station: only a process of that station can. */
static DWORD try_desktop(HMODULE user, const wchar_t *name) {
    open_desktop open = (open_desktop)(void (*)(void))GetProcAddress(user, "OpenDesktopW");
    close_desktop close = (close_desktop)(void (*)(void))GetProcAddress(user, "CloseDesktop");
    HDESK opened = open && close ? open(name, 0, FALSE,
                                        DESKTOP_READOBJECTS | DESKTOP_CREATEWINDOW | DESKTOP_WRITEOBJECTS)
                                 : NULL;
    if (!opened) return win_error();
    close(opened);
    return ERROR_SUCCESS;
}

DWORD context_check_desktop(const wchar_t *given, sb_error *ret_error) {
    wchar_t station[256] = L"", own[256] = L"";
    const wchar_t *slash = wcschr(given, L'\\'), *name = slash ? slash + 1 : given;
    HMODULE user = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    DWORD err = user ? ERROR_SUCCESS : win_error();
    if (wcslen(given) >= 256) return ERROR_SUCCESS; /* the broker rejects it, as it does other forms */

    if (!err && slash) {
        memcpy(station, given, (size_t)(slash - given) * sizeof *station);
        err = try_station(user, station);
    }
    get_station station_of =
        user ? (get_station)(void (*)(void))GetProcAddress(user, "GetProcessWindowStation") : NULL;
    get_information ask =
        user ? (get_information)(void (*)(void))GetProcAddress(user, "GetUserObjectInformationW") : NULL;
    bool known = station_of && ask && ask(station_of(), UOI_NAME, own, sizeof own - sizeof *own, NULL);
    if (!err && (!slash || (known && !_wcsicmp(own, station)))) err = try_desktop(user, name);

    if (!err) return ERROR_SUCCESS;
    return error_set(ret_error, err, SB_STAGE_DECODE,
                     L"The desktop \"%.100ls\" cannot be opened by this process (error %lu).", given, err);
}

/* ---- processors and priority ---- */

uint64_t context_affinity(void) {
    DWORD_PTR own, all;
    if (GetActiveProcessorGroupCount() != 1 || !GetProcessAffinityMask(GetCurrentProcess(), &own, &all))
        return 0;
    return own == all ? 0 : own;
}

DWORD context_priority(void) {
    DWORD own = GetPriorityClass(GetCurrentProcess());
    return own == IDLE_PRIORITY_CLASS || own == BELOW_NORMAL_PRIORITY_CLASS ? own : 0;
}
