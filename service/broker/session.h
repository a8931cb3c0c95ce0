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
    exit_wait *wait; /* a place for this request to wait for an exit without a thread; it keeps the request */
    bool
        *deferred; /* set by session_wait: the request has been moved to `wait` and may be answered already */
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

/* Answers with what became of the launch for which the caller's process has used the key: with the result of
 * the launch, with new handles, or its fault. no_handles: without handles. */
char *session_reply_of_key(const session *s, const char *key, bool no_handles, size_t *ret_length);

/* Opens a reader of the audit that sees everything that was recorded before. */
bool session_reader(const session *s, audit_store **ret, audit_error *ret_error);
/* Makes the fault for an audit that cannot be read. */
fault_kind session_unreadable(const audit_error *error, fault *ret_fault);
/* Finds a launch, which the caller may see, by its whole id. False: *ret_fault says why it cannot be known.
 */
bool session_find(const session *s, const char *launch_id, msg_launch *ret, bool *ret_found,
                  fault *ret_fault);

/* Build the reply for a fault; for a caller that lacks `right`; for a lack of memory. */
char *session_fault(const session *s, const fault *f, size_t *ret_length);
char *session_forbid(const session *s, const char *right, size_t *ret_length);
char *session_no_memory(const session *s, size_t *ret_length);

#endif
