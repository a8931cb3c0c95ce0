#include "service/win32/start_directory.h"

#include "service/win32/file_open.h"
#include "service/win32/win.h"

#include <stdio.h>

DWORD start_directory_open(const wchar_t *path, HANDLE *ret) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    FILE_BASIC_INFO basic;
    HANDLE file = NULL;
    DWORD err = file_open(path, FILE_READ_ATTRIBUTES, share, FILE_FLAG_BACKUP_SEMANTICS, &file);

    if (!err && !GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic)) err = win_error();
    if (!err && !(basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY)) err = ERROR_DIRECTORY;
    if (err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND || err == ERROR_INVALID_NAME)
        err = ERROR_DIRECTORY;

    if (err) win_close(&file);
    else *ret = file;
    return err;
}

fault_kind start_directory_fault(const char *directory, DWORD err, fault *ret_fault) {
    win_fault(ret_fault, err == ERROR_TIMEOUT ? FAULT_TIMED_OUT : FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
              "the directory \"%s\" cannot be used", directory);
    snprintf(ret_fault->field, sizeof ret_fault->field, "params.directory");
    return ret_fault->kind;
}
