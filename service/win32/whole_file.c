#include "service/win32/whole_file.h"

#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { BUFFER_BYTES = 65536, TRIES = 20, TRY_MS = 50 };

/* ---- reading ---- */

static DWORD open_to_read(const wchar_t *path, HANDLE *ret) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    DWORD err = ERROR_SHARING_VIOLATION;

    for (int i = 0; i < TRIES && err == ERROR_SHARING_VIOLATION; i++) {
        if (i) Sleep(TRY_MS);
        HANDLE file = CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL);
        if (file != INVALID_HANDLE_VALUE) {
            *ret = file;
            return ERROR_SUCCESS;
        }
        err = win_error();
    }
    return err;
}

DWORD whole_file_read(const wchar_t *path, void *ret, DWORD size, DWORD *ret_length) {
    HANDLE file = NULL;
    DWORD used = 0, got = 1, err = open_to_read(path, &file);
    if (err) return err;

    while (!err && got && used < size) {
        if (ReadFile(file, (char *)ret + used, size - used, &got, NULL)) used += got;
        else err = win_error();
    }
    CloseHandle(file);
    if (!err) *ret_length = used;
    return err;
}

/* ---- writing ---- */

struct whole_file {
    HANDLE file;
    const wchar_t *path;
    bool replace;
    DWORD err; /* the first of a write */
    size_t filled;
    char buffer[BUFFER_BYTES];
    wchar_t beside[]; /* the name that the file has until it is complete */
};

DWORD whole_file_begin(const wchar_t *path, bool replace, SECURITY_ATTRIBUTES *attributes, whole_file **ret) {
    const size_t units = wcslen(path) + 24;
    if (!replace && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES) return ERROR_FILE_EXISTS;
    whole_file *f = calloc(1, sizeof *f + units * sizeof *f->beside);
    if (!f) return ERROR_NOT_ENOUGH_MEMORY;
    f->path = path;
    f->replace = replace;
    swprintf(f->beside, units, L"%ls.%lu.new", path, GetCurrentProcessId());

    DeleteFileW(f->beside); /* a file that was left there would keep its own security */
    f->file = CreateFileW(f->beside, GENERIC_WRITE, 0, attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (f->file == INVALID_HANDLE_VALUE) {
        DWORD err = win_error();
        free(f);
        return err;
    }
    *ret = f;
    return ERROR_SUCCESS;
}

static void flush(whole_file *f) {
    DWORD written;
    for (size_t at = 0; at < f->filled && !f->err; at += written) {
        if (!WriteFile(f->file, f->buffer + at, (DWORD)(f->filled - at), &written, NULL))
            f->err = win_error();
        else if (!written) f->err = ERROR_WRITE_FAULT;
    }
    f->filled = 0;
}

void whole_file_add(void *file, const char *bytes, size_t length) {
    whole_file *f = file;
    while (length) {
        size_t part = BUFFER_BYTES - f->filled < length ? BUFFER_BYTES - f->filled : length;
        memcpy(f->buffer + f->filled, bytes, part);
        f->filled += part;
        bytes += part;
        length -= part;
        if (f->filled == BUFFER_BYTES) flush(f);
    }
}

/* MoveFileEx on one volume puts the new file in the place of the old one, or leaves both. Where the old one
 * is open and its opener does not share it for deletion, MoveFileEx fails with ERROR_ACCESS_DENIED: scanners
 * and backups hold files so for moments.
 * https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-movefileexw */
static DWORD give_name(const whole_file *f) {
    const DWORD how = MOVEFILE_WRITE_THROUGH | (f->replace ? MOVEFILE_REPLACE_EXISTING : 0);
    DWORD err = ERROR_SUCCESS;

    for (int i = 0; i < TRIES; i++) {
        if (i) Sleep(TRY_MS);
        if (MoveFileExW(f->beside, f->path, how)) return ERROR_SUCCESS;
        err = win_error();
        if (err != ERROR_ACCESS_DENIED && err != ERROR_SHARING_VIOLATION) break;
    }
    return err;
}

DWORD whole_file_end(whole_file **file, bool keep) {
    whole_file *f = *file;
    if (!f) return ERROR_SUCCESS;
    *file = NULL;

    flush(f);
    if (keep && !f->err && !FlushFileBuffers(f->file)) f->err = win_error();
    CloseHandle(f->file);
    if (keep && !f->err) f->err = give_name(f);
    if (!keep || f->err) DeleteFileW(f->beside);

    DWORD err = f->err;
    free(f);
    return err;
}

DWORD whole_file_write(const wchar_t *path, SECURITY_ATTRIBUTES *attributes, const void *bytes,
                       DWORD length) {
    whole_file *f = NULL;
    DWORD err = whole_file_begin(path, true, attributes, &f);
    if (err) return err;
    whole_file_add(f, bytes, length);
    return whole_file_end(&f, true);
}
