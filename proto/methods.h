/* The methods of the protocol. Each method is one row here.
 *
 * These are made from the rows: msg_method and the names on the wire (message_request.c), the encoders and
 * readers and the parameters in msg_request (message.h), the list of methods in a fault's message, and in the
 * broker the handlers (session.h) and the turn in which they run (dispatch.c).
 *
 * A row is X(id, stem, name, params, presence, result, check, right, effect):
 *
 *     id        MSG_<id> is the method's number
 *     stem      part of names in C: msg_encode_<stem>, msg_reply_<stem>, session_<stem>, msg_request.u.<stem>
 *     name      the name on the wire
 *     params    the struct msg_<params>, whose fields are message_<params>_fields
 *     presence  REQUIRED or OPTIONAL: whether a request must have the member "params"
 *     result    the struct msg_<result>, whose fields are message_<result>_fields
 *     check     the function that checks params beyond their shape, or message_no_check
 *     right     MSG_RIGHT_<right> is what the policy must give the caller
 *     effect    MSG_EFFECT_<effect>: see msg_effect
 *
 * A method without parameters has msg_none as params; its row is X0 with the same columns. */
#ifndef SB_PROTO_METHODS_H
#define SB_PROTO_METHODS_H

/* hello comes first on a connection, and then again with the nonce of its result. The other methods need a
 * client that hello has identified. */
#define METHOD_LIST(X, X0)                                                                 \
    X(HELLO, hello, "hello", hello, REQUIRED, hello_result, message_no_check, NONE, READS) \
    SESSION_METHOD_LIST(X, X0)

/* The policy's rules, not a right, decide on spawn. explain has an answer for a caller without a right. */
#define SESSION_METHOD_LIST(X, X0)                                                                          \
    X(SPAWN, spawn, "spawn", spawn, REQUIRED, spawn_result, msg_spawn_check, NONE, LAUNCHES)                \
    X(OUTCOME, outcome, "spawn.outcome", outcome, REQUIRED, spawn_result, msg_outcome_check, NONE, CHANGES) \
    X(WAIT, wait, "wait", wait, REQUIRED, waited, message_no_check, READ, WAITS)                            \
    X0(LIST, list, "list", none, OPTIONAL, children, message_no_check, READ, READS)                         \
    X0(STATUS, status, "status", none, OPTIONAL, status, message_no_check, NONE, READS)                     \
    X(AUDIT_QUERY, query, "audit.query", query, OPTIONAL, page, msg_query_check, READ, READS)               \
    X(AUDIT_SUMMARY, summary, "audit.summary", summary, REQUIRED, groups, msg_summary_check, READ, READS)   \
    X(AUDIT_PRUNE, prune, "audit.prune", prune, REQUIRED, pruned, msg_prune_check, ADMINISTER, CHANGES)     \
    X(KILL, kill, "kill", kill, REQUIRED, killed, message_no_check, LAUNCH, CHANGES)                        \
    X(POLICY_RELOAD, reload, "policy.reload", reload, OPTIONAL, reloaded, message_no_check, ADMINISTER,     \
      CHANGES)                                                                                              \
    X(POLICY_EXPLAIN, explain, "policy.explain", explain, REQUIRED, explained, message_no_check, NONE, READS)

typedef enum msg_method {
    MSG_NONE,
#define X(id, ...) MSG_##id,
    METHOD_LIST(X, X)
#undef X
        MSG_METHOD_COUNT
} msg_method;

/* The rights that a policy gives by name. READ is satisfied by the right to read one's own records, LAUNCH by
 * the right to administer too: the handler then looks at how far the right goes. */
typedef enum msg_right { MSG_RIGHT_NONE, MSG_RIGHT_READ, MSG_RIGHT_LAUNCH, MSG_RIGHT_ADMINISTER } msg_right;

typedef enum msg_effect {
    MSG_EFFECT_READS,   /* changes nothing: dropped when the client has disconnected before its turn */
    MSG_EFFECT_CHANGES, /* changes something; shares its turns with the methods that read */
    MSG_EFFECT_WAITS,   /* reads, and may be answered later, without a thread meanwhile */
    MSG_EFFECT_LAUNCHES /* takes a turn among the launches, and counts against the user's quota */
} msg_effect;

#endif
