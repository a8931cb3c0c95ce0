#include "client/ctl/run.h"
#include "proto/proto_limits.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

typedef struct file_mode {
    const char *suffix;
    DWORD access, disposition;
} file_mode;

/* The mode at the end of text, which is cut off; without one: r. */
static file_mode take_mode(char *text) {
    static const file_mode modes[] = {
        {":r", GENERIC_READ, OPEN_EXISTING},
        {":w", GENERIC_WRITE, CREATE_ALWAYS},
        {":rw", GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS},
    };
    size_t length = strlen(text);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        size_t suffix = strlen(modes[i].suffix);
        if (length <= suffix || strcmp(text + length - suffix, modes[i].suffix)) continue;
        text[length - suffix] = 0;
        return modes[i];
    }
    return modes[0];
}

/* Cuts the @FD behind a name off and reads it: 0 where there is none, -1 where it is no descriptor. */
static int take_descriptor(char *name) {
    char *at = strchr(name, '@');
    if (!at) return 0;
    size_t digits = strspn(at + 1, "0123456789");
    long fd = digits && digits < 5 && !at[1 + digits] ? strtol(at + 1, NULL, 10) : -1;
    *at = 0;
    return fd >= 3 && fd <= LIMIT_FD ? (int)fd : -1;
}

int run_open_file(const ctl *c, const char *text, sb_handle *ret) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return ctl_usage(c, "--handle needs NAME[@FD]=FILE[:r|w|rw]");
    char *path = arena_copy(c->arena, equals + 1, strlen(equals + 1));
    char *name = arena_copy(c->arena, text, (size_t)(equals - text));
    if (!path || !name) return CTL_EXIT_FAILED;
    int fd = take_descriptor(name);
    if (fd < 0) return ctl_usage(c, "--handle NAME@FD needs a descriptor from 3 to 2047");
    file_mode mode = take_mode(path);
    HANDLE file = CreateFileW(text_wide(c->arena, path), mode.access, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              NULL, mode.disposition, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        sb_error error;
        error_set(&error, win_error(), SB_STAGE_NONE, L"The file %.150ls for the handle cannot be opened.",
                  text_wide(c->arena, path));
        ctl_error(c, &error);
        return CTL_EXIT_FAILED;
    }
    *ret = (sb_handle){.name = text_wide(c->arena, name), .handle = file, .fd = fd};
    return CTL_EXIT_OK;
}

/* ---- the environment ---- */

static size_t name_length(const wchar_t *entry) {
    return *entry ? 1 + wcscspn(entry + 1, L"=") : 0; /* "=C:=C:\dir" has a name that begins with the sign */
}

static bool same_name(const wchar_t *a, const wchar_t *b) {
    return CompareStringOrdinal(a, (int)name_length(a), b, (int)name_length(b), TRUE) == CSTR_EQUAL;
}

static bool is_set(const wchar_t *entry, wchar_t *const *settings, size_t count) {
    size_t i = 0;
    while (i < count && !same_name(entry, settings[i])) i++;
    return i < count;
}

wchar_t *run_environment(arena *a, const char *const *settings, size_t count) {
    wchar_t **wide = arena_array(a, count + 1, sizeof *wide), *block = NULL, *out;
    wchar_t *own = GetEnvironmentStringsW();
    const wchar_t *p = own;
    size_t units = 2;
    if (!own || !wide) goto done;
    for (; *p; p += wcslen(p) + 1) units += wcslen(p) + 1;
    for (size_t i = 0; i < count; i++) {
        if (!(wide[i] = text_wide(a, settings[i]))) goto done;
        units += wcslen(wide[i]) + 1;
    }
    if (!(out = block = arena_array(a, units, sizeof *block))) goto done;
    for (p = own; *p; p += wcslen(p) + 1) {
        if (is_set(p, wide, count)) continue;
        wcscpy(out, p);
        out += wcslen(p) + 1;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_set(wide[i], wide + i + 1, count - i - 1)) continue; /* the last one counts */
        wcscpy(out, wide[i]);
        out += wcslen(out) + 1;
    }
done:
    if (own) FreeEnvironmentStringsW(own);
    return block;
}
