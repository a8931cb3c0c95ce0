/* The parts of msg_spawn_check. Each: FAULT_NONE, or the fault that is in *ret_fault. */
#ifndef SB_PROTO_MESSAGE_CHECK_H
#define SB_PROTO_MESSAGE_CHECK_H

#include "proto/message.h"

fault_kind message_check_handles(const msg_spawn *spawn, fault *ret_fault);
fault_kind message_check_flags(uint32_t flags, fault *ret_fault);

/* Adds the place to a fault that is set; format is printf's and makes the field's path. Returns its kind. */
fault_kind message_fault_at(fault *ret_fault, int handle_index, const char *format, ...);

#endif
