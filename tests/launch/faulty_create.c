/* Replaces service/win32/create.c in spawnbroker_faulty: faulty.h describes the faults. */
#include "tests/launch/faulty.h"

#define create_suspended create_as_asked
#include "service/win32/create.c"
#undef create_suspended

#include <wchar.h>

enum { MOST_HANDLES = 300 };

static volatile LONG end_point, end_pid;

void faulty_at(int point) {
    if (!end_point || point != end_point) return;
    end_point = 0;
    HANDLE caller = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, (DWORD)end_pid);
    if (!caller) return;
    TerminateProcess(caller, FAULTY_EXIT_CODE);
    WaitForSingleObject(caller, INFINITE);
    CloseHandle(caller);
}

static void read_end(const wchar_t *line) {
    static const wchar_t word[] = L"fault-end:";
    const wchar_t *found = wcsstr(line, word);
    wchar_t *rest;
    if (!found) return;
    end_point = wcstol(found + wcslen(word), &rest, 10);
    end_pid = *rest ? wcstol(rest + 1, NULL, 10) : 0;
}

/* Makes an inheritable event in the process that the child inherits from, and returns its value there. */
static HANDLE plant(HANDLE parent) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE here = CreateEventW(&inheritable, TRUE, FALSE, NULL), there = NULL;
    if (!parent) return here;
    DuplicateHandle(GetCurrentProcess(), here, parent, &there, 0, TRUE, DUPLICATE_SAME_ACCESS);
    CloseHandle(here);
    return there;
}

static void take_away(HANDLE parent, HANDLE planted) {
    if (planted)
        DuplicateHandle(parent ? parent : GetCurrentProcess(), planted, NULL, NULL, 0, FALSE,
                        DUPLICATE_CLOSE_SOURCE);
}

DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what);

DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what) {
    HANDLE list[MOST_HANDLES], planted = NULL;
    create_spec other = *spec;
    size_t first = wcsstr(spec->command_line, L"fault-drop") ? 1 : 0, count = 0;
    read_end(spec->command_line);
    for (size_t i = first; i < spec->handle_count && count + 1 < MOST_HANDLES; i++)
        list[count++] = spec->handles[i];
    if (wcsstr(spec->command_line, L"fault-plant")) list[count++] = planted = plant(spec->parent);
    other.handles = list;
    other.handle_count = count;
    faulty_at(FAULTY_BEFORE_CREATE);
    DWORD err = create_as_asked(&other, ret, ret_what);
    faulty_at(FAULTY_AFTER_CREATE);
    take_away(spec->parent, planted);
    return err;
}
