/* {handle:NAME} in a command line stands for the value of that handle in the child. docs/protocol.md, "In the
 * child". */
#ifndef SB_PROTO_HANDLE_PLACEHOLDERS_H
#define SB_PROTO_HANDLE_PLACEHOLDERS_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/message.h"

/* Replaces each placeholder by the handle's value in decimal: values[i], of 32 significant bits, belongs to
 * spawn->handles[i]. Text that only begins like a placeholder stays. The result is in the arena and never
 * longer than the text. Faults, of stage create: no handle has the name, or memory runs out. */
fault_kind handle_placeholders_replace(arena *a, const char *text, const msg_spawn *spawn,
                                       const uint32_t *values, const char **ret, fault *ret_fault);

#endif
