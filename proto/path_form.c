#include "proto/path_form.h"

#include "proto/proto_limits.h"
#include "proto/utf.h"

#include <string.h>

static bool is_separator(char c) {
    return c == '\\' || c == '/';
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool starts_at_drive(const char *path) {
    return lower(path[0]) >= 'a' && lower(path[0]) <= 'z' && path[1] == ':' && is_separator(path[2]);
}

/* Checks for server\share... */
static bool starts_at_share(const char *path) {
    size_t server = strcspn(path, "\\/");
    return server > 0 && path[server] && path[server + 1] && !is_separator(path[server + 1]);
}

static bool starts_at_unc(const char *path) {
    return lower(path[0]) == 'u' && lower(path[1]) == 'n' && lower(path[2]) == 'c' && is_separator(path[3]) &&
           starts_at_share(path + 4);
}

path_form path_form_of(const char *path) {
    ptrdiff_t units = utf8_to_utf16_length(path, strlen(path));
    if (units == UTF_BAD) return PATH_BAD_TEXT;
    if (units >= LIMIT_PATH_UNITS) return PATH_TOO_LONG;

    const char *rest = path;
    bool rooted = is_separator(path[0]);
    if (rooted && path[1] == '?' && path[2] == '?' && is_separator(path[3])) return PATH_DEVICE;
    if (rooted && is_separator(path[1])) {
        rest += 2;
        if ((rest[0] == '?' || rest[0] == '.') && is_separator(rest[1])) {
            rest += 2;
            if (path[2] == '.' || !(starts_at_drive(rest) || starts_at_unc(rest))) return PATH_DEVICE;
        } else if (!starts_at_share(rest)) {
            return PATH_RELATIVE;
        }
    } else if (!starts_at_drive(path)) {
        return PATH_RELATIVE;
    }

    for (; *rest; rest++)
        if ((unsigned char)*rest < 0x20 || strchr("\"<>|*?", *rest)) return PATH_BAD_CHARACTER;
    return PATH_ABSOLUTE;
}

static bool ends_in_batch(const char *name, size_t length) {
    while (length && (name[length - 1] == '.' || name[length - 1] == ' ')) length--;
    if (length < 4) return false;
    const char *end = name + length - 4;
    char extension[5] = {end[0], lower(end[1]), lower(end[2]), lower(end[3])};
    return !strcmp(extension, ".bat") || !strcmp(extension, ".cmd");
}

bool path_is_batch(const char *path) {
    const char *name = path;
    for (const char *p = path; *p; p++)
        if (is_separator(*p)) name = p + 1;
    for (;;) { /* the name of the file, then the names of streams */
        size_t length = strcspn(name, ":");
        if (ends_in_batch(name, length)) return true;
        if (!name[length]) return false;
        name += length + 1;
    }
}
