/* Rules about machines that the one of the tests is not. A test names what is different by a variable
 * (rules.h); else every call is Wine's.
 *
 * 13: the open of a file waits for another's opportunistic lock, or for a server, until CancelSynchronousIo
 * ends it (ERROR_OPERATION_ABORTED). An open for attributes alone does not. Source: the page "Opportunistic
 * Locks". 14: a 32-bit program finds SysWOW64 at System32, and System32 at Sysnative. Source: the page "File
 * System Redirector". 15: a volume that the mount manager does not know has no path by drive letter
 * (ERROR_INVALID_FUNCTION). Source: rust#79449. 24: early in a boot the Event Log does not answer
 * (RPC_S_SERVER_UNAVAILABLE), and a string of an event has at most 31839 characters. Source: the page of
 * ReportEvent. 26: a clock that is set back or forward; a name of a SID that is found after half a minute, as
 * without a domain controller. */
#include "tests/rules/machine.h"

#include <stdlib.h>
#include <wchar.h>

enum { MOST_EVENT_CHARACTERS = 31839, WAITING = 64, POLL_MS = 5 };

/* Reads a variable; false: it is not there, or the rule is off. Keeps the last error. */
static bool named(int rule, const wchar_t *variable, wchar_t *ret, DWORD units) {
    DWORD err = GetLastError();
    DWORD length = rules_on(rule) ? GetEnvironmentVariableW(variable, ret, units) : 0;
    SetLastError(err);
    return length && length < units;
}

static const wchar_t *plain(const wchar_t *path) {
    return wcsncmp(path, L"\\\\?\\", 4) ? path : path + 4;
}

/* ---- opens that wait ---- */

static struct { volatile LONG thread, cancelled; } waiting[WAITING];

bool machine_wait(const wchar_t *path, DWORD access) {
    const DWORD at_once = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
    wchar_t slow[MAX_PATH];
    size_t place = 0;
    if (!path || !(access & ~at_once) || !named(RULES_SLOW_OPENS, RULES_SLOW_VARIABLE, slow, MAX_PATH) ||
        _wcsicmp(plain(path), slow))
        return false;

    const LONG own = (LONG)GetCurrentThreadId();
    while (InterlockedCompareExchange(&waiting[place].thread, own, 0)) place = (place + 1) % WAITING;
    while (!waiting[place].cancelled) Sleep(POLL_MS);
    waiting[place].cancelled = 0;
    InterlockedExchange(&waiting[place].thread, 0);
    return true;
}

/* A handle that may cancel need not say whose it is. */
static LONG id_of(HANDLE thread) {
    HANDLE asked = NULL;
    if (!real.DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &asked,
                              THREAD_QUERY_LIMITED_INFORMATION, FALSE, 0))
        return 0;
    const LONG id = (LONG)GetThreadId(asked);
    real.CloseHandle(asked);
    return id;
}

BOOL WINAPI rules_CancelSynchronousIo(HANDLE thread) {
    const LONG id = id_of(thread);
    for (size_t i = 0; id && i < WAITING; i++) {
        if (waiting[i].thread != id) continue;
        InterlockedExchange(&waiting[i].cancelled, 1);
        return TRUE;
    }
    return real.CancelSynchronousIo(thread);
}

/* ---- 32-bit programs ---- */

static bool is_32_bit(void) {
    wchar_t text[8];
    return named(RULES_WOW64_PATHS, RULES_WOW64_VARIABLE, text, 8);
}

BOOL WINAPI rules_IsWow64Process(HANDLE process, PBOOL ret) {
    if (process != GetCurrentProcess() || !is_32_bit()) return real.IsWow64Process(process, ret);
    *ret = TRUE;
    return TRUE;
}

