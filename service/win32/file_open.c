#include "service/win32/file_open.h"

#include "service/win32/win.h"

DWORD file_open(const wchar_t *path, DWORD access, DWORD share, DWORD flags, HANDLE *ret) {
    HANDLE file = CreateFileW(path, access, share, NULL, OPEN_EXISTING,
                              flags | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (file == INVALID_HANDLE_VALUE) return win_error();
    *ret = file;
    return ERROR_SUCCESS;
}

DWORD file_attributes(const wchar_t *path, DWORD flags, DWORD *ret) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    FILE_BASIC_INFO basic;
    HANDLE file = NULL;
    DWORD err = file_open(path, FILE_READ_ATTRIBUTES, share, FILE_FLAG_BACKUP_SEMANTICS | flags, &file);
    if (err) return err;
    if (!GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic)) err = win_error();
    CloseHandle(file);
    if (!err) *ret = basic.FileAttributes;
    return err;
}
