/* Limits how long file operations of a thread may wait. Without a limit, the open of a file waits until
 * another program gives up its opportunistic lock, or until a server answers. */
#ifndef SB_SERVICE_WIN32_IO_LIMIT_H
#define SB_SERVICE_WIN32_IO_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

/* The members are for io_limit.c. */
typedef struct io_limit {
    struct io_limit *next;
    DWORD thread_id; /* 0: no limit */
    uint64_t deadline;
    bool passed;
} io_limit;

/* Starts a limit for the calling thread. An operation that still waits at deadline (on the clock of
 * GetTickCount64) fails with ERROR_OPERATION_ABORTED, and so do later ones. deadline 0: no limit. *limit must
 * live until io_limit_end. */
void io_limit_begin(io_limit *limit, uint64_t deadline);
/* Ends the limit. True: the deadline has passed, and operations may have failed because of it. */
bool io_limit_end(io_limit *limit);

#endif
