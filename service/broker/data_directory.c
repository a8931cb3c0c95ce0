#include "service/broker/data_directory.h"

#include "service/broker/own_security.h"
#include "service/win32/owner.h"
#include "service/win32/win.h"

#include <aclapi.h>

/* Checks an existing directory. Any user may make a directory or a link in ProgramData, and whoever owns the
 * data directory can replace the audit. */
static DWORD check_directory(const wchar_t *path) {
    BY_HANDLE_FILE_INFORMATION file;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    HANDLE directory = CreateFileW(
        path, READ_CONTROL | FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (directory == INVALID_HANDLE_VALUE) return win_error();

    DWORD err = GetFileInformationByHandle(directory, &file) ? ERROR_SUCCESS : win_error();
    if (!err && (!(file.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
                 (file.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)))
        err = ERROR_DIRECTORY;

    if (!err)
        err = GetSecurityInfo(directory, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                              &descriptor);
    if (!err && owner_of(owner) == OWNER_OTHER) err = ERROR_INVALID_OWNER;

    LocalFree(descriptor);
    CloseHandle(directory);
    return err;
}

DWORD data_directory_make(const wchar_t *path) {
    SECURITY_ATTRIBUTES attributes;
    DWORD err = own_security_make("O:%sD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)", &attributes);
    if (err) return err;
    if (!CreateDirectoryW(path, &attributes)) err = win_error();
    LocalFree(attributes.lpSecurityDescriptor);
    return err == ERROR_ALREADY_EXISTS ? check_directory(path) : err;
}

DWORD data_directory_secret(SECURITY_ATTRIBUTES *ret) {
    return own_security_make("O:%sD:P(A;;FA;;;%s)", ret);
}
