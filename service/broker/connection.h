/* One instance of the pipe: it listens, then serves one client.
 *
 * I/O is overlapped on the server's thread pool, so an idle client costs no thread. Requests are served side
 * by side and answered in the order in which they are ready. Any thread may call these functions. */
#ifndef SB_SERVICE_BROKER_CONNECTION_H
#define SB_SERVICE_BROKER_CONNECTION_H

#include "service/broker/caller.h"
#include "service/broker/pipe_security.h"
#include "service/broker/server.h"

#include <stdbool.h>
#include <windows.h>

typedef struct connection connection;

/* Makes an instance that waits for a client. first: fails if the pipe exists already. ERROR_PIPE_CONNECTED: a
 * client has connected meanwhile; the instance serves it and listens no more. */
DWORD connection_listen(server *s, endpoint *at, bool first);

/* Sends a frame (malloc'd; taken over) that answers one request. NULL means that there was no memory for the
 * reply; the client is then disconnected rather than left waiting. */
void connection_reply(connection *c, char *frame, size_t length);

/* Queues a task in a lane, as the next of this connection's and its user's. The client must be identified. */
void connection_submit(connection *c, server_lane lane, server_task *task);

/* Add a reference. try_hold returns false if the connection is being freed; it is for finders of a connection
 * in the server's list, with the server's lock held. */
connection *connection_hold(connection *c);
bool connection_try_hold(connection *c);
void connection_release(connection *c);

/* Returns the client, or NULL before hello has identified it. */
caller *connection_caller(const connection *c);
/* Identifies the client from its pipe, and counts the connection as its user's. */
fault_kind connection_identify(connection *c, broker *b, fault *ret_fault);

/* Returns the connection's nonce, which is random; NULL: no random number can be had. For the thread that
 * reads from the connection, as are the next two. */
const char *connection_nonce(connection *c);
/* Notes that the client has read the nonce; false: it repeats another one. */
bool connection_confirm(connection *c, const char *nonce);
/* Returns whether the client has read what the broker wrote. So the client is no program that was tricked
 * into writing somebody's bytes to a file whose name is the pipe's. */
bool connection_confirmed(const connection *c);

/* Returns whether the user of an identified client holds more bytes than the quota bytes_in_flight. */
fault_kind connection_check_bytes(const connection *c, fault *ret_fault);

server *connection_server(const connection *c);
/* Returns whether a client has connected that hello has not identified yet. */
bool connection_greeting(const connection *c);

/* Returns whether the client has disconnected or been disconnected. */
bool connection_closed(connection *c);
/* Returns whether every request has been answered. */
bool connection_settled(connection *c);

/* Disconnects a client that left a frame incomplete or a reply unread, or said no hello, for too long. */
void connection_check_deadlines(connection *c, uint64_t now_ms);
void connection_end(connection *c);
/* Ends the connection if its caller has exited. */
void connection_end_if_gone(connection *c);

/* The server's list of instances. Changes need the server's lock. */
typedef struct connection_link {
    connection *next, **link;
} connection_link;
connection_link *connection_in_list(connection *c);

#endif
