/* Which program a launch means, found as CreateProcess finds it. */
#ifndef SB_CLIENT_LIB_RESOLVE_H
#define SB_CLIENT_LIB_RESOLVE_H

#include "proto/arena.h"

#include <stdbool.h>
#include <windows.h>

typedef struct resolved {
    const wchar_t *path; /* absolute when found, else the name as it was given */
    bool found; /* an application that was given is not looked for: found, unless it is no path at all */
} resolved;

/* application: NULL for the first word of command_line, which may be NULL too. False: out of memory. */
bool resolve_program(arena *a, const wchar_t *application, const wchar_t *command_line, resolved *ret);

/* One sentence that says where a name that was not found has been looked for. */
void resolve_explain(const wchar_t *name, wchar_t *out, size_t units);

#endif
