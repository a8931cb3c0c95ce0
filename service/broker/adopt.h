/* The caller's handles, duplicated into the broker for one launch. */
#ifndef SB_SERVICE_BROKER_ADOPT_H
#define SB_SERVICE_BROKER_ADOPT_H

#include "proto/arena.h"
#include "service/broker/caller.h"
#include "service/win32/child_view.h"
#include "proto/fault.h"
#include "proto/message.h"
#include "service/win32/nt.h"

typedef struct adopted {
    HANDLE handle; /* the broker's, inheritable; the child gets the same value */
    nt_object object;
    DWORD device;          /* nt_device if the object is a File, else 0 */
    uint32_t caller_value; /* 0: the broker's own (NUL) */
} adopted;

/* The named handles in the order of the request, then the standard handles, each object once. Zero before. */
typedef struct adoption {
    adopted *items; /* in the arena; NULL: not adopted yet */
    size_t count;
    bool use_std;              /* false: the child's standard handles are those of its own new console */
    size_t std[MSG_STD_COUNT]; /* index of each in items, if use_std */
} adoption;

/* Duplicates all handles of the request, or none. Does nothing if they have been adopted already: a rule may
 * look at them before the launch comes to this step. Rejects console handles, which other processes cannot
 * use, and access that the caller's handle lacks. Faults: stage adopt, with handle_index or the standard
 * handle's field. */
fault_kind adopt_handles(arena *a, const caller *from, const msg_spawn *spawn, adoption *ret,
                         fault *ret_fault);

/* Returns the handles as the launch takes them, in the arena; items is NULL if there is no memory. */
child_handles adopt_view(arena *a, const adoption *all);

/* Closes the broker's duplicates; may be called again. A file whose close hangs is closed by another thread,
 * which counts against the caller's user (quota_hung). */
void adopt_close(const caller *from, adoption *all);

#endif
