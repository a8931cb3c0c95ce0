/* Finds the program that a launch means, as CreateProcess finds it. */
#ifndef SB_CLIENT_LIB_RESOLVE_H
#define SB_CLIENT_LIB_RESOLVE_H

#include "proto/arena.h"

#include <stdbool.h>
#include <windows.h>

typedef struct resolved {
    const wchar_t *path; /* absolute if found, else the name as given */
    bool
        found; /* an application that the caller names is not searched: it is found unless it is not a path */
} resolved;

/* Resolves application, or if it is NULL the first word of command_line, which may be NULL too. False: out of
 * memory. */
bool resolve_program(arena *a, const wchar_t *application, const wchar_t *command_line, resolved *ret);

/* Writes a sentence that says where a name that was not found was searched. */
void resolve_explain(const wchar_t *name, wchar_t *out, size_t units);

#endif
