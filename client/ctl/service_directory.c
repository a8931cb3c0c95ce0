/* Creates the service's data directory, and deletes its files for uninstall --purge. */
#include "client/ctl/service.h"
#include "service/win32/guard.h"
#include "service/win32/names.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <string.h>
#include <wchar.h>

int service_failed(ctl *c, DWORD err, const char *what) {
    fault f;
    win_fault(&f, FAULT_INTERNAL, STAGE_NONE, err, "%s", what);
    const char *hint = "";
    if (err == ERROR_ACCESS_DENIED)
        hint = ". This needs an administrator: use an elevated prompt (Run as administrator)";
    if (err == ERROR_SERVICE_MARKED_FOR_DELETE)
        hint = ". Windows removes it once every program that shows services (services.msc) is closed";
    if (c->json)
        out_printf(STD_ERROR_HANDLE, "{\"error\":{\"code\":%lu,\"message\":%s}}\n", err,
                   out_json(c->arena, arena_printf(c->arena, "%s%s", f.message, hint)));
    else
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s%s\n", c->command, out_shown(c->arena, f.message, 0),
                   hint);
    return CTL_EXIT_FAILED;
}

int service_make_data(ctl *c, const char *data) {
    const char *wrong = NULL;
    wchar_t *path = text_wide(c->arena, data), *true_path = NULL;
    if (!path) return service_failed(c, ERROR_BAD_PATHNAME, "cannot use the data directory");
    DWORD err = guard_make_directory(path);
    if (err && err != ERROR_ALREADY_EXISTS)
        return service_failed(c, err, arena_printf(c->arena, "cannot create the data directory %s", data));
    err = guard_true_path(c->arena, path, &true_path);
    if (!err && CompareStringOrdinal(path, -1, true_path, -1, TRUE) != CSTR_EQUAL)
        err = ERROR_CANT_RESOLVE_FILENAME;
    if (!err) err = guard_directory(c->arena, true_path, &wrong);

    if (err)
        return service_failed(
            c, err,
            arena_printf(c->arena, "the data directory %s must be a true path on this machine, without links",
                         data));

    if (!wrong) return CTL_EXIT_OK;
    out_printf(
        STD_ERROR_HANDLE,
        "spawnctl %s: %s: such rights allow changing the audit and the policy. Remove them, or move the "
        "contents elsewhere, delete the directory and let this command create it.\n",
        c->command, out_shown(c->arena, wrong, 0));

    return CTL_EXIT_FAILED;
}

/* Deletes the files that match, and adds how many there were to *count. */
static DWORD remove_files(arena *a, const char *data, const wchar_t *pattern, int *count) {
    WIN32_FIND_DATAW found;
    DWORD err = ERROR_SUCCESS;
    const wchar_t *directory = text_wide(a, data);
    size_t units = (directory ? wcslen(directory) : 0) + MAX_PATH + 2;
    wchar_t *path = arena_array(a, units, sizeof *path);

    if (!directory || !path) return ERROR_NOT_ENOUGH_MEMORY;
    swprintf(path, units, L"%ls\\%ls", directory, pattern);
    HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE) {
        err = win_error();
        return err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND ? ERROR_SUCCESS : err;
    }

    do {
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) continue;
        swprintf(path, units, L"%ls\\%ls", directory, found.cFileName);
        if (!DeleteFileW(path)) err = win_error();
        else ++*count;
    } while (!err && FindNextFileW(search, &found));
    FindClose(search);
    return err;
}

int service_purge_data(ctl *c, const char *data) {
    static const wchar_t *const patterns[] = {L"audit.*",
                                              L"policy.json"}; /* the first includes audit.damaged-... */
    int count = 0;
    DWORD err = ERROR_SUCCESS;
    const wchar_t *path = text_wide(c->arena, data);

    if (!path) return service_failed(c, ERROR_BAD_PATHNAME, "cannot use the data directory");
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES) return CTL_EXIT_OK; /* gone already */
    if (attributes & FILE_ATTRIBUTE_REPARSE_POINT)
        err = ERROR_DIRECTORY; /* a link: do not delete files elsewhere */
    for (size_t i = 0; !err && i < sizeof patterns / sizeof *patterns; i++)
        err = remove_files(c->arena, data, patterns[i], &count);
    if (err) return service_failed(c, err, arena_printf(c->arena, "cannot remove the data in %s", data));
    bool all = RemoveDirectoryW(path);
    if (!c->json)
        out_printf(STD_OUTPUT_HANDLE, "removed %d file%s in %s%s\n", count, count == 1 ? "" : "s",
                   out_shown(c->arena, data, 0),
                   all ? ", and the directory" : "; the directory stays, because it has other files");

    return CTL_EXIT_OK;
}
