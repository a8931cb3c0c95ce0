/* Launches without a service. A helper process of the caller, which never runs an instruction, holds
 * inheritable duplicates of the handles, and children inherit from it. docs/c-api.md, "Modes". */
#ifndef SB_CLIENT_LIB_LOCAL_H
#define SB_CLIENT_LIB_LOCAL_H

#include "client/lib/spawn_request.h"

typedef struct local local;

/* Creates the helper. */
DWORD local_open(local **ret, sb_error *ret_error);
/* Terminates the helper; children continue as their lifetime says. NULL is fine. */
void local_close(local *l);

/* Launches a child. Any thread. deadline is from call_deadline. */
DWORD local_spawn(local *l, const msg_spawn *spawn, uint64_t deadline, sb_process *ret_process,
                  sb_error *ret_error);

#endif
