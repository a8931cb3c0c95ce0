/* Limits how long calls that depend on a caller's files may take. The open of a file can wait until another
 * program gives up its opportunistic lock, until a server answers, or for ever.
 *
 * CreateFileW has no flag for FILE_COMPLETE_IF_OPLOCKED. It would only move the wait: an open that does not
 * wait for the owner of an oplock is followed by a read that does. So every call is limited, not opens alone.
 */
#ifndef SB_SERVICE_WIN32_IO_LIMIT_H
#define SB_SERVICE_WIN32_IO_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

/* What ends a piece of work before it is done. All zero: nothing does. The functions are called on another
 * thread, while a limit is in force; they must be quick and begin no limit. */
typedef struct io_bound {
    uint64_t deadline;               /* on the clock of GetTickCount64; 0: none */
    bool (*unwanted)(void *context); /* whether nobody waits for the work any more; NULL: somebody does */
    void (*lost)(void *context);     /* the thread cannot be woken: do without it; NULL */
    void *context;
} io_bound;

/* The members are for io_limit.c. */
typedef struct io_limit {
    struct io_limit *next;
    DWORD thread_id; /* 0: no limit */
    io_bound bound;
    uint64_t began, passed; /* passed: when the work was first cancelled; 0: it was not */
    bool lost;
} io_limit;

/* Starts a limit for the calling thread. An operation that still waits at the deadline, or when the work is
 * no longer wanted, fails with ERROR_OPERATION_ABORTED, and so do later ones. If it does not end two seconds
 * later, bound->lost is called, once. bound NULL or zero: no limit. *limit must live until io_limit_end. */
void io_limit_begin(io_limit *limit, const io_bound *bound);
/* Ends the limit. Returns err if it is one and nothing was cancelled; ERROR_TIMEOUT if there is an error and
 * operations were cancelled, or if the thread was lost, whatever err says. */
DWORD io_limit_end(io_limit *limit, DWORD err);

/* For work that does not wait, but takes long: ERROR_TIMEOUT if it must end now. bound may be NULL. */
DWORD io_bound_passed(const io_bound *bound);

#endif
