/* Requests and replies on one pipe: any number of threads call at once, each waits for its own reply, and
 * replies come in any order. A thread of the link reads. */
#ifndef SB_CLIENT_LIB_CALL_H
#define SB_CLIENT_LIB_CALL_H

#include "proto/message.h"
#include "client/lib/spawn_broker.h"

#include <stdbool.h>

typedef struct call_link call_link;

#define CALL_NO_DEADLINE UINT64_MAX

/* timeout_ms from now on the clock of deadlines (GetTickCount64); 0: CALL_NO_DEADLINE. */
uint64_t call_deadline(DWORD timeout_ms);
/* Milliseconds until deadline as the wait functions take them; 0 when it has passed. */
DWORD call_remaining(uint64_t deadline);

/* Takes pipe (overlapped, nothing sent yet) on success. */
DWORD call_open(HANDLE pipe, call_link **ret_link, sb_error *ret_error);

/* Waits a moment for replies that nobody waits for any more (they may carry handles), then ends the reader.
 * No call may be under way. NULL is fine. */
void call_close(call_link *link);

/* Whether the connection was lost: every call from then on fails. */
bool call_broken(call_link *link);

/* A new id for a request. */
int64_t call_id(call_link *link);

typedef struct call_request {
    int64_t id;
    char *frame; /* the caller's; what a msg_encode function gave */
    size_t length;
    uint64_t deadline;
    /* Undoes what a reply that comes after the deadline has done; the reader calls it. NULL: nothing to
     * undo. */
    void (*undo)(msg_reply *reply);
} call_request;

/* Sends and waits. *ret_reply is a good reply, for msg_reply_free. Errors: the broker's;
 * ERROR_TIMEOUT; ERROR_BROKEN_PIPE. */
DWORD call_exchange(call_link *link, const call_request *request, msg_reply *ret_reply, sb_error *ret_error);

#endif
