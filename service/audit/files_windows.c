#include "service/audit/files.h"

#include "service/audit/crypto.h"
#include "service/win32/whole_file.h"

#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

enum { PATH_UNITS = 1024 };

/* False for what is no path of ours. */
static bool wide_of(const char *path, wchar_t ret[PATH_UNITS]) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, ret, PATH_UNITS) > 0;
}

bool files_exist(const char *path) {
    wchar_t wide[PATH_UNITS];
    return wide_of(path, wide) && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
}

int64_t files_size(const char *path) {
    wchar_t wide[PATH_UNITS];
    WIN32_FILE_ATTRIBUTE_DATA about;
    if (!wide_of(path, wide) || !GetFileAttributesExW(wide, GetFileExInfoStandard, &about)) return 0;
    return (int64_t)((uint64_t)about.nFileSizeHigh << 32 | about.nFileSizeLow);
}

int64_t files_room(const char *path) {
    wchar_t wide[PATH_UNITS];
    ULARGE_INTEGER free_bytes = {0};
    if (!wide_of(path, wide)) return 0;
    size_t length = wcslen(wide);
    while (length && wide[length - 1] != L'\\' && wide[length - 1] != L'/') wide[--length] = 0;
    return GetDiskFreeSpaceExW(*wide ? wide : L".", &free_bytes, NULL, NULL) ? (int64_t)free_bytes.QuadPart
                                                                             : 0;
}

bool files_rename(const char *from, const char *to) {
    wchar_t wide_from[PATH_UNITS], wide_to[PATH_UNITS];
    return wide_of(from, wide_from) && wide_of(to, wide_to) &&
           MoveFileExW(wide_from, wide_to, MOVEFILE_WRITE_THROUGH);
}

bool files_remove(const char *path) {
    wchar_t wide[PATH_UNITS];
    return wide_of(path, wide) && (DeleteFileW(wide) || !files_exist(path));
}

bool files_write(const char *path, const void *bytes, size_t length) {
    wchar_t wide[PATH_UNITS];
    return wide_of(path, wide) && !whole_file_write(wide, NULL, bytes, (DWORD)length);
}

bool files_read(const char *path, char *ret, size_t size) {
    DWORD got = 0;
    wchar_t wide[PATH_UNITS];
    bool good = wide_of(path, wide) && !whole_file_read(wide, ret, (DWORD)size - 1, &got);
    if (good) ret[got] = 0;
    return good;
}

/* Of random bytes: in a compressed directory others would take no room. */
bool files_reserve(const char *path, size_t bytes) {
    enum { PIECE = 64 * 1024 };
    DWORD written = 0;
    wchar_t wide[PATH_UNITS];
    void *piece = malloc(PIECE);
    HANDLE file = INVALID_HANDLE_VALUE;
    if (piece && crypto_random(piece, PIECE) && wide_of(path, wide))
        file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    bool good = file != INVALID_HANDLE_VALUE, made = good;
    for (size_t done = 0; good && done < bytes; done += written)
        good = WriteFile(file, piece, (DWORD)(bytes - done < PIECE ? bytes - done : PIECE), &written, NULL) &&
               written;
    good = good && FlushFileBuffers(file);
    if (made) CloseHandle(file);
    if (made && !good) files_remove(path);
    free(piece);
    return good;
}
