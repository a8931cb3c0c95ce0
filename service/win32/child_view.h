/* What the child is told: its environment with the names of its handles, its command line with their values,
 * and its C runtime descriptors. docs/protocol.md, "In the child". */
#ifndef SB_SERVICE_WIN32_CHILD_VIEW_H
#define SB_SERVICE_WIN32_CHILD_VIEW_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/message.h"

#include <stdbool.h>
#include <windows.h>

#define CHILD_VARIABLE L"SPAWN_BROKER_HANDLES"

/* A handle that the child is to have. */
typedef struct child_handle {
    HANDLE value; /* in the child, and in the process that it inherits from */
    HANDLE own;   /* of the same object in this process; the same value where the child inherits from it */
    DWORD device; /* nt_device, of a file; else 0 */
} child_handle;

/* All of them: the named ones in the order of the request, then the distinct standard handles. */
typedef struct child_handles {
    const child_handle *items;
    size_t count;
    bool use_std;              /* false: the standard handles are those of the child's own new console */
    size_t std[MSG_STD_COUNT]; /* index of each into items, where use_std */
} child_handles;

/* False when the child has a console of its own and is given no standard handle: then the console's are
 * its. */
bool child_uses_std(const msg_spawn *spawn);

/* The environment block for CreateProcess: the spawn's entries in their order, without a CHILD_VARIABLE of
 * the caller's, and with one of its own when there are named handles. parent is the process id of the child's
 * creator. Faults: stage create. */
fault_kind child_environment(arena *a, const msg_spawn *spawn, const child_handles *handles, DWORD parent,
                             wchar_t **ret, fault *ret_fault);

/* The command line: the spawn's, or its application quoted; with expand, each {handle:NAME} is replaced by
 * the value in decimal. Faults: an unknown name, too long (stage create). */
fault_kind child_command_line(arena *a, const msg_spawn *spawn, const child_handles *handles, wchar_t **ret,
                              fault *ret_fault);

/* The block for STARTUPINFO's lpReserved2 by which C runtimes pass descriptors: int n; unsigned char
 * flags[n]; HANDLE h[n]. NULL and 0 when no handle has a descriptor; false when out of memory.
 * Source: the Universal C Runtime's initialize_inherited_file_handles; libuv's uv__stdio_create. */
bool child_descriptors(arena *a, const msg_spawn *spawn, const child_handles *handles, BYTE **ret,
                       WORD *ret_size);

#endif
