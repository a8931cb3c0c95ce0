#include "service/audit/files.h"

#include "service/audit/crypto.h"

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

static HANDLE open_file(const char *path, DWORD access, DWORD share, DWORD how) {
    wchar_t wide[PATH_UNITS];
    HANDLE file = wide_of(path, wide)
                      ? CreateFileW(wide, access, share, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL)
                      : INVALID_HANDLE_VALUE;
    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

bool files_write(const char *path, const void *bytes, size_t length) {
    DWORD written = 0;
    HANDLE file = open_file(path, GENERIC_WRITE, 0, CREATE_ALWAYS);
    bool good = file && WriteFile(file, bytes, (DWORD)length, &written, NULL) && written == length &&
                FlushFileBuffers(file);
    if (file) CloseHandle(file);
    return good;
}

bool files_read(const char *path, char *ret, size_t size) {
    DWORD got = 0;
    HANDLE file = open_file(path, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    bool good = file && ReadFile(file, ret, (DWORD)size - 1, &got, NULL);
    if (file) CloseHandle(file);
    if (good) ret[got] = 0;
    return good;
}

/* Of random bytes: in a compressed directory others would take no room. */
bool files_reserve(const char *path, size_t bytes) {
    enum { PIECE = 64 * 1024 };
    DWORD written = 0;
    void *piece = malloc(PIECE);
    HANDLE file =
        piece && crypto_random(piece, PIECE) ? open_file(path, GENERIC_WRITE, 0, CREATE_ALWAYS) : NULL;
    bool good = file != NULL;
    for (size_t done = 0; good && done < bytes; done += written)
        good = WriteFile(file, piece, (DWORD)(bytes - done < PIECE ? bytes - done : PIECE), &written, NULL) &&
               written;
    good = good && FlushFileBuffers(file);
    if (file) CloseHandle(file);
    if (file && !good) files_remove(path);
    free(piece);
    return good;
}
