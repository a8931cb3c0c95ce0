/* The caller's handles, duplicated into the broker for the length of one launch. */
#ifndef SB_SERVICE_BROKER_ADOPT_H
#define SB_SERVICE_BROKER_ADOPT_H

#include "proto/arena.h"
#include "service/broker/caller.h"
#include "service/win32/child_view.h"
#include "proto/fault.h"
#include "proto/message.h"
#include "service/win32/nt.h"

typedef struct adopted {
    HANDLE handle; /* inheritable, the broker's; its value is the child's too */
    nt_object object;
    DWORD device;          /* nt_device, of a File; else 0 */
    uint32_t caller_value; /* 0: the broker's own (NUL) */
} adopted;

/* Named handles in the order of the request, then the distinct standard handles. */
typedef struct adoption {
    adopted *items; /* arena */
    size_t count, capacity;
    bool use_std;              /* false: the child's standard handles are those of its own new console */
    size_t std[MSG_STD_COUNT]; /* index of each into items, where use_std */
} adoption;

/* Duplicates all, or none. Refuses console handles, which other processes cannot use, and access that the
 * caller's handle does not have. Faults: stage adopt, with handle_index or the standard handle's field. */
fault_kind adopt_handles(arena *a, const caller *from, const msg_spawn *spawn, adoption *ret,
                         fault *ret_fault);

/* The same for the launch, in the arena; NULL items when out of memory. */
child_handles adopt_view(arena *a, const adoption *all);

/* Closes the broker's duplicates. Again is fine. */
void adopt_close(adoption *all);

#endif
