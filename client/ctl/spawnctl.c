/* The command line over the library. */
#include "client/ctl/ctl.h"
#include "service/win32/text.h"

#include <string.h>
#include <windows.h>

static int ctl_version(ctl *c) {
    while (ctl_common(c)) continue;
    int result = ctl_end(c);
    if (result || c->help) return result;
    if (c->json)
        out_printf(STD_OUTPUT_HANDLE, "{\"version\":\"%s\",\"protocol\":%d}\n", CLIENT_VERSION,
                   LIMIT_PROTOCOL_VERSION);
    else out_printf(STD_OUTPUT_HANDLE, "spawnctl %s (protocol %d)\n", CLIENT_VERSION, LIMIT_PROTOCOL_VERSION);
    return CTL_EXIT_OK;
}

static int ctl_show_help(ctl *c) {
    ctl_help(c->next < c->count ? c->items[c->next] : "");
    return CTL_EXIT_OK;
}

static int dispatch(ctl *c) {
    static const struct {
        const char *name;
        int (*run)(ctl *);
    } commands[] = {{"run", ctl_run},         {"ps", ctl_ps},         {"status", ctl_status},
                    {"audit", ctl_audit},     {"kill", ctl_kill},     {"policy", ctl_policy},
                    {"service", ctl_service}, {"doctor", ctl_doctor}, {"version", ctl_version},
                    {"help", ctl_show_help}};
    while (ctl_common(c)) continue; /* before the command they are as good as behind it */
    if (c->next == c->count) {
        ctl_help("");
        return c->help ? CTL_EXIT_OK : CTL_EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!ctl_flag(c, commands[i].name)) continue;
        c->command = commands[i].name;
        int result = commands[i].run(c);
        if (c->help && !result) ctl_help(c->command);
        return result;
    }
    out_printf(STD_ERROR_HANDLE, "spawnctl: there is no command \"%s\". See: spawnctl help\n",
               out_shown(c->arena, c->items[c->next], 60));
    return CTL_EXIT_USAGE;
}

int wmain(int count, wchar_t **words);

int wmain(int count, wchar_t **words) {
    arena a = {0};
    ctl c = {.arena = &a, .command = "help"};
    int result = CTL_EXIT_FAILED;
    /* It may stand in a directory that others write to; children are not concerned. Where it fails all else
     * works. */
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!(c.items = arena_array(&a, (size_t)count + 1, sizeof *c.items))) goto done;
    for (int i = 1; i < count; i++) {
        if (!(c.items[c.count++] = text_utf8(&a, words[i]))) {
            out_printf(STD_ERROR_HANDLE, "spawnctl: argument %d is not valid text.\n", i);
            result = CTL_EXIT_USAGE;
            goto done;
        }
    }
    result = dispatch(&c);
done:
    arena_free(&a);
    return result;
}
