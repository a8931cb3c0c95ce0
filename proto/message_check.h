/* The parts of msg_spawn_check. Each returns FAULT_NONE, or the kind of the fault that it put in *ret_fault.
 */
#ifndef SB_PROTO_MESSAGE_CHECK_H
#define SB_PROTO_MESSAGE_CHECK_H

#include "proto/message.h"

fault_kind message_check_handles(const msg_spawn *spawn, fault *ret_fault);
fault_kind message_check_flags(uint32_t flags, fault *ret_fault);

/* Adds the place to a fault that is already set, and returns its kind. format, as printf's, makes the path of
 * the field. */
fault_kind message_fault_at(fault *ret_fault, int handle_index, const char *format, ...);

#endif
