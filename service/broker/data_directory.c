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

    DWORD error = GetFileInformationByHandle(directory, &file) ? ERROR_SUCCESS : win_error();
    if (!error && (!(file.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
                   (file.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)))
        error = ERROR_DIRECTORY;

    if (!error)
        error = GetSecurityInfo(directory, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                                NULL, &descriptor);
    if (!error && owner_of(owner) == OWNER_OTHER) error = ERROR_INVALID_OWNER;

    LocalFree(descriptor);
    CloseHandle(directory);
    return error;
}

DWORD data_directory_make(const wchar_t *path) {
    SECURITY_ATTRIBUTES attributes;
    DWORD error = own_security_make("O:%sD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)", &attributes);
    if (error) return error;
    if (!CreateDirectoryW(path, &attributes)) error = win_error();
    LocalFree(attributes.lpSecurityDescriptor);
    return error == ERROR_ALREADY_EXISTS ? check_directory(path) : error;
}

DWORD data_directory_secret(SECURITY_ATTRIBUTES *ret) {
    return own_security_make("O:%sD:P(A;;FA;;;%s)", ret);
}
