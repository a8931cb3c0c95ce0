#include "service/broker/held_files.h"

#include "service/win32/win.h"

#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>

enum { TRY_MS = 50 };

/* What a start opens, and how. Whoever keeps others from writing may read audit.key meanwhile. */
static const struct {
    const wchar_t *name;
    DWORD access;
} files[] = {
    {L"policy.json", GENERIC_READ},
    {L"audit.key", GENERIC_READ},
    {L"audit.pub", GENERIC_READ},
    {L"audit.db.lock", GENERIC_READ | GENERIC_WRITE},
    {L"audit.db", GENERIC_READ | GENERIC_WRITE},
    {L"audit.db-wal", GENERIC_READ | GENERIC_WRITE},
    {L"audit.db-shm", GENERIC_READ | GENERIC_WRITE},
};

/* A file that is deleted stays until its last handle is closed. */
static bool is_held(const wchar_t *path, DWORD access) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE file = CreateFileW(path, access, share, NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
        return false;
    }
    DWORD err = win_error();
    return err == ERROR_SHARING_VIOLATION || err == ERROR_DELETE_PENDING;
}

DWORD held_files_wait(const wchar_t *directory, const wchar_t **ret_name) {
    const uint64_t until = GetTickCount64() + HELD_FILES_MS;
    const size_t units = wcslen(directory) + 32;
    DWORD err = ERROR_SUCCESS;
    wchar_t *path = malloc(units * sizeof *path);
    if (!path) return ERROR_NOT_ENOUGH_MEMORY;

    for (size_t i = 0; !err && i < sizeof files / sizeof *files; i++) {
        swprintf(path, units, L"%ls\\%ls", directory, files[i].name);
        while (is_held(path, files[i].access) && !err) {
            if (GetTickCount64() >= until) err = ERROR_SHARING_VIOLATION;
            else Sleep(TRY_MS);
        }
        if (err) *ret_name = files[i].name;
    }
    free(path);
    return err;
}
