/* One request, from the decoded message to the frame that answers it. */
#ifndef SB_SERVICE_BROKER_SESSION_H
#define SB_SERVICE_BROKER_SESSION_H

#include "service/broker/broker.h"
#include "service/broker/caller.h"
#include "proto/message.h"
#include "service/broker/server.h"
#include "service/win32/io_limit.h"

#include <stdbool.h>

/* A request and what serving it needs. */
typedef struct session {
    broker *broker;
    caller *from;
    msg_request *request;
    size_t bytes; /* of the request, as it came */
    int64_t received_ticks;
    policy_use policy;  /* held until the request is answered */
    const fault *quota; /* spawn: why a quota refuses it; kind FAULT_NONE: none does */
    server_load (*load)(void *context);
    bool (*disconnected)(void *context); /* asked just before the child runs */
    void *context;
    io_bound bound; /* of calls about the caller's files, but for the deadline: see session_bound */
} session;

/* Returns s->bound with a deadline: timeout_ms after the request was received, or, if that is 0, otherwise_ms
 * from now. */
io_bound session_bound(const session *s, uint32_t timeout_ms, uint32_t otherwise_ms);

/* session_<stem> serves the method of that stem (proto/methods.h). It returns the reply frame, which the
 * caller frees, or NULL if there is no memory for it. dispatch.c has checked that the caller has the method's
 * right. session_spawn serves a request whether it is well-formed or not, and records it either way.
 * session_prune prunes for a moment; its reply says whether there is more to prune. */
#define X(id, stem, ...) char *session_##stem(const session *s, size_t *ret_length);
SESSION_METHOD_LIST(X, X)
#undef X

/* Returns whether the policy gives the caller a right (POLICY_RIGHT_...). */
bool session_may(const session *s, unsigned right);

/* Build the reply for a fault; for a caller that lacks `right`; for a lack of memory. */
char *session_fault(const session *s, const fault *f, size_t *ret_length);
char *session_forbid(const session *s, const char *right, size_t *ret_length);
char *session_no_memory(const session *s, size_t *ret_length);

#endif
