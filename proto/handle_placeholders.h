/* {handle:NAME} in a command line: where the child's value of a handle belongs. docs/protocol.md, "In the
 * child". */
#ifndef SB_PROTO_HANDLE_PLACEHOLDERS_H
#define SB_PROTO_HANDLE_PLACEHOLDERS_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/message.h"

/* The text with each mark replaced by the handle's value in decimal: values[i], 32 significant bits, belongs
 * to spawn->handles[i]. What only begins like a mark stays. The result is never longer than the text, and in
 * the arena. Faults, of stage create: a name that no handle has, no memory. */
fault_kind handle_placeholders_replace(arena *a, const char *text, const msg_spawn *spawn,
                                       const uint32_t *values, const char **ret, fault *ret_fault);

#endif
