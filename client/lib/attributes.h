/* The attributes of process creation that a caller has for UpdateProcThreadAttribute, as a launch takes
 * them. */
#ifndef SB_CLIENT_LIB_ATTRIBUTES_H
#define SB_CLIENT_LIB_ATTRIBUTES_H

#include "client/lib/client.h"
#include "proto/message.h"

/* Fills *ret, which is zero. What is not supported is refused by its name, with what to do instead. */
DWORD attributes_read(const sb_attribute *list, size_t count, msg_attributes *ret, sb_error *ret_error);

#endif
