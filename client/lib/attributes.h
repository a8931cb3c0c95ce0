/* Translates attributes of process creation, as UpdateProcThreadAttribute takes them, into those of a launch.
 */
#ifndef SB_CLIENT_LIB_ATTRIBUTES_H
#define SB_CLIENT_LIB_ATTRIBUTES_H

#include "client/lib/client.h"
#include "proto/message.h"

/* Fills *ret, which is zero. For an attribute that is not supported, the error names it and says what to do
 * instead. */
DWORD attributes_read(const sb_attribute *list, size_t count, msg_attributes *ret, sb_error *ret_error);

#endif
