/* The live children. Each is waited for without a thread of its own, terminated as its lifetime says, and its
 * exit is recorded. Any thread may call these functions. */
#ifndef SB_SERVICE_BROKER_CHILDREN_H
#define SB_SERVICE_BROKER_CHILDREN_H

#include "service/broker/caller.h"
#include "service/broker/enclosure.h"
#include "service/broker/exit_waits.h"
#include "proto/message.h"
#include "service/broker/recorder.h"

#include <windows.h>

typedef struct children children;

/* What is known about a new child. process and job move to the registry; from is held. */
typedef struct child_info {
    const char *launch_id;
    const char *application;
    const char *label; /* NULL: none */
    HANDLE process;    /* SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION at least */
    HANDLE job; /* terminates its processes when closed, unless the child is detached; NULL: not known */
    DWORD pid;
    msg_lifetime lifetime;
    msg_limits limits; /* of the job */
    uint32_t handles;
    int64_t started_at;
    caller *from; /* the child counts towards this user's live_children quota until it exits */
} child_info;

/* waits: the requests that wait for an exit are told. */
bool children_create(recorder *records, exit_waits *waits, children **ret);
/* Terminates the children with the broker's lifetime, and those with the caller's if the caller has no handle
 * of their job. Waits up to 3 s until their exits are recorded. Sets *all to NULL, which is fine. */
void children_destroy(children **all);

/* Finds the innermost job of a child that the caller runs in, because the broker launched its process or an
 * ancestor. *ret is good while the caller is held; NULL: it is in none. */
DWORD children_around(children *all, caller *from, enclosure **ret);

/* A child that is about to run. Everything that can fail is done before it does. */
typedef struct child child;
/* On failure nothing has moved. From now on, children_around finds the child's job: the child may be a caller
 * as soon as it runs. */
DWORD children_prepare(children *all, const child_info *info, child **ret);
/* Says whether the caller has a handle of the child's job. Then a child with the caller's lifetime outlives
 * the broker. */
void children_shared(child *c, bool has_job);
/* Starts to watch the child: records its exit, and terminates it when its caller exits, if that is its
 * lifetime. Sets *c to NULL. */
void children_start(child **c);
/* Drops a child that never ran. Its handles stay the caller's of children_prepare. Sets *c to NULL, which is
 * fine. */
void children_discard(child **c);

/* Lists the live children of the callers that the viewer stands for (caller_stands_for), or of all, in the
 * arena. False: out of memory. */
bool children_list(children *all, const caller *viewer, bool everybody, arena *a, msg_child **ret,
                   size_t *ret_count);
size_t children_count(children *all);
/* Returns whether the launch has a live child. */
bool children_lives(children *all, const char *launch_id);
/* Returns whether it has one that children_list would list. */
bool children_sees(children *all, const caller *viewer, bool everybody, const char *launch_id);

/* Opens a process on record: NULL if it was not created at that time (0: not known), or cannot be opened. */
HANDLE children_open_recorded(DWORD pid, int64_t created_at, DWORD rights);

/* Opens process, thread and, while the broker knows it, the job of a launch's child, of which pid and tid are
 * given. created_at: when it was created; 0 if that is not known, and then the child must be live. */
DWORD children_open(children *all, const char *launch_id, int64_t created_at, launched *ret);

/* Terminates a live child and all its descendants. ERROR_NOT_FOUND: no caller that the viewer stands for and,
 * with everybody, no other has a live child of that launch. */
DWORD children_kill(children *all, const caller *viewer, bool everybody, const char *launch_id,
                    uint32_t exit_code, DWORD *ret_pid);

/* Closes the jobs of exited children in which no process is left. Called periodically. */
void children_sweep(children *all);

#endif
