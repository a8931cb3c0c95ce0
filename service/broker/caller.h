/* Identifies the process at the other end of a pipe. Its identity is the pipe's token. The process id is only
 * data until the process has been opened with the caller's own rights and its token has been compared. */
#ifndef SB_SERVICE_BROKER_CALLER_H
#define SB_SERVICE_BROKER_CALLER_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "service/broker/caller_age.h"

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

typedef struct caller caller;

/* The caller of one connection. Reference-counted: its live children hold it too. Read-only once made, unless
 * a member says otherwise. */
struct caller {
    LONG references;
    HANDLE process;       /* PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION | SYNCHRONIZE */
    HANDLE token;         /* primary: what its children get */
    HANDLE impersonation; /* the same, to act as the caller */
    DWORD pid, session;
    int64_t started_at;  /* when that process was created */
    bool administrator;  /* its token has the Administrators group enabled */
    bool sandboxed;      /* AppContainer, restricted, below medium integrity, or may start no processes */
    DWORD integrity;     /* SECURITY_MANDATORY_..._RID */
    bool launch_as_self; /* it has the broker's own rights, and the broker cannot give children others */
    const char *sid, *image;
    const char *services; /* the SIDs of the services that it is, with a blank between them; or NULL */
    arena arena;          /* owns the strings */
    const struct account *account; /* its user's name: set by connection_identify */
    struct quota_user *quota;      /* its user's counts: the same */
    volatile LONG64 rights;        /* policies_rights */
    volatile LONG ended;           /* set before on_end is called */
    SRWLOCK lock;                  /* guards what follows */
    struct enclosure *within;      /* the innermost job of a child that it runs in; NULL: none */
    bool looked_within;            /* within is known */
    TP_WAIT *watch;                /* NULL: not watched */
    void (*on_end)(void *context, caller *c);
    void *on_end_context;
};

/* Returns this moment. */
caller_moment caller_now(void);

/* Identifies the client of a pipe that connected at that moment and from which something was read.
 * may_assign: this process may give a child another token (privileges_held). Faults: stage identify. */
fault_kind caller_identify(HANDLE pipe, caller_moment connected, bool may_assign, caller **ret,
                           fault *ret_fault);

/* Who asked an earlier broker for a launch, as it is on record. */
typedef struct caller_recorded {
    HANDLE process; /* SYNCHRONIZE; it moves to the caller. NULL: it has exited */
    DWORD pid, session, integrity;
    int64_t started_at;
    bool administrator;
    const char *sid, *image, *services; /* copied; image and services may be NULL */
} caller_recorded;

/* Makes a caller who launches nothing, but whose children are there. NULL: out of memory; *what keeps its
 * handle then. */
caller *caller_of_record(const caller_recorded *what);

caller *caller_hold(caller *c);
/* Drops one reference. Sets *c to NULL, which is fine. */
void caller_release(caller **c);

/* Returns whether `one` may see and end the children of `other`: they are of one user, and `one` has what
 * `other` has. That is: the same process; or a process outside a sandbox with the same integrity or more,
 * with the Administrators group if `other` has it, and with all services' own SIDs that `other` has. */
bool caller_stands_for(const caller *one, const caller *other);

/* Returns whether the caller's process has exited. */
bool caller_gone(const caller *c);

/* Calls on_end(context, c) once, on a thread of the pool, when the process exits or if it has exited; not
 * after the last reference was dropped. Further calls do nothing. */
DWORD caller_watch(caller *c, void (*on_end)(void *context, caller *c), void *context);

#endif
