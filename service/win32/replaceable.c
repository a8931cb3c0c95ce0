#include "service/win32/replaceable.h"

#include "service/win32/file_open.h"
#include "service/win32/win.h"

#include <wchar.h>

enum { MOST_RIGHTS = 7 };

/* Rights of which each is enough.
 *
 * In a directory above, new files and directories do no harm: ordinary users may add directories to C:\. To
 * put another directory in the place of one that exists, it must be renamed or deleted first. That takes
 * DELETE for it, or FILE_DELETE_CHILD for the directory that it is in; WRITE_DAC and WRITE_OWNER give both.
 * https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants */
static const DWORD of_file[MOST_RIGHTS] = {FILE_WRITE_DATA, FILE_APPEND_DATA, DELETE, WRITE_DAC, WRITE_OWNER};
static const DWORD of_directory[MOST_RIGHTS] = {FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY, FILE_DELETE_CHILD,
                                                WRITE_DAC,     WRITE_OWNER,           DELETE};
static const DWORD of_way[MOST_RIGHTS] = {FILE_DELETE_CHILD, WRITE_DAC, WRITE_OWNER, DELETE};

/* Whether the thread may open path with one of the rights. A sharing violation means yes: Windows checks
 * access first. */
static DWORD may_open(const wchar_t *path, const DWORD *rights, DWORD except, DWORD flags, bool *ret) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    for (int i = 0; i < MOST_RIGHTS && rights[i] && !*ret; i++) {
        if (rights[i] & except) continue;
        HANDLE file = NULL;
        DWORD err = file_open(path, rights[i], share, FILE_FLAG_BACKUP_SEMANTICS | flags, &file);
        if (!err || err == ERROR_SHARING_VIOLATION) *ret = true;
        else if (err != ERROR_ACCESS_DENIED && err != ERROR_WRITE_PROTECT) return err;
        win_close(&file);
    }
    return ERROR_SUCCESS;
}

/* A volume can be mounted in a directory. Then the path names both: the root of the volume, and the directory
 * that stands for it. */
static DWORD look_at(const wchar_t *path, const DWORD *rights, bool root, bool *ret) {
    const DWORD except = root ? DELETE : 0; /* it cannot be renamed */
    DWORD err = may_open(path, rights, except, 0, ret);
    if (err || *ret || root) return err;

    DWORD attributes = 0;
    err = file_attributes(path, FILE_FLAG_OPEN_REPARSE_POINT, &attributes);
    if (err == ERROR_ACCESS_DENIED) attributes = FILE_ATTRIBUTE_REPARSE_POINT; /* it may be one */
    else if (err) return err;
    if (!(attributes & FILE_ATTRIBUTE_REPARSE_POINT)) return ERROR_SUCCESS;
    return may_open(path, rights, except, FILE_FLAG_OPEN_REPARSE_POINT, ret);
}

static const wchar_t *skip(const wchar_t *at, int components) {
    for (; components && *at; components--) {
        const wchar_t *end = wcschr(at, L'\\');
        if (!end) return at + wcslen(at);
        at = end + 1;
    }
    return at;
}

/* Where the path goes on behind the root of its volume: "C:\", "\\server\share\", "\\?\UNC\server\share\",
 * "\\?\GLOBALROOT\Device\name\" or "\\?\name\". */
static const wchar_t *behind_root(const wchar_t *path) {
    if (!wcsncmp(path, L"\\\\?\\UNC\\", 8)) return skip(path + 8, 2);
    if (!wcsncmp(path, L"\\\\?\\GLOBALROOT\\", 15)) return skip(path + 15, 2);
    if (!wcsncmp(path, L"\\\\?\\", 4)) return skip(path + 4, 1);
    if (!wcsncmp(path, L"\\\\", 2)) return skip(path + 2, 2);
    return skip(path, 1);
}

DWORD replaceable(wchar_t *path, bool *ret) {
    wchar_t *const root = path + (behind_root(path) - path);
    bool found = false;
    DWORD err = may_open(path, of_file, 0, 0, &found);

    const DWORD *rights = of_directory;
    for (wchar_t *end = root + wcslen(root); !err && !found && end > root; rights = of_way) {
        /* The directory of what ends here. A root keeps its separator: "C:" is another directory. */
        do end--;
        while (end > root && *end != L'\\');
        const wchar_t kept = *end;
        *end = 0;
        err = look_at(path, rights, end == root, &found);
        *end = kept;
    }
    if (!err) *ret = found;
    return err;
}
