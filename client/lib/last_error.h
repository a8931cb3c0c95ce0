/* Why the drop-in failed, which has only GetLastError to say it with. */
#ifndef SB_CLIENT_LIB_LAST_ERROR_H
#define SB_CLIENT_LIB_LAST_ERROR_H

#include "client/lib/spawn_broker.h"

/* Of the calling thread, until it ends: for sb_create_process_error. Without memory for it, nothing is kept.
 */
void last_error_keep(const sb_error *error);

#endif
