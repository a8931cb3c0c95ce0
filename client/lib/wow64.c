/* The rules are those of the page "File System Redirector". */
#include "client/lib/wow64.h"

#include <stdbool.h>
#include <wchar.h>

static bool is_separator(wchar_t c) {
    return c == L'\\' || c == L'/';
}

/* If path begins with the components of start, which has single backslashes, returns the rest ("" or "\...").
 */
static const wchar_t *rest_after(const wchar_t *path, const wchar_t *start) {
    while (*start) {
        if (*start == L'\\') {
            if (!is_separator(*path)) return NULL;
            while (is_separator(*path)) path++;
            start++;
            continue;
        }
        size_t length = wcscspn(start, L"\\");
        if (CompareStringOrdinal(path, (int)wcsnlen(path, length), start, (int)length, TRUE) != CSTR_EQUAL)
            return NULL;
        path += length;
        start += length;
    }
    return !*path || is_separator(*path) ? path : NULL;
}

static const wchar_t *join(arena *a, const wchar_t *prefix, const wchar_t *windows, const wchar_t *directory,
                           const wchar_t *rest) {
    size_t units = wcslen(prefix) + wcslen(windows) + wcslen(directory) + wcslen(rest) + 1;
    wchar_t *joined = arena_array(a, units, sizeof *joined);
    if (!joined) return NULL;
    wcscpy(joined, prefix);
    wcscat(joined, windows);
    wcscat(joined, directory);
    return wcscat(joined, rest);
}

/* The directories below System32 that 32-bit programs share with the others. */
static bool is_shared(const wchar_t *rest) {
    static const wchar_t *const shared[] = {L"\\catroot",      L"\\catroot2", L"\\driverstore",
                                            L"\\drivers\\etc", L"\\logfiles", L"\\spool"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (rest_after(rest, shared[i])) return true;
    return false;
}

const wchar_t *wow64_map(arena *a, const wchar_t *path, const wchar_t *windows) {
    static const struct {
        const wchar_t *seen, *real;
    } directories[] = {
        {L"\\system32", L"\\SysWOW64"},
        {L"\\sysnative", L"\\System32"},
        {L"\\lastgood\\system32", L"\\lastgood\\SysWOW64"},
        {L"\\regedit.exe", L"\\SysWOW64\\regedit.exe"},
    };
    static const wchar_t verbatim[] = L"\\\\?\\";
    const size_t prefix = wcsncmp(path, verbatim, wcslen(verbatim)) ? 0 : wcslen(verbatim);
    const wchar_t *below = rest_after(path + prefix, windows);
    if (!below || !*below) return path;

    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        const wchar_t *rest = rest_after(below, directories[i].seen);
        if (!rest) continue;
        if (i == 0 && is_shared(rest)) return path;
        return join(a, prefix ? verbatim : L"", windows, directories[i].real, rest);
    }
    return path;
}

const wchar_t *wow64_path(arena *a, const wchar_t *path) {
    wchar_t windows[MAX_PATH];
    BOOL redirected = FALSE;
    if (!IsWow64Process(GetCurrentProcess(), &redirected) || !redirected) return path;
    UINT length = GetSystemWindowsDirectoryW(windows, MAX_PATH);
    return length && length < MAX_PATH ? wow64_map(a, path, windows) : path;
}
