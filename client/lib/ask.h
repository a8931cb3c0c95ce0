/* Requests about what the broker knows, and their results as the caller gets them. */
#ifndef SB_CLIENT_LIB_ASK_H
#define SB_CLIENT_LIB_ASK_H

#include "client/lib/client.h"

/* How long such a request may take. */
enum { ASK_TIMEOUT_MS = 30000 };

/* Checks that a function's client can be asked. */
DWORD ask_check(const sb_client *client, const wchar_t *function, sb_error *ret_error);

/* Sends a request that was checked, and reads its result into the method's struct. Free the reply, if the
 * result is ERROR_SUCCESS. params NULL: the method has none. repeatable: it only reads. */
DWORD ask(sb_client *client, msg_method method, const void *params, bool repeatable, msg_reply *ret_reply,
          void *ret_result, sb_error *ret_error);

/* Converts text of a reply. NULL stays NULL. Out of memory: clears *ret_good. */
const wchar_t *ask_text(arena *a, const char *text, bool *ret_good);

/* Allocates count structs of size bytes, whose first member is that size, and returns an array of pointers to
 * them. NULL: out of memory. */
void **ask_array(arena *a, size_t count, size_t size);

#endif
