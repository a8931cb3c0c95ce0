/* What a child learns about its handles: their names in its environment, their values in its command line,
 * and the descriptors of its C runtime. docs/protocol.md, "In the child". */
#ifndef SB_SERVICE_WIN32_CHILD_VIEW_H
#define SB_SERVICE_WIN32_CHILD_VIEW_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/message.h"

#include <stdbool.h>
#include <windows.h>

/* A handle that the child gets. */
typedef struct child_handle {
    HANDLE value; /* the value in the child and in the process that it inherits from */
    HANDLE own;   /* this process's handle of the object; equals value where the child inherits from this
                     process */
    DWORD device; /* NT_DEVICE_... of a file; else 0 */
} child_handle;

/* The named handles in the order of the request, then the distinct standard handles. */
typedef struct child_handles {
    const child_handle *items;
    size_t count;
    bool use_std;              /* false: the child uses the standard handles of its own new console */
    size_t std[MSG_STD_COUNT]; /* the index of each in items; set if use_std */
} child_handles;

/* False when the child gets a console of its own and no standard handle: then it uses the console's. */
bool child_uses_std(const msg_spawn *spawn);

/* Makes the environment block for CreateProcess: the entries of the spawn without the caller's own
 * NAME_HANDLES, sorted by name as Windows requires. Of two entries with one name the first stays. With named
 * handles, NAME_HANDLES is set for the child. parent is the id of the process that creates the child. Faults:
 * stage create. Source: the page "Changing Environment Variables". */
fault_kind child_environment(arena *a, const msg_spawn *spawn, const child_handles *handles, DWORD parent,
                             wchar_t **ret, fault *ret_fault);

/* Makes the command line: that of the spawn, else its application in quotes. With expand, replaces each
 * {handle:NAME} by the value in decimal. Faults (stage create): an unknown name; the line is too long. */
fault_kind child_command_line(arena *a, const msg_spawn *spawn, const child_handles *handles, wchar_t **ret,
                              fault *ret_fault);

/* Makes the block for STARTUPINFO's lpReserved2, in which C runtimes pass descriptors: int n; unsigned char
 * flags[n]; HANDLE h[n]. *ret is NULL when no handle has a descriptor. False: out of memory.
 * Source: the Universal C Runtime's initialize_inherited_file_handles; libuv's uv__stdio_create. */
bool child_descriptors(arena *a, const msg_spawn *spawn, const child_handles *handles, BYTE **ret,
                       WORD *ret_size);

#endif
