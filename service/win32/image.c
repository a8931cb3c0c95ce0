#include "service/win32/image.h"

#include "proto/proto_limits.h"
#include "service/win32/win.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct pe_header {
    DWORD signature;
    IMAGE_FILE_HEADER header;
} pe_header;

/* The header of a file that has just been opened. Nearly every program has it in its first bytes, so that
 * these are read, and more only where it is further on. */
static bool read_header(HANDLE file, pe_header *ret) {
    unsigned char start[1024];
    IMAGE_DOS_HEADER dos;
    DWORD got = 0;
    if (!ReadFile(file, start, sizeof start, &got, NULL) || got < sizeof dos) return false;
    memcpy(&dos, start, sizeof dos);
    if (dos.e_magic != IMAGE_DOS_SIGNATURE || dos.e_lfanew < 0) return false;
    OVERLAPPED at = {.Offset = (DWORD)dos.e_lfanew};
    if ((DWORD)dos.e_lfanew <= sizeof start - sizeof *ret && (DWORD)dos.e_lfanew + sizeof *ret <= got)
        memcpy(ret, start + dos.e_lfanew, sizeof *ret);
    else if (!ReadFile(file, ret, sizeof *ret, &got, &at) || got != sizeof *ret) return false;
    return ret->signature == IMAGE_NT_SIGNATURE;
}

/* May be executed and not read: what it is, CreateProcess finds out. */
static fault_kind image_unread(HANDLE file, HANDLE *ret_file, WORD *ret_machine) {
    *ret_file = file;
    *ret_machine = 0;
    return FAULT_NONE;
}

fault_kind image_open(const wchar_t *path, const char *shown, HANDLE *ret_file, WORD *ret_machine,
                      fault *ret_fault) {
    pe_header pe;
    const DWORD share =
        FILE_SHARE_READ; /* while it is open nobody renames it or its directories, or deletes it */
    HANDLE file = CreateFileW(path, GENERIC_READ | FILE_EXECUTE, share, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD error = win_error();
        /* An execution alias of a packaged program is no file to be opened, and CreateProcess knows it. */
        if (error == ERROR_CANT_ACCESS_FILE) return image_unread(NULL, ret_file, ret_machine);
        if (error == ERROR_ACCESS_DENIED &&
            (file = CreateFileW(path, FILE_EXECUTE, share, NULL, OPEN_EXISTING, 0, NULL)) !=
                INVALID_HANDLE_VALUE)
            return image_unread(file, ret_file, ret_machine);
        if (error == ERROR_ACCESS_DENIED && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES &&
            (GetFileAttributesW(path) & FILE_ATTRIBUTE_DIRECTORY))
            return fault_set(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, error,
                             "the program \"%s\" is a directory", shown);
        return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, error,
                         "cannot open the program \"%s\"", shown);
    }
    if (!read_header(file, &pe)) {
        CloseHandle(file);
        return fault_set(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, ERROR_BAD_EXE_FORMAT,
                         "\"%s\" is not a Windows program (it has no PE header)", shown);
    }
    if (pe.header.Characteristics & IMAGE_FILE_DLL) {
        CloseHandle(file);
        return fault_set(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, ERROR_BAD_EXE_FORMAT,
                         "\"%s\" is a DLL, not a program", shown);
    }
    *ret_file = file;
    *ret_machine = pe.header.Machine;
    return FAULT_NONE;
}

static bool same_file(HANDLE a, HANDLE b) {
    BY_HANDLE_FILE_INFORMATION x, y;
    return GetFileInformationByHandle(a, &x) && GetFileInformationByHandle(b, &y) &&
           x.dwVolumeSerialNumber == y.dwVolumeSerialNumber && x.nFileIndexHigh == y.nFileIndexHigh &&
           x.nFileIndexLow == y.nFileIndexLow;
}

DWORD image_check(HANDLE file, HANDLE process) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    DWORD length = LIMIT_PATH_UNITS, error = ERROR_SUCCESS;
    wchar_t *path = malloc(length * sizeof *path);
    if (!path) return ERROR_NOT_ENOUGH_MEMORY;
    /* The name of the file that the process is of, links resolved, as the system holds it. */
    if (!QueryFullProcessImageNameW(process, 0, path, &length)) error = win_error();
    HANDLE made_of = error ? INVALID_HANDLE_VALUE
                           : CreateFileW(path, FILE_READ_ATTRIBUTES, share, NULL, OPEN_EXISTING, 0, NULL);
    if (!error && made_of == INVALID_HANDLE_VALUE) error = win_error();
    if (!error && !same_file(file, made_of)) error = ERROR_FILE_INVALID;
    if (made_of != INVALID_HANDLE_VALUE) CloseHandle(made_of);
    free(path);
    return error;
}

const char *image_machine_name(WORD machine) {
    switch (machine) {
    case IMAGE_FILE_MACHINE_AMD64: return "x64";
    case IMAGE_FILE_MACHINE_I386: return "x86";
    case 0xAA64: return "ARM64"; /* IMAGE_FILE_MACHINE_ARM64 */
    case IMAGE_FILE_MACHINE_ARMNT: return "ARM";
    default: return "unknown";
    }
}
