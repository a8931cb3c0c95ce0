/* The live children: waited for without a thread each, ended as their lifetime says, their exit recorded. */
#ifndef SB_SERVICE_BROKER_CHILDREN_H
#define SB_SERVICE_BROKER_CHILDREN_H

#include "service/broker/caller.h"
#include "proto/message.h"
#include "service/broker/recorder.h"

#include <windows.h>

typedef struct children children;

/* What is handed over with a new child; process and job become the registry's, from is held. */
typedef struct child_info {
    const char *launch_id;
    const char *application;
    HANDLE process; /* SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION at least */
    HANDLE job;     /* kills when closed, unless the child is detached */
    DWORD pid;
    msg_lifetime lifetime;
    uint32_t handles;
    int64_t started_at;
    caller *from; /* one of whose user's live children it is counted as: given back when it ends */
} child_info;

bool children_create(recorder *records, children **ret);
/* Ends the children whose lifetime is the broker's, or that of a caller who does not hold their job; waits
 * a little for their exits to be recorded, and forgets the others. NULL is fine. */
void children_destroy(children **all);

/* A place for a child that is about to run, so that nothing can fail once it does. */
typedef struct child child;
DWORD children_prepare(children *all, const child_info *info, child **ret);
/* Whether the caller has a handle of the child's job: then the child of a caller outlives the broker. */
void children_shared(child *c, bool has_job);
/* Takes the child over: its exit is recorded, and it is ended when its caller's process ends, if that is its
 * lifetime. *c is gone. */
void children_start(child **c);
/* The child never ran: its handles stay the giver's. NULL is fine. */
void children_discard(child **c);

/* The children of the caller's user, or everybody's, in the arena. */
bool children_list(children *all, const caller *viewer, bool everybody, arena *a, msg_child **ret,
                   size_t *ret_count);
size_t children_count(children *all);

/* Ends a live child and all its descendants. ERROR_NOT_FOUND: there is none of that launch among those of the
 * caller's user, or everybody's. */
DWORD children_kill(children *all, const caller *viewer, bool everybody, const char *launch_id,
                    uint32_t exit_code, DWORD *ret_pid);

/* Closes the jobs of ended children that have no process left; called now and then. */
void children_sweep(children *all);

#endif
