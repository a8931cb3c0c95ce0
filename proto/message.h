/* The messages: JSON-RPC 2.0 requests and replies as C structs. docs/protocol.md is the specification.
 *
 * Text is UTF-8, NUL-terminated, without NUL inside. A comment says so where a pointer may be NULL. What a
 * decoded message points to lives until the message is freed. Encoders return a malloc'd frame (header and
 * payload) and its length; the caller frees it. They return NULL if memory runs out, if text is not UTF-8 or
 * if the payload would exceed LIMIT_FRAME_BYTES.
 *
 * An unknown field in a request is a fault, since the broker must not ignore an option that it does not know.
 * An unknown field in a reply is skipped, so that newer brokers can add fields. */
#ifndef SB_PROTO_MESSAGE_H
#define SB_PROTO_MESSAGE_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/message_audit.h"
#include "proto/message_children.h"
#include "proto/message_hello.h"
#include "proto/message_launch.h"
#include "proto/message_policy.h"
#include "proto/message_status.h"
#include "proto/methods.h"
#include "proto/proto_limits.h"

/* The parameters of a method that has none. */
typedef struct msg_none {
    char unused;
} msg_none;

/* An id is an integer, less than 2^53 either way, or text of at most LIMIT_ID_CHARS bytes. is_null: the reply
 * is to a request whose id could not be read. */
typedef struct msg_id {
    bool is_null;
    bool is_text;
    int64_t number;
    char text[LIMIT_ID_CHARS + 1];
} msg_id;

/* ---- requests ---- */

/* After a fault, u holds what was decoded before it, so that a faulty spawn can be recorded. */
typedef struct msg_request {
    msg_id id;
    msg_method method; /* MSG_NONE if it could not be read */
    fault fault;       /* kind is FAULT_NONE if the request is good */
    union {
#define X(id, stem, name, params, ...) msg_##params stem;
        METHOD_LIST(X, X)
#undef X
    } u;
    void *tree;  /* owned: the strings point into it */
    arena arena; /* owned: the arrays, and memory for the code that serves the request */
} msg_request;

/* Always fills *ret: look at ret->fault.kind. Free it in either case. */
void msg_decode_request(const char *text, size_t length, msg_request *ret);
void msg_request_free(msg_request *request);

/* Encodes a request. params is the method's struct; NULL leaves "params" out. */
char *msg_encode_request(int64_t id, msg_method method, const void *params, size_t *ret_length);

/* ---- replies ---- */

typedef struct msg_reply {
    int64_t id;         /* -1 if it was null */
    fault fault;        /* the broker's error, or what is wrong with the reply itself (stage STAGE_REPLY) */
    char launch_id[37]; /* of an error that has one, else "" */
    void *tree;
    arena arena;
} msg_reply;

/* Reads id and error. Always fills *ret; free it in either case. A reply that is not JSON-RPC has
 * FAULT_INVALID_REQUEST (or the scan's fault), stage STAGE_REPLY and id -1. */
void msg_decode_reply(const char *text, size_t length, msg_reply *ret);
void msg_reply_free(msg_reply *reply);

/* Encodes a result. result is the method's struct. A list that does not fit in a frame is shortened: see
 * msg_children and msg_page. */
char *msg_encode_result(const msg_id *id, msg_method method, const void *result, size_t *ret_length);
/* Encodes an error. launch_id is NULL if there was no launch. */
char *msg_encode_fault(const msg_id *id, const fault *f, const char *launch_id, size_t *ret_length);

/* Reads the result of a good reply into the method's struct. Returns false and sets reply->fault if it does
 * not have that shape. Pointers in it live as long as the reply. */
bool msg_reply_result(msg_reply *reply, msg_method method, void *ret);

/* Returns the result as malloc'd JSON text, indented for people or on one line for programs. Returns NULL if
 * there is no result or memory runs out. */
char *msg_reply_result_json(const msg_reply *reply, bool indented);

/* ---- the same for each method, with its types ---- */

/* msg_encode_kill(id, &kill, &length) encodes a request. */
#define X(id, stem, name, params, ...)                                                                     \
    static inline char *msg_encode_##stem(int64_t number, const msg_##params *value, size_t *ret_length) { \
        return msg_encode_request(number, MSG_##id, value, ret_length);                                    \
    }
/* msg_encode_list(id, &length) does so for a method without parameters. */
#define X0(id, stem, ...)                                                       \
    static inline char *msg_encode_##stem(int64_t number, size_t *ret_length) { \
        return msg_encode_request(number, MSG_##id, NULL, ret_length);          \
    }
METHOD_LIST(X, X0)
#undef X
#undef X0

/* msg_encode_kill_result(&id, &killed, &length) encodes a result; msg_reply_kill(&reply, &killed) reads it.
 */
#define X(id, stem, name, params, presence, result, ...)                                             \
    static inline char *msg_encode_##stem##_result(const msg_id *request, const msg_##result *value, \
                                                   size_t *ret_length) {                             \
        return msg_encode_result(request, MSG_##id, value, ret_length);                              \
    }                                                                                                \
    static inline bool msg_reply_##stem(msg_reply *reply, msg_##result *ret) {                       \
        return msg_reply_result(reply, MSG_##id, ret);                                               \
    }
METHOD_LIST(X, X)
#undef X

#endif
