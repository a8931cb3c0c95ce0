/* spawnctl run: makes the program's environment, with the variables of --env. */
#include "client/ctl/run.h"
#include "service/win32/text.h"

#include <wchar.h>

static size_t name_length(const wchar_t *entry) {
    return *entry ? 1 + wcscspn(entry + 1, L"=") : 0; /* the name of "=C:=C:\dir" is "=C:" */
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
        if (is_set(wide[i], wide + i + 1, count - i - 1)) continue; /* a later value wins */
        wcscpy(out, wide[i]);
        out += wcslen(out) + 1;
    }
done:
    if (own) FreeEnvironmentStringsW(own);
    return block;
}
