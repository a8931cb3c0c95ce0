/* Rule 11: letters that `net use` and `subst` make are of a logon session. The system finds none of a user's
 * (3), but a thread that impersonates the user does. Sources: the pages of DefineDosDevice and
 * CreateProcessAsUser. Wine has one map. A test gives a process the token `system`, and names the users'
 * letters (RULES_DRIVES_VARIABLE). */
#include "tests/rules/drives.h"

#include "tests/rules/machine.h"

#include <wchar.h>

static bool impersonates(void) {
    HANDLE token = NULL;
    if (!real.OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) return false;
    real.CloseHandle(token);
    return true;
}

bool drives_hidden(const wchar_t *path) {
    wchar_t letters[32];
    DWORD err = GetLastError();
    if (!path || rules_own->token != RULES_TOKEN_SYSTEM || !rules_on(RULES_USER_DRIVES)) return false;
    if (!wcsncmp(path, L"\\\\?\\", 4) || !wcsncmp(path, L"\\\\.\\", 4)) path += 4;
    DWORD length =
        path[0] && path[1] == L':' ? GetEnvironmentVariableW(RULES_DRIVES_VARIABLE, letters, 32) : 0;
    bool hidden = length && length < 32 && wcschr(letters, (wchar_t)towupper(path[0])) && !impersonates();
    SetLastError(err);
    return hidden;
}

DWORD WINAPI rules_GetFileAttributesW(LPCWSTR path) {
    wchar_t redirected[MACHINE_PATH];
    if (!drives_hidden(path)) return real.GetFileAttributesW(machine_redirected(path, redirected));
    SetLastError(ERROR_PATH_NOT_FOUND);
    return INVALID_FILE_ATTRIBUTES;
}

BOOL WINAPI rules_GetFileAttributesExW(LPCWSTR path, GET_FILEEX_INFO_LEVELS level, LPVOID ret) {
    wchar_t redirected[MACHINE_PATH];
    return drives_hidden(path) ? rules_fail(ERROR_PATH_NOT_FOUND)
                               : real.GetFileAttributesExW(machine_redirected(path, redirected), level, ret);
}
