/* Stands in for win32/create.c in spawnbroker_faulty: a child whose command line has one of these words gets
 * other handles than the broker meant it to have. */
#define create_suspended create_as_asked
#include "../../win32/create.c"
#undef create_suspended

#include <wchar.h>

enum { MOST_HANDLES = 300 };

DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what);

DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE list[MOST_HANDLES], planted = NULL;
    create_spec other = *spec;
    size_t first = wcsstr(spec->command_line, L"fault-drop") ? 1 : 0, count = 0;
    for (size_t i = first; i < spec->handle_count && count + 1 < MOST_HANDLES; i++)
        list[count++] = spec->handles[i];
    if (wcsstr(spec->command_line, L"fault-plant"))
        list[count++] = planted = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    other.handles = list;
    other.handle_count = count;
    DWORD error = create_as_asked(&other, ret, ret_what);
    win_close(&planted);
    return error;
}
