/* The job of a child, and the jobs around it.
 *
 * What a launch imposes on its child, limits and lifetime, is in the child's job. The child and its
 * descendants may be callers too. What they launch is put into the same job, so that it is not rid of limits
 * and lifetime: jobs nest. */
#ifndef SB_SERVICE_BROKER_ENCLOSURE_H
#define SB_SERVICE_BROKER_ENCLOSURE_H

#include "proto/arena.h"
#include "proto/message.h"
#include "service/win32/launch.h"

#include <stdbool.h>
#include <windows.h>

/* Reference-counted: a child holds the enclosure of its job, and so do the callers in that job. */
typedef struct enclosure enclosure;
struct enclosure {
    LONG references;
    HANDLE job; /* closed with the last reference; NULL: an earlier broker's that this one cannot open */
    enclosure
        *outer; /* of the caller that asked for the launch; NULL: the caller is in no job of the broker */
    msg_lifetime lifetime;
    bool binds; /* the job terminates or limits its processes (job_binds) */
    char launch_id[37];
    /* Guarded by the lock of the list of children: */
    bool shared; /* the caller has a handle of the job */
    bool ended;  /* the broker has terminated the job's processes */
};

/* A child goes into so many jobs besides its own. */
enum { ENCLOSURE_MOST = 32 };

/* Makes the enclosure of a child. job moves to it; outer is held. NULL: out of memory; nothing has moved. */
enclosure *enclosure_create(HANDLE job, enclosure *outer, const char *launch_id, msg_lifetime lifetime,
                            const msg_limits *limits);
enclosure *enclosure_hold(enclosure *e); /* e may be NULL */
/* Drops one reference. Sets *e to NULL, which is fine. */
void enclosure_release(enclosure **e);

/* Returns whether the broker has terminated a job around e's own. Hold the lock of the list. */
bool enclosure_ended(const enclosure *e);
/* Returns whether the processes of the job go on when the broker exits. Hold the lock of the list. */
bool enclosure_goes_on(const enclosure *e);

/* Lists the jobs for a child whose caller is in the job of e (NULL: in none), in the arena. Jobs that bind
 * nothing are left out. ERROR_TOO_MANY_LINKS: there are more than
 * ENCLOSURE_MOST. The list is good while e is held. */
DWORD enclosure_list(const enclosure *e, arena *a, launch_within *ret);

#endif
