/* Keeps why the drop-in failed: CreateProcess has only GetLastError to say it. */
#ifndef SB_CLIENT_LIB_LAST_ERROR_H
#define SB_CLIENT_LIB_LAST_ERROR_H

#include "client/lib/spawn_broker.h"

/* Keeps an error for the calling thread until it ends, for sb_create_process_error. Keeps nothing if memory
 * runs out. */
void last_error_keep(const sb_error *error);

#endif
