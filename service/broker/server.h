/* The pipe and all who are connected to it. */
#ifndef SB_SERVICE_BROKER_SERVER_H
#define SB_SERVICE_BROKER_SERVER_H

#include "service/broker/broker.h"
#include "service/broker/gate.h"

#include <stdbool.h>
#include <windows.h>

typedef struct server server;
struct connection;

/* Opens the pipe (full name) and serves it. ERROR_ALREADY_EXISTS or ERROR_ACCESS_DENIED: somebody serves
 * it. */
DWORD server_start(const wchar_t *pipe, broker *b, server **ret);
/* No new clients and requests; launches under way end and are answered; then everybody is disconnected. NULL
 * is fine. False: a launch hangs in the system, and what it uses must stay: only ending the process is left.
 */
bool server_stop(server **s);
/* Ends the connections of callers that have ended, which somebody else may hold open: with them goes what the
 * broker has of the callers' sessions, their tokens. */
void server_part_with_gone(server *s);

/* For connections: */
broker *server_broker(const server *s);
const wchar_t *server_pipe(const server *s);
SECURITY_ATTRIBUTES *server_security(const server *s);
bool server_stopping(const server *s);
/* As many instances as should wait for clients, where there are fewer. */
void server_listen(server *s);
/* One instance more (1) or less (-1) waits for a client. */
void server_listens(server *s, int change);
void server_remember(server *s, struct connection *c);
void server_forget(server *s, struct connection *c);
/* Launches, as many at once as the policy's launches_at_once; and what is only asked, which does not wait for
 * them. */
typedef enum server_lane { SERVER_LAUNCHES, SERVER_QUERIES, SERVER_LANES } server_lane;

/* Runs run(task) on a thread of the pool when it is its turn: users and connections take turns. user and line
 * are of that lane alone. */
typedef struct server_task {
    turns_item item; /* first */
    void (*run)(struct server_task *task);
} server_task;
/* What the thread that has submitted is to run itself, once it has nothing else to do: there is no thread to
 * be waited for. */
typedef struct server_due {
    bool any;
    server_lane lane;
} server_due;
void server_submit(server *s, server_lane which, turns_user *user, turns_line *line, server_task *task,
                   server_due *due);
/* Runs one task, where one is due. On a thread of the pool. */
void server_run(server *s, const server_due *due);
/* For callbacks on the pool. */
TP_CALLBACK_ENVIRON *server_environment(server *s);

/* Of launches: those that wait for their turn, those that are worked on, and how many that may be. */
typedef struct server_load {
    size_t waiting, running, most;
} server_load;
server_load server_load_of(server *s);

#endif
