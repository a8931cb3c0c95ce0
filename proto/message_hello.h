/* hello: the first request on a connection, which identifies the client. docs/protocol.md, "hello". */
#ifndef SB_PROTO_MESSAGE_HELLO_H
#define SB_PROTO_MESSAGE_HELLO_H

#include <stdint.h>

typedef struct msg_hello {
    uint32_t protocol;  /* the version that the client speaks */
    const char *client; /* name and version for the log, such as "spawn_broker 1.0.0" */
    const char *nonce;  /* of the first hello's result, in the second hello; NULL: none */
} msg_hello;

/* The encoder adds "limits": each LIMIT_ of proto_limits.h that concerns a client. The reader skips it. */
typedef struct msg_hello_result {
    uint32_t protocol;
    const char *broker;  /* name and version */
    uint32_t process_id; /* of the broker */
    const char *nonce;   /* random, of this connection; the next request is hello with it */
    const char *user;    /* the caller as the broker knows it: DOMAIN\name */
    const char *sid;
    uint32_t session;
    uint32_t caller_pid;
} msg_hello_result;

#endif
