/* The pipe, its connections, and the threads that serve their requests. */
#ifndef SB_SERVICE_BROKER_SERVER_H
#define SB_SERVICE_BROKER_SERVER_H

#include "service/broker/broker.h"
#include "service/broker/gate.h"

#include <stdbool.h>
#include <windows.h>

typedef struct server server;
struct connection;

/* Opens the pipe (full name) and serves it. Errors: those of pipe_instance_make_first. A second pipe (also a
 * full name; NULL: none) is served as soon as nobody else does; until then the Event Log says so. */
DWORD server_start(const wchar_t *pipe, const wchar_t *second, broker *b, server **ret);

/* Accepts no more clients and requests, waits until running launches have been answered, and disconnects all
 * clients. Sets *s to NULL, which is fine. False: a launch hangs in Windows. Its thread still uses the
 * broker, so nothing may be freed and the process must exit. */
bool server_stop(server **s);

/* Ends the connections whose callers have exited; other processes may hold them open. The broker then no
 * longer holds tokens of the callers' logon sessions. */
void server_part_with_gone(server *s);

/* ---- for connections ---- */

/* A pipe that the server serves. */
typedef struct endpoint {
    wchar_t *pipe;           /* its full name */
    DWORD patience_ms;       /* how long the first instance waits for a foreign pipe to go */
    volatile LONG open;      /* the first instance has been made */
    volatile LONG listening; /* instances that wait for a client */
    volatile LONG admits;    /* 1: sandboxed callers, too */
} endpoint;

broker *server_broker(const server *s);
/* The access list that the endpoint's instances are made with. */
struct pipe_security *server_security(const server *s, const endpoint *at);
bool server_stopping(const server *s);
/* The policy's quota bytes_in_flight, as of half a second ago. */
uint32_t server_most_bytes(const server *s);
/* For callbacks on the server's thread pool. */
TP_CALLBACK_ENVIRON *server_environment(server *s);

/* Makes instances until enough of them listen. */
void server_listen(server *s);
/* Takes over an instance (it may be NULL) whose connection has ended. Closes it when its client has read what
 * was written, at the latest after two seconds. */
void server_part(server *s, HANDLE *pipe);
/* Counts one more (1) or one less (-1) client that hello has not identified yet. Of too many, the one that
 * has waited longest is disconnected: whoever connects and says nothing takes no place from others. */
void server_count_greeting(server *s, int change);

/* Add a connection to the list of instances, and remove it. */
void server_remember(server *s, struct connection *c);
void server_forget(server *s, struct connection *c);

/* ---- requests ---- */

/* A lane runs a limited number of requests at once. Launches have one of their own, limited by the policy's
 * launches_at_once. Queries do not wait for launches. */
typedef enum server_lane { SERVER_LAUNCHES, SERVER_QUERIES, SERVER_LANES } server_lane;

typedef struct server_task {
    turns_item item; /* first */
    /* Returns false if server_lose was called for the runner meanwhile: then it ends. */
    bool (*run)(struct server_task *task);
} server_task;

/* Queues a task. Users take turns, and so do each user's connections; user and line are of this lane alone.
 * True: the lane has room for one more runner. The caller must then call server_start_runner or
 * server_run_turn. */
bool server_submit(server *s, server_lane lane, turns_user *user, turns_line *line, server_task *task);

/* Starts a runner on another thread of the pool. */
void server_start_runner(server *s, server_lane lane);

/* Runs the next task on this thread, which is one of the pool; then another thread takes over. A thread with
 * nothing else to do saves the switch to another. */
void server_run_turn(server *s, server_lane lane);

/* Gives up a runner whose task, a user's, hangs in Windows: neither the lane nor the user counts it any more,
 * and another runner may start. Call server_found when the task has come back. */
void server_lose(server *s, server_lane lane, turns_user *user);
void server_found(server *s);

/* Returns whether the server has been stopping for so long that running tasks must end. */
bool server_hurries(const server *s);

/* Launches that are queued and running, and how many may run at once. */
typedef struct server_load {
    size_t waiting, running, most;
} server_load;
server_load server_load_of(server *s);

#endif
