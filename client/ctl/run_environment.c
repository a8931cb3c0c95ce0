/* spawnctl run: makes the program's environment, with the variables of --env. */
#include "client/ctl/run.h"
#include "service/win32/text.h"

#include <stdlib.h>
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

/* For qsort: by name, whatever the case, by code unit. */
static int by_name(const void *a, const void *b) {
    const wchar_t *left = *(wchar_t *const *)a, *right = *(wchar_t *const *)b;
    return CompareStringOrdinal(left, (int)name_length(left), right, (int)name_length(right), TRUE) -
           CSTR_EQUAL;
}

/* Writes the entries one after the other, each with its NUL, and a last NUL. */
static wchar_t *join(arena *a, wchar_t *const *entries, size_t count) {
    size_t units = 2;
    for (size_t i = 0; i < count; i++) units += wcslen(entries[i]) + 1;
    wchar_t *block = arena_array(a, units, sizeof *block), *out = block;
    for (size_t i = 0; block && i < count; i++) {
        wcscpy(out, entries[i]);
        out += wcslen(out) + 1;
    }
    return block;
}

/* CreateProcess wants the entries sorted: in a block that is not, variables can be found twice or not at all
 * (https://learn.microsoft.com/windows/win32/procthread/changing-environment-variables). */
wchar_t *run_environment(arena *a, const char *const *settings, size_t count) {
    wchar_t **wide = arena_array(a, count + 1, sizeof *wide), **entries = NULL, *block = NULL;
    wchar_t *own = GetEnvironmentStringsW(), *p;
    size_t own_count = 0, used = 0;
    if (!own || !wide) goto done;
    for (p = own; *p; p += wcslen(p) + 1) own_count++;
    if (!(entries = arena_array(a, own_count + count + 1, sizeof *entries))) goto done;
    for (size_t i = 0; i < count; i++)
        if (!(wide[i] = text_wide(a, settings[i]))) goto done;

    for (p = own; *p; p += wcslen(p) + 1)
        if (!is_set(p, wide, count)) entries[used++] = p;
    for (size_t i = 0; i < count; i++) /* a later value wins */
        if (!is_set(wide[i], wide + i + 1, count - i - 1)) entries[used++] = wide[i];

    qsort(entries, used, sizeof *entries, by_name);
    block = join(a, entries, used);
done:
    if (own) FreeEnvironmentStringsW(own);
    return block;
}
