/* Reads the reply to a launch, which carries handles. */
#ifndef SB_CLIENT_LIB_SPAWN_REPLY_H
#define SB_CLIENT_LIB_SPAWN_REPLY_H

#include "client/lib/client.h"

/* Handle a reply that comes after its caller has given up. The first terminates the child, and all that it
 * has started; the second only closes the handles, since the caller may ask for them again. */
void spawn_reply_undo(msg_reply *reply);
void spawn_reply_drop(msg_reply *reply);

/* Reads a successful reply, and keeps the child's job if the child must end with this process. no_handles: as
 * the request had it. */
DWORD spawn_reply_read(msg_reply *reply, msg_lifetime lifetime, bool no_handles, sb_process *ret_process,
                       sb_error *ret_error);

#endif
