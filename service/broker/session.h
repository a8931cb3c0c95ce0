/* One request, from a decoded message to the frame that answers it. */
#ifndef SB_SERVICE_BROKER_SESSION_H
#define SB_SERVICE_BROKER_SESSION_H

#include "service/broker/broker.h"
#include "service/broker/caller.h"
#include "proto/message.h"
#include "service/broker/server.h"

#include <stdbool.h>

typedef struct session {
    broker *broker;
    caller *from;
    msg_request *request;
    int64_t received_ticks;
    policy_use policy;  /* that this request is decided by */
    const fault *quota; /* of a spawn: why there is no quota for it; kind FAULT_NONE: there is */
    server_load (*load)(void *context);
    /* Whether the caller has disconnected: asked just before its child would run. */
    bool (*disconnected)(void *context);
    void *context;
} session;

/* Serves a spawn request, good or faulty; records it either way. Returns the reply frame (free() it) or
 * NULL when there is no memory for it. */
char *session_spawn(const session *s, size_t *ret_length);

/* Serves list, status and kill. */
char *session_list(const session *s, size_t *ret_length);
char *session_status(const session *s, size_t *ret_length);
char *session_kill(const session *s, size_t *ret_length);

/* Serves audit.prune: some steps of it. */
char *session_prune(const session *s, size_t *ret_length);
/* Serves audit.query and audit.summary. */
char *session_query(const session *s, size_t *ret_length);
char *session_summary(const session *s, size_t *ret_length);

/* Serves policy.reload and policy.explain. */
char *session_reload(const session *s, size_t *ret_length);
char *session_explain(const session *s, size_t *ret_length);

/* Whether the caller has a right (POLICY_RIGHT_...) by the policy. */
bool session_may(const session *s, unsigned right);
/* The reply to who has not. */
char *session_forbid(const session *s, const char *right, size_t *ret_length);

#endif
