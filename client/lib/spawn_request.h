/* Translates the options of a launch into a request. Rejects only what a request cannot hold: the broker
 * rejects the rest, so that it is recorded. */
#ifndef SB_CLIENT_LIB_SPAWN_REQUEST_H
#define SB_CLIENT_LIB_SPAWN_REQUEST_H

#include "client/lib/client.h"
#include "client/lib/resolve.h"

/* A launch that is ready to be encoded. */
typedef struct spawn_request {
    arena arena; /* owns what msg points to */
    msg_spawn msg;
    resolved program;
} spawn_request;

/* Copies the caller's options to those of this version, and checks them. */
DWORD spawn_request_check_options(const sb_spawn_options *given, sb_spawn_options *ret, sb_error *ret_error);

/* Fills *p, which is zero. The caller frees p->arena, also after an error. for_broker: a 64-bit process will
 * use the paths, and not this one. */
DWORD spawn_request_make(spawn_request *p, socket_watch *sockets, const sb_spawn_options *options,
                         bool for_broker, sb_error *ret_error);

#endif
