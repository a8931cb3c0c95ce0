/* One instance of the pipe: listening, then a client's. Overlapped on the thread pool, so that an idle
 * client costs no thread; requests run side by side and are answered in the order in which they are ready. */
#ifndef SB_SERVICE_BROKER_CONNECTION_H
#define SB_SERVICE_BROKER_CONNECTION_H

#include "service/broker/caller.h"
#include "service/broker/pipe_security.h"
#include "service/broker/server.h"

#include <stdbool.h>
#include <windows.h>

typedef struct connection connection;

/* Makes an instance that waits for a client. first: no other instance of that name may exist.
 * ERROR_PIPE_CONNECTED: it has one already, and does not wait any more. */
DWORD connection_listen(server *s, bool first);

/* Sends a frame (malloc'd; taken over) that answers one request. NULL: there was no memory for it, and the
 * client is disconnected rather than left waiting. */
void connection_reply(connection *c, char *frame, size_t length);

connection *connection_hold(connection *c);
/* For who found it in the server's list, under the server's lock: false when it is already on its way out. */
bool connection_try_hold(connection *c);
void connection_release(connection *c);

/* Who it is: NULL before hello has identified it. */
caller *connection_caller(const connection *c);
/* Identifies the client from its pipe, and counts it as its user's. */
fault_kind connection_identify(connection *c, broker *b, fault *ret_fault);

/* Its requests that wait for their turn in a lane: the server's. */
turns_line *connection_line(connection *c, server_lane which);

server *connection_server(const connection *c);
bool connection_listening(const connection *c);

/* Whether the client has disconnected or been disconnected. */
bool connection_closed(connection *c);

/* For the server, which holds a reference. */
DWORD connection_secure(connection *c, const pipe_security *security); /* gives it to the pipe */
void connection_check_deadlines(connection *c, uint64_t now_ms);
void connection_end(connection *c);
void connection_end_if_gone(connection *c); /* if its caller has ended */
bool connection_settled(connection *c);     /* every request is answered */

/* The server's list of instances, changed under the server's lock. */
typedef struct connection_link {
    connection *next, **link;
} connection_link;
connection_link *connection_in_list(connection *c);

#endif
