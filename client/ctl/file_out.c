#include "client/ctl/file_out.h"

#include "service/win32/text.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER = 65536 };

struct file_out {
    HANDLE file;
    const wchar_t *path, *made; /* the name that it is to have, and has */
    bool replace;
    DWORD error; /* the first of a write */
    size_t filled;
    char buffer[BUFFER];
};

bool file_out_begin(arena *a, const char *path, bool replace, file_out **ret, DWORD *ret_error) {
    file_out *f = calloc(1, sizeof *f);
    char *made = arena_printf(a, "%s.%lu.new", path, GetCurrentProcessId());
    DWORD error = ERROR_SUCCESS;
    if (!f || !made || !(f->path = text_wide(a, path)) || !(f->made = text_wide(a, made)))
        error = ERROR_NOT_ENOUGH_MEMORY;
    else if (!replace && GetFileAttributesW(f->path) != INVALID_FILE_ATTRIBUTES) error = ERROR_FILE_EXISTS;
    else {
        f->replace = replace;
        f->file = CreateFileW(f->made, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        if (f->file == INVALID_HANDLE_VALUE) error = win_error();
    }
    if (error) {
        free(f);
        *ret_error = error;
        return false;
    }
    *ret = f;
    return true;
}

static void flush(file_out *f) {
    DWORD written;
    for (size_t at = 0; at < f->filled && !f->error; at += written) {
        if (!WriteFile(f->file, f->buffer + at, (DWORD)(f->filled - at), &written, NULL))
            f->error = win_error();
        else if (!written) f->error = ERROR_WRITE_FAULT;
    }
    f->filled = 0;
}

void file_out_write(void *context, const char *text, size_t length) {
    file_out *f = context;
    while (length) {
        size_t part = BUFFER - f->filled < length ? BUFFER - f->filled : length;
        memcpy(f->buffer + f->filled, text, part);
        f->filled += part;
        text += part;
        length -= part;
        if (f->filled == BUFFER) flush(f);
    }
}

/* MoveFileEx on one volume puts the new file in the place of the old one, or leaves both.
 * https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-movefileexw */
bool file_out_end(file_out **out, bool keep, DWORD *ret_error) {
    file_out *f = *out;
    DWORD how = MOVEFILE_WRITE_THROUGH | (f->replace ? MOVEFILE_REPLACE_EXISTING : 0);
    flush(f);
    if (keep && !f->error && !FlushFileBuffers(f->file)) f->error = win_error();
    CloseHandle(f->file);
    if (keep && !f->error && !MoveFileExW(f->made, f->path, how)) f->error = win_error();
    if (!keep || f->error) DeleteFileW(f->made);
    if (f->error) *ret_error = f->error;
    bool good = !f->error;
    free(f);
    *out = NULL;
    return good;
}
