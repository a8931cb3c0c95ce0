/* spawnctl run: opens the files of --handle. */
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

/* Cuts the mode off the end of text and returns it; r if there is none. */
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

/* Cuts @FD off the end of a name and returns FD; 0: there is none, -1: it is no descriptor. */
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
        error_set(&error, win_error(), SB_STAGE_NONE, L"Cannot open the file %.150ls for --handle.",
                  text_wide(c->arena, path));
        ctl_error(c, &error);
        return CTL_EXIT_FAILED;
    }
    *ret = (sb_handle){.name = text_wide(c->arena, name), .handle = file, .fd = fd};
    return CTL_EXIT_OK;
}
