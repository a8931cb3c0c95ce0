/* A client's connection to its broker. After it is lost, the next call connects again: one thread does, and
 * the others wait for it. */
#ifndef SB_CLIENT_LIB_CONNECTIONS_H
#define SB_CLIENT_LIB_CONNECTIONS_H

#include "client/lib/client.h"

typedef struct connections connections;

/* Makes the first connection. timeout_ms bounds this and each later attempt. renew: connect again after a
 * loss, to the name that was found or to one before it in names. */
DWORD connections_open(const pipe_names *names, DWORD timeout_ms, bool renew, connections **ret,
                       sb_error *ret_error);

/* Waits up to five seconds for late replies, to undo them. No call may be in progress. NULL is fine. */
void connections_close(connections *c);

/* Returns until when a call that lost its connection tries to get another: its own deadline, or, if it has
 * none, ten seconds from now. */
uint64_t connections_deadline(uint64_t deadline);

/* Whether a lost connection is replaced. */
bool connections_renews(const connections *c);

/* Sends a request and waits for its reply, as call_exchange. A request that the broker did not begin (it was
 * not sent, or the broker is stopping) is sent again on a new connection until connections_deadline, and so
 * is a repeatable one whose connection was lost. Errors are those of call_exchange and, where no broker can
 * be reached in time, ERROR_SERVICE_NOT_ACTIVE or the error of connecting (stage connect or verify): nothing
 * was done then. */
DWORD connections_exchange(connections *c, call_request *request, msg_reply *ret_reply, sb_error *ret_error);

#endif
