#define _POSIX_C_SOURCE 200809L /* gmtime_r, where there is no gmtime_s */
#include "service/audit/files.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Makes "audit.damaged-20260131T235959Z.db" of "audit.db", or "...Z-2.db" if that exists. */
static bool name_aside(const char *path, int64_t now_us, int attempt, char *ret, size_t size) {
    const char *dot = strrchr(path, '.');
    size_t stem = dot ? (size_t)(dot - path) : strlen(path);
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm parts;
    char when[32], number[16] = "";
#ifdef _WIN32
    if (gmtime_s(&parts, &seconds)) return false;
#else
    if (!gmtime_r(&seconds, &parts)) return false;
#endif
    strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &parts);
    if (attempt) snprintf(number, sizeof number, "-%d", attempt + 1);
    int length = snprintf(ret, size, "%.*s.damaged-%s%s%s", (int)stem, path, when, number, path + stem);
    return length > 0 && (size_t)length < size;
}

static bool with_suffix(const char *path, const char *suffix, char *ret, size_t size) {
    int length = snprintf(ret, size, "%s%s", path, suffix);
    return length > 0 && (size_t)length < size;
}

bool files_set_aside(const char *path, int64_t now_us, char *ret_name, size_t size) {
    char name[1024], from[1024], to[1024];
    int attempt = 0;
    do {
        if (attempt == 100 || !name_aside(path, now_us, attempt, name, sizeof name)) return false;
        attempt++;
    } while (files_exist(name) || (with_suffix(name, "-wal", to, sizeof to) && files_exist(to)));
    if (strlen(name) >= size || !with_suffix(path, "-wal", from, sizeof from)) return false;

    /* Move the -wal first: SQLite deletes one that it finds beside a new database, and it may hold the newest
     * records. */
    bool wal = files_exist(from);
    if (wal && !files_rename(from, to)) return false;
    if (files_exist(path) && !files_rename(path, name)) {
        if (wal) files_rename(to, from);
        return false;
    }

    if (with_suffix(path, "-shm", from, sizeof from)) files_remove(from);
    memcpy(ret_name, name, strlen(name) + 1);
    return true;
}
