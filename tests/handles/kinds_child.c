/* The child of test_kinds: the same program. It prints "exact" if it inherited exactly what it was given,
 * then type and access of the handle "it", and the result of its use. */
#include "tests/handles/kinds.h"
#include "service/win32/nt.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

bool kinds_born_exact(size_t named) {
    static const DWORD std_ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    HANDLE expected[3 + 64];
    size_t expected_count = 0, count, inherited = 0, found = 0;
    nt_handle *table;

    /* Before the first look-up, which makes the handles non-inheritable. The process itself creates none. */
    if (named > 64 || nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &table, &count))
        return false;

    for (size_t i = 0; i < named; i++) {
        const wchar_t *name = sb_inherited_name(i);
        if (!name) break;
        expected[expected_count++] = sb_inherited_handle(name);
    }

    bool all_named = expected_count == named && !sb_inherited_name(named);
    for (int i = 0; i < 3; i++) {
        HANDLE handle = GetStdHandle(std_ids[i]);
        size_t k = 0;
        while (k < expected_count && expected[k] != handle) k++;
        if (k == expected_count) expected[expected_count++] = handle;
    }

    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        if (!table[i].inheritable) continue;
        inherited++;
        while (k < expected_count && expected[k] != table[i].value) k++;
        if (k < expected_count) found++;
        else printf("too many: %p, access %lx\n", table[i].value, (unsigned long)table[i].access);
    }

    free(table);
    if (inherited != expected_count || found != expected_count || !all_named)
        printf("inherited %u, expected %u, of them found %u, names %s\n", (unsigned)inherited,
               (unsigned)expected_count, (unsigned)found, all_named ? "right" : "wrong");

    return all_named && inherited == expected_count && found == expected_count;
}

/* argv: "child", kind, "use" or "beyond". */
int kinds_child(int argc, wchar_t **argv) {
    char name[64];
    nt_object object;
    if (argc < 4) return 2;
    _setmode(_fileno(stdout), _O_BINARY);
    snprintf(name, sizeof name, "%ls", argv[2]);
    const kind *k = kinds_find(name);
    if (!k) return 2;
    if (kinds_born_exact(1)) printf("exact\n");
    HANDLE given = sb_inherited_handle(L"it");
    if (!given || nt_query_object(given, &object)) return 3;
    printf("%s %lx\n", object.type, (unsigned long)object.access);
    SetLastError(0);

    if (!wcscmp(argv[3], L"use")) {
        bool used = k->use(given);
        printf("%s: error %lu\n", used ? "used" : "not used", used ? 0 : GetLastError());
    } else if (k->beyond) {
        bool done = k->beyond(given);
        printf("%s: error %lu\n", done ? "done" : "not done", GetLastError());
    }

    return 0;
}
