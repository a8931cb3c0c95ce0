/* Requests and replies on one pipe. Any number of threads call at once and each waits for its own reply;
 * replies come in any order. A thread of the link reads them. */
#ifndef SB_CLIENT_LIB_CALL_H
#define SB_CLIENT_LIB_CALL_H

#include "proto/message.h"
#include "client/lib/spawn_broker.h"

#include <stdbool.h>

typedef struct call_link call_link;

#define CALL_NO_DEADLINE UINT64_MAX

/* The deadline timeout_ms from now, on the clock of GetTickCount64; for 0, CALL_NO_DEADLINE. */
uint64_t call_deadline(DWORD timeout_ms);
/* The milliseconds until deadline, as the wait functions take them; 0: it has passed. */
DWORD call_remaining(uint64_t deadline);

/* Starts the reader of a connection. On success owns pipe, which is overlapped and on which nothing was sent.
 */
DWORD call_open(HANDLE pipe, call_link **ret_link, sb_error *ret_error);

/* The deadline of a call_close that waits five seconds. */
uint64_t call_drain_deadline(void);

/* Waits until the deadline for the replies to calls that timed out, since they may carry handles; then ends
 * the reader. No call may be in progress. NULL is fine. */
void call_close(call_link *link, uint64_t deadline);

/* Whether the connection is lost: then every call fails. */
bool call_broken(call_link *link);

/* Whether call_close would not wait for replies. */
bool call_drained(call_link *link);

/* Returns a new id for a request, which no other request of this process has. */
int64_t call_id(void);

/* What became of a request. */
typedef enum call_fate {
    CALL_ANSWERED,
    CALL_UNSENT, /* the connection was lost before a byte of the request was written */
    CALL_LOST,   /* the connection was lost, and the broker may have got the request */
    CALL_LATE    /* the deadline passed */
} call_fate;

typedef struct call_request {
    int64_t id;
    char *frame; /* the caller's; from a msg_encode function */
    size_t length;
    uint64_t deadline;
    /* The reader calls it for a successful reply that comes after the deadline, to undo what the request did.
     * NULL: nothing to undo. */
    void (*undo)(msg_reply *reply);
    bool repeatable;  /* sending it twice does no harm: it only reads */
    call_fate fate;   /* set by call_exchange */
    fault_kind fault; /* set by call_exchange: of the broker's answer; FAULT_NONE if it is no fault */
} call_request;

/* Sends a request and waits for its reply. *ret_reply is a successful reply, for msg_reply_free. Errors:
 * those of the broker; ERROR_TIMEOUT; ERROR_BROKEN_PIPE. */
DWORD call_exchange(call_link *link, call_request *request, msg_reply *ret_reply, sb_error *ret_error);

#endif
