/* What a launch asks for, made ready for the wire. Refuses only what cannot be put on it: all else the broker
 * refuses, so that it is on the record. */
#ifndef SB_CLIENT_LIB_SPAWN_REQUEST_H
#define SB_CLIENT_LIB_SPAWN_REQUEST_H

#include "client/lib/client.h"
#include "client/lib/resolve.h"

/* A launch on its way to the wire. */
typedef struct spawn_request {
    arena arena; /* of all that msg points to */
    msg_spawn msg;
    resolved program;
} spawn_request;

/* The caller's options as this version's. */
DWORD spawn_request_check_options(const sb_spawn_options *given, sb_spawn_options *ret, sb_error *ret_error);

/* Fills *p, which is zero; its arena is the caller's to free in either case. */
DWORD spawn_request_make(spawn_request *p, socket_watch *sockets, const sb_spawn_options *options,
                         sb_error *ret_error);

/* A handle value of a message as Windows has it: the 32 bits sign-extended. */
HANDLE spawn_request_from_wire(uint32_t value);

#endif
