/* Launching without a service: a helper process of the caller's own, which never runs an instruction, holds
 * the inheritable duplicates, and children inherit from it. docs/c-api.md, "Modes". */
#ifndef SB_CLIENT_LIB_LOCAL_H
#define SB_CLIENT_LIB_LOCAL_H

#include "client/lib/spawn_request.h"

typedef struct local local;

/* Starts the helper. */
DWORD local_open(local **ret, sb_error *ret_error);
/* Ends the helper; children go on as their lifetime says. NULL is fine. */
void local_close(local *l);

/* Any thread. deadline: call_deadline's. */
DWORD local_spawn(local *l, const msg_spawn *spawn, uint64_t deadline, sb_process *ret_process,
                  sb_error *ret_error);

#endif
