/* Stands in for service/win32/create.c in spawnbroker_swapping: just before the process is made, and after
 * everything has been checked, somebody puts another program where the first one was. The command line says
 * so with swap:DIRECTORY, without spaces. There, "via" is a link to "one", and is turned to "two"; or,
 * without a link, the directory "one" is renamed, and "two" takes its place, which Wine allows while a file
 * in it is open. */
#define create_suspended create_as_asked
#include "service/win32/create.c"
#undef create_suspended

#include <wchar.h>

static void swap(const wchar_t *line) {
    static const wchar_t word[] = L"swap:";
    const wchar_t *at = wcsstr(line, word);
    wchar_t directory[MAX_PATH], one[MAX_PATH + 8], two[MAX_PATH + 8], other[MAX_PATH + 8];
    if (!at || swscanf(at + wcslen(word), L"%259ls", directory) != 1) return;

    swprintf(one, MAX_PATH + 8, L"%ls\\via", directory);
    swprintf(two, MAX_PATH + 8, L"%ls\\two", directory);
    if (GetFileAttributesW(one) != INVALID_FILE_ATTRIBUTES) {
        RemoveDirectoryW(one);
        CreateSymbolicLinkW(one, two, SYMBOLIC_LINK_FLAG_DIRECTORY);
        return;
    }
    swprintf(one, MAX_PATH + 8, L"%ls\\one", directory);
    swprintf(other, MAX_PATH + 8, L"%ls\\aside", directory);
    if (MoveFileW(one, other)) MoveFileW(two, one);
}

DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what);

DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what) {
    swap(spec->command_line);
    return create_as_asked(spec, ret, ret_what);
}
