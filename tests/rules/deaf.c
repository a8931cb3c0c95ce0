/* Rule 13, where CancelSynchronousIo does not help: a driver does not listen to it, as that of a server that
 * does not answer. A test names a directory (RULES_DEAF_VARIABLE), and ends the waits with a file `go` in it.
 */
#include "tests/rules/deaf.h"

#include <wchar.h>

enum { PATH_UNITS = 2 * MAX_PATH, POLL_MS = 20 };

void deaf_wait(const wchar_t *path) {
    wchar_t directory[PATH_UNITS], go[PATH_UNITS + 4];
    DWORD err = GetLastError();
    DWORD length =
        rules_on(RULES_SLOW_OPENS) ? GetEnvironmentVariableW(RULES_DEAF_VARIABLE, directory, PATH_UNITS) : 0;
    if (path && length && length < PATH_UNITS && !_wcsnicmp(path, directory, length) &&
        path[length] == L'\\') {
        swprintf(go, PATH_UNITS + 4, L"%ls\\go", directory);
        while (real.GetFileAttributesW(go) == INVALID_FILE_ATTRIBUTES) Sleep(POLL_MS);
    }
    SetLastError(err);
}
