/* Who is at the other end of a pipe. Identity is the pipe's token; the process id is only data until the
 * process has been opened with the caller's own rights and its token found to be the same. */
#ifndef SB_SERVICE_BROKER_CALLER_H
#define SB_SERVICE_BROKER_CALLER_H

#include "proto/arena.h"
#include "proto/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

typedef struct caller caller;

/* One caller of one connection. Reference-counted: its live children hold it too. Read-only once made, but
 * for what says otherwise. */
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
    bool launch_as_self; /* the rights of the broker, which lacks the privilege to give others */
    const char *sid, *user, *image;
    arena arena;              /* owns the strings */
    struct quota_user *quota; /* its user's counts: set by connection_identify */
    volatile LONG64 rights;   /* policies_rights */
    volatile LONG ended;      /* set before on_end is called */
    SRWLOCK lock;             /* of what follows */
    TP_WAIT *watch;           /* NULL: nobody watches it */
    void (*on_end)(void *context, caller *c);
    void *on_end_context;
};

/* Identifies the client of a pipe that connected at that time (microseconds since 1970) and from which
 * something was read. may_assign: this process may give a child another token (privileges_held). Faults:
 * stage identify. */
fault_kind caller_identify(HANDLE pipe, int64_t connected_at, bool may_assign, caller **ret,
                           fault *ret_fault);

caller *caller_hold(caller *c);
/* Drops one reference; NULL is fine. Sets *c to NULL. */
void caller_release(caller **c);

/* Whether the caller's process has ended. */
bool caller_gone(const caller *c);

/* Calls on_end(context, c) once when the process has ended, or at once if it has, on a thread of the pool;
 * not after the last reference has gone. Called again, with the same, it does nothing. */
DWORD caller_watch(caller *c, void (*on_end)(void *context, caller *c), void *context);

#endif
