#include "service/win32/true_path.h"

#include "service/win32/token.h"
#include "service/win32/win.h"

#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>

#define DEVICE_PREFIX L"\\Device\\"
#define SHARE_PREFIX L"\\Device\\Mup\\"

enum { TARGET_UNITS = 512 };

/* Puts prefix in place of the first skip units of path. */
static DWORD replace_start(wchar_t *path, DWORD units, size_t skip, const wchar_t *prefix) {
    size_t rest = wcslen(path) - skip, length = wcslen(prefix);
    if (length + rest + 1 > units) return ERROR_FILENAME_EXCED_RANGE;
    wmemmove(path + length, path + skip, rest + 1);
    wmemcpy(path, prefix, length);
    return ERROR_SUCCESS;
}

/* The units of path that are the device of the drive; 0: it is another device. Uses the drives of this
 * process, not those of a user, who could give the letter of a trusted volume to another. */
static size_t device_units(const wchar_t *path, wchar_t letter) {
    wchar_t drive[] = L"?:", target[TARGET_UNITS];
    drive[0] = letter;
    if (!QueryDosDeviceW(drive, target, TARGET_UNITS)) return 0;
    size_t length = wcslen(target);
    return length && !_wcsnicmp(path, target, length) && path[length] == L'\\' ? length : 0;
}

/* Converts "\Device\...", the name of the kernel, to a path that CreateFile takes. verbatim: with "\\?\" in
 * front of a drive. */
static DWORD from_device(wchar_t *path, DWORD units, bool verbatim) {
    if (_wcsnicmp(path, DEVICE_PREFIX, wcslen(DEVICE_PREFIX))) return ERROR_BAD_PATHNAME;
    if (!_wcsnicmp(path, SHARE_PREFIX, wcslen(SHARE_PREFIX)))
        return replace_start(path, units, wcslen(SHARE_PREFIX), verbatim ? L"\\\\?\\UNC\\" : L"\\\\");

    for (wchar_t letter = L'A'; letter <= L'Z'; letter++) {
        size_t device = device_units(path, letter);
        if (!device) continue;
        wchar_t prefix[] = L"\\\\?\\?:";
        prefix[4] = letter;
        return replace_start(path, units, device, verbatim ? prefix : prefix + 4);
    }
    return replace_start(path, units, 0, L"\\\\?\\GLOBALROOT");
}

static DWORD final_path(HANDLE file, DWORD volume, HANDLE as, wchar_t *ret, DWORD units) {
    DWORD err = as ? token_impersonate(as) : ERROR_SUCCESS;
    if (err) return err;
    DWORD length = GetFinalPathNameByHandleW(file, ret, units, FILE_NAME_NORMALIZED | volume);
    if (!length) err = win_error();
    if (as) token_revert();
    return err || length < units ? err : ERROR_FILENAME_EXCED_RANGE;
}

/* Volumes that the mount manager does not know, such as those of some RAM disks, have no name by drive
 * letter: the error is ERROR_INVALID_FUNCTION, or ERROR_PATH_NOT_FOUND (rust#79449). They still have the name
 * of the kernel. Any other error stays: after "access denied" a name with short components would be all that
 * is left, and rules are not to be evaded by it. */
DWORD true_path_of_file(HANDLE file, HANDLE as, wchar_t *ret, DWORD units) {
    DWORD err = final_path(file, VOLUME_NAME_DOS, as, ret, units);
    if (err != ERROR_INVALID_FUNCTION && err != ERROR_PATH_NOT_FOUND && err != ERROR_FILE_NOT_FOUND)
        return err;
    err = final_path(file, VOLUME_NAME_NT, as, ret, units);
    return err ? err : from_device(ret, units, true);
}

DWORD true_path_of_process(HANDLE process, wchar_t *ret, DWORD units) {
    DWORD length = units;
    if (QueryFullProcessImageNameW(process, 0, ret, &length)) return ERROR_SUCCESS;
    DWORD err = win_error();
    length = units;
    if (!QueryFullProcessImageNameW(process, PROCESS_NAME_NATIVE, ret, &length)) return err;
    return from_device(ret, units, false);
}