const wchar_t *machine_redirected(const wchar_t *path, wchar_t ret[MACHINE_PATH]) {
    static const wchar_t *const directories[][2] = {{L"\\system32", L"\\SysWOW64"},
                                                    {L"\\sysnative", L"\\System32"}};
    wchar_t windows[MAX_PATH];
    if (!path || !is_32_bit()) return path;
    const size_t length = GetSystemWindowsDirectoryW(windows, MAX_PATH);
    const wchar_t *from = plain(path);
    if (_wcsnicmp(from, windows, length)) return path;

    for (size_t i = 0; i < 2; i++) {
        const size_t part = wcslen(directories[i][0]);
        const wchar_t *rest = from + length + part;
        if (_wcsnicmp(from + length, directories[i][0], part) || (*rest && *rest != L'\\')) continue;
        if (length + part + wcslen(rest) + 1 > MACHINE_PATH) return path;
        return wcscat(wcscat(wcscpy(ret, windows), directories[i][1]), rest);
    }
    return path;
}

/* ---- volumes without a letter ---- */

static bool is_unknown(wchar_t letter) {
    wchar_t letters[32];
    return named(RULES_TRUE_PATHS, RULES_VOLUMES_VARIABLE, letters, 32) &&
           wcschr(letters, (wchar_t)towupper(letter));
}

DWORD WINAPI rules_GetFinalPathNameByHandleW(HANDLE file, LPWSTR ret, DWORD units, DWORD flags) {
    DWORD length = real.GetFinalPathNameByHandleW(file, ret, units, flags);
    if (!length || length >= units || flags & (VOLUME_NAME_NT | VOLUME_NAME_GUID | VOLUME_NAME_NONE) ||
        length < 6 || ret[5] != L':' || !is_unknown(ret[4]))
        return length;
    SetLastError(ERROR_INVALID_FUNCTION);
    return 0;
}

BOOL WINAPI rules_QueryFullProcessImageNameW(HANDLE process, DWORD flags, LPWSTR ret, PDWORD units) {
    if (!real.QueryFullProcessImageNameW(process, flags, ret, units)) return FALSE;
    return flags & PROCESS_NAME_NATIVE || !is_unknown(ret[0]) || rules_fail(ERROR_INVALID_FUNCTION);
}

/* ---- the Event Log ---- */

HANDLE WINAPI rules_RegisterEventSourceW(LPCWSTR server, LPCWSTR name) {
    wchar_t text[8];
    if (!named(RULES_EVENT_LOG, RULES_BOOT_VARIABLE, text, 8)) return real.RegisterEventSourceW(server, name);
    SetLastError(RPC_S_SERVER_UNAVAILABLE);
    return NULL;
}

BOOL WINAPI rules_ReportEventW(HANDLE source, WORD type, WORD category, DWORD event, PSID user, WORD count,
                               DWORD size, LPCWSTR *strings, LPVOID data) {
    for (WORD i = 0; rules_on(RULES_EVENT_LOG) && i < count; i++)
        if (strings[i] && wcslen(strings[i]) > MOST_EVENT_CHARACTERS) return rules_fail(RPC_S_INVALID_BOUND);
    return real.ReportEventW(source, type, category, event, user, count, size, strings, data);
}

/* ---- the clock, and names of accounts ---- */

void WINAPI rules_GetSystemTimePreciseAsFileTime(LPFILETIME ret) {
    wchar_t text[16];
    real.GetSystemTimePreciseAsFileTime(ret);
    if (!named(RULES_CLOCKS, RULES_CLOCK_VARIABLE, text, 16)) return;
    ULARGE_INTEGER at = {.LowPart = ret->dwLowDateTime, .HighPart = ret->dwHighDateTime};
    at.QuadPart += (ULONGLONG)(wcstol(text, NULL, 10) * 10000000LL);
    *ret = (FILETIME){at.LowPart, at.HighPart};
}

BOOL WINAPI rules_LookupAccountSidW(LPCWSTR system, PSID sid, LPWSTR name, LPDWORD name_units, LPWSTR domain,
                                    LPDWORD domain_units, PSID_NAME_USE use) {
    wchar_t text[16];
    if (named(RULES_CLOCKS, RULES_ACCOUNTS_VARIABLE, text, 16)) Sleep((DWORD)wcstoul(text, NULL, 10));
    return real.LookupAccountSidW(system, sid, name, name_units, domain, domain_units, use);
}
