#include "service/win32/image.h"

#include "proto/proto_limits.h"
#include "service/win32/file_open.h"
#include "service/win32/nt.h"
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
    HANDLE file = NULL;
    DWORD err = file_open(path, access, share, 0, &file);
    if (err == ERROR_SHARING_VIOLATION) {
        share |= FILE_SHARE_DELETE;
        err = file_open(path, access, share, 0, &file);
    }
    if (!err) *ret = (image_file){.file = file, .can_move = (share & FILE_SHARE_DELETE) != 0};
    return err;
}

static fault_kind refuse(fault *ret_fault, DWORD err, const char *format, const char *shown) {
    return fault_set(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err, format, shown);
}

/* Finds out where the file is. A pipe or a serial port could keep the first read waiting for ever. */
static fault_kind check_disk(image_file *image, const char *shown, fault *ret_fault) {
    nt_volume volume;
    DWORD err = nt_query_volume(image->file, &volume);
    if (err) return refuse(ret_fault, err, "cannot find out on which device the program \"%s\" is", shown);
    if (!nt_is_disk_device(volume.device))
        return refuse(ret_fault, ERROR_BAD_FILE_TYPE, "\"%s\" is not a file on a disk", shown);
    image->remote = volume.remote;
    return FAULT_NONE;
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
    DWORD err = open_shared(path, GENERIC_READ | FILE_EXECUTE, ret), attributes = 0;
    if (!err) {
        fault_kind kind = check_disk(ret, shown, ret_fault);
        return kind ? kind : read_image(ret, shown, ret_fault);
    }

    /* The execution alias of a packaged program cannot be opened as a file; CreateProcess finds the program.
     */
    if (err == ERROR_CANT_ACCESS_FILE) return FAULT_NONE;
    /* The user may execute the file but not read it: CreateProcess finds out what it is. */
    if (err == ERROR_ACCESS_DENIED && !open_shared(path, FILE_EXECUTE, ret))
        return check_disk(ret, shown, ret_fault);

    if (err == ERROR_ACCESS_DENIED && !file_attributes(path, 0, &attributes) &&
        (attributes & FILE_ATTRIBUTE_DIRECTORY))
        return refuse(ret_fault, err, "the program \"%s\" is a directory", shown);
    return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err, "cannot open the program \"%s\"",
                     shown);
}

fault_kind image_open(const wchar_t *path, const char *shown, const io_bound *bound, image_file *ret,
                      fault *ret_fault) {
    image_file image = {0};
    io_limit limit;
    io_limit_begin(&limit, bound);
    fault_kind kind = open_image(path, shown, &image, ret_fault);
    DWORD err = io_limit_end(&limit, kind ? ret_fault->win32 : ERROR_SUCCESS);

    if (err == ERROR_TIMEOUT)
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

/* QUIRK wine 8: ProcessImageFileMapping is missing.
 * CURE: open the path that the process has for its program. A path that is swapped and swapped back deceives
 * that. TEST: tests/launch/test_rules.c, swapped */
static DWORD check_by_path(HANDLE file, HANDLE process) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE created_from = NULL;
    wchar_t *path = malloc(LIMIT_PATH_UNITS * sizeof *path);
    if (!path) return ERROR_NOT_ENOUGH_MEMORY;
    DWORD err = true_path_of_process(process, path, LIMIT_PATH_UNITS);
    if (!err) err = file_open(path, FILE_READ_ATTRIBUTES, share, 0, &created_from);
    if (!err && !same_file(file, created_from)) err = ERROR_FILE_INVALID;
    win_close(&created_from);
    free(path);
    return err;
}

DWORD image_stamp_read(HANDLE file, image_stamp *ret) {
    BY_HANDLE_FILE_INFORMATION about;
    if (!GetFileInformationByHandle(file, &about)) return win_error();
    *ret = (image_stamp){.size = (uint64_t)about.nFileSizeHigh << 32 | about.nFileSizeLow,
                         .written = (uint64_t)about.ftLastWriteTime.dwHighDateTime << 32 |
                                    about.ftLastWriteTime.dwLowDateTime};
    return ERROR_SUCCESS;
}

static DWORD check_stamp(const image_file *image) {
    image_stamp now = {0};
    if (!image->stamp.size && !image->stamp.written) return ERROR_SUCCESS;
    DWORD err = image_stamp_read(image->file, &now);
    if (err) return err;
    bool same = now.size == image->stamp.size && now.written == image->stamp.written;
    return same ? ERROR_SUCCESS : (DWORD)ERROR_FILE_INVALID;
}

DWORD image_check(const image_file *image, HANDLE process, bool by_path) {
    bool same = false;
    DWORD err = nt_created_from(process, image->file, &same);
    if (!err && !same) err = ERROR_FILE_INVALID;
    if (err == ERROR_NOT_SUPPORTED) err = by_path ? check_by_path(image->file, process) : ERROR_SUCCESS;
    return err ? err : check_stamp(image);
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
