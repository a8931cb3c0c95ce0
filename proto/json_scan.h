/* Checks JSON text more strictly than the parser: exactly RFC 8259, valid UTF-8, no lone surrogate, no NUL in
 * a string, bounded nesting, bounded and distinct members. Every parser reads the same from a text that
 * passes. */
#ifndef SB_PROTO_JSON_SCAN_H
#define SB_PROTO_JSON_SCAN_H

#include "proto/fault.h"

/* Returns FAULT_NONE, or what is wrong. ret_fault->message names the byte offset; ret_fault->field is "".
 * More than `most` values are FAULT_TOO_MANY_VALUES, so that a small message cannot become a large tree. */
fault_kind json_scan(const char *text, size_t length, size_t most, fault *ret_fault);
/* Does the same for a file: the message does not name the offset, which is *ret_offset. */
fault_kind json_scan_file(const char *text, size_t length, size_t most, size_t *ret_offset, fault *ret_fault);

#endif
