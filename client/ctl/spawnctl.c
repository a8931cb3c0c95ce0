/* spawnctl: the command line over the library. */
#include "client/ctl/ctl.h"
#include "service/win32/text.h"

#include <windows.h>

int ctl_version(ctl *c) {
    out_printf(STD_OUTPUT_HANDLE,
               c->json ? "{\"version\":\"%s\",\"protocol\":%d}\n" : "spawnctl %s (protocol %d)\n",
               CLIENT_VERSION, LIMIT_PROTOCOL_VERSION);
    return CTL_EXIT_OK;
}

static int dispatch(ctl *c) {
    bool help = false;
    int result = ctl_parse(c, &help);
    if (result) return result;
    if (!help && c->spec) return c->spec->run(c);
    help_print(c, c->spec);
    return help ? CTL_EXIT_OK : CTL_EXIT_USAGE;
}

int wmain(int count, wchar_t **words);

int wmain(int count, wchar_t **words) {
    arena a = {0};
    ctl c = {.arena = &a};
    int result = CTL_EXIT_FAILED;
    /* Others may be able to write to the directory of this program: load DLLs only from System32. Children
     * are not affected. If this fails, everything else still works. */
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!(c.items = arena_array(&a, (size_t)count + 1, sizeof *c.items))) goto done;

    for (int i = 1; i < count; i++) {
        if (!(c.items[c.count++] = text_utf8(&a, words[i]))) {
            out_printf(STD_ERROR_HANDLE, "spawnctl: argument %d is not valid Unicode.\n", i);
            result = CTL_EXIT_USAGE;
            goto done;
        }
    }
    result = dispatch(&c);
done:
    arena_free(&a);
    return result;
}
