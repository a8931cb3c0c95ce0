#define _POSIX_C_SOURCE 200809L
#include "service/audit/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool files_exist(const char *path) {
    return access(path, F_OK) == 0;
}

int64_t files_size(const char *path) {
    struct stat about;
    return stat(path, &about) ? 0 : (int64_t)about.st_size;
}

int64_t files_room(const char *path) {
    struct statvfs about;
    char directory[1024];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return statvfs(directory, &about) ? 0 : (int64_t)about.f_bavail * (int64_t)about.f_frsize;
}

bool files_rename(const char *from, const char *to) {
    return link(from, to) == 0 && unlink(from) == 0;
}

bool files_remove(const char *path) {
    return unlink(path) == 0 || !files_exist(path);
}

bool files_write(const char *path, const void *bytes, size_t length) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool good = write(file, bytes, length) == (ssize_t)length && fsync(file) == 0;
    close(file);
    return good;
}

bool files_read(const char *path, char *ret, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, ret, size - 1);
    if (file >= 0) close(file);
    if (got >= 0) ret[got] = 0;
    return got >= 0;
}

bool files_reserve(const char *path, size_t bytes) {
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool good = posix_fallocate(file, 0, (off_t)bytes) == 0 && fsync(file) == 0;
    close(file);
    if (!good) files_remove(path);
    return good;
}
