#include "service/win32/image.h"

#include "proto/proto_limits.h"
#include "service/win32/io_limit.h"
#include "service/win32/true_path.h"
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

/* As CreateProcess opens a program, except for can_move: without FILE_SHARE_DELETE nobody can rename the file
 * or its directories while it is open. That fails where another program holds the file open with DELETE
 * access, and then the file is shared as CreateProcess shares it. */
static DWORD open_shared(const wchar_t *path, DWORD access, image_file *ret) {
    DWORD share = FILE_SHARE_READ;
    HANDLE file = CreateFileW(path, access, share, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION) {
        share |= FILE_SHARE_DELETE;
        file = CreateFileW(path, access, share, NULL, OPEN_EXISTING, 0, NULL);
    }
    if (file == INVALID_HANDLE_VALUE) return win_error();
    *ret = (image_file){.file = file, .can_move = (share & FILE_SHARE_DELETE) != 0};
    return ERROR_SUCCESS;
}

static fault_kind refuse(fault *ret_fault, DWORD err, const char *format, const char *shown) {
    return fault_set(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err, format, shown);
}

/* Reads the header, so that messages can name the machine. */
static fault_kind read_image(image_file *image, const char *shown, fault *ret_fault) {
    pe_header pe;
    if (!read_header(image->file, &pe))
        return refuse(ret_fault, ERROR_BAD_EXE_FORMAT,
                      "\"%s\" is not a Windows program (it has no PE header)", shown);
    if (pe.header.Characteristics & IMAGE_FILE_DLL)
        return refuse(ret_fault, ERROR_BAD_EXE_FORMAT, "\"%s\" is a DLL, not a program", shown);
    image->machine = pe.header.Machine;
    return FAULT_NONE;
}

static fault_kind open_image(const wchar_t *path, const char *shown, image_file *ret, fault *ret_fault) {
    DWORD err = open_shared(path, GENERIC_READ | FILE_EXECUTE, ret);
    if (!err) return read_image(ret, shown, ret_fault);

    /* The execution alias of a packaged program cannot be opened as a file; CreateProcess finds the program.
     */
    if (err == ERROR_CANT_ACCESS_FILE) return FAULT_NONE;
    /* The user may execute the file but not read it: CreateProcess finds out what it is. */
    if (err == ERROR_ACCESS_DENIED && !open_shared(path, FILE_EXECUTE, ret)) return FAULT_NONE;

    DWORD attributes = err == ERROR_ACCESS_DENIED ? GetFileAttributesW(path) : INVALID_FILE_ATTRIBUTES;
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY))
        return refuse(ret_fault, err, "the program \"%s\" is a directory", shown);
    return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err, "cannot open the program \"%s\"",
                     shown);
}

fault_kind image_open(const wchar_t *path, const char *shown, uint64_t deadline, image_file *ret,
                      fault *ret_fault) {
    image_file image = {0};
    io_limit limit;
    io_limit_begin(&limit, deadline);
    fault_kind kind = open_image(path, shown, &image, ret_fault);
    bool late = io_limit_end(&limit);

    if (kind && late)
        kind =
            fault_set(ret_fault, FAULT_TIMED_OUT, STAGE_CREATE, ERROR_TIMEOUT,
                      "the program \"%s\" could not be opened in time: another program or a server keeps it "
                      "waiting",
                      shown);
    if (kind) image_close(&image);
    else *ret = image;
    return kind;
}

void image_close(image_file *image) {
    win_close(&image->file);
}

static bool same_file(HANDLE a, HANDLE b) {
    BY_HANDLE_FILE_INFORMATION x, y;
    return GetFileInformationByHandle(a, &x) && GetFileInformationByHandle(b, &y) &&
           x.dwVolumeSerialNumber == y.dwVolumeSerialNumber && x.nFileIndexHigh == y.nFileIndexHigh &&
           x.nFileIndexLow == y.nFileIndexLow;
}

DWORD image_check(HANDLE file, HANDLE process) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    wchar_t *path = malloc(LIMIT_PATH_UNITS * sizeof *path);
    if (!path) return ERROR_NOT_ENOUGH_MEMORY;
    DWORD err = true_path_of_process(process, path, LIMIT_PATH_UNITS);
    HANDLE made_of = err ? INVALID_HANDLE_VALUE
                         : CreateFileW(path, FILE_READ_ATTRIBUTES, share, NULL, OPEN_EXISTING, 0, NULL);
    if (!err && made_of == INVALID_HANDLE_VALUE) err = win_error();
    if (!err && !same_file(file, made_of)) err = ERROR_FILE_INVALID;
    if (made_of != INVALID_HANDLE_VALUE) CloseHandle(made_of);
    free(path);
    return err;
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
