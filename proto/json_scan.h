/* Strict checks of JSON text that the parser does not make: exactly RFC 8259, valid UTF-8, no lone
 * surrogate, no NUL in a string, bounded nesting, bounded and distinct members. After it, the text can be
 * given to any parser and every parser reads the same. */
#ifndef SB_PROTO_JSON_SCAN_H
#define SB_PROTO_JSON_SCAN_H

#include "proto/fault.h"

/* FAULT_NONE, or what is wrong: more than most values is FAULT_TOO_MANY_VALUES, so that a small message does
 * not become a large tree; ret_fault->message names the byte offset, ->field is "". */
fault_kind json_scan(const char *text, size_t length, size_t most, fault *ret_fault);
/* The same for a file: ret_fault->message is only what is wrong, *ret_offset where. */
fault_kind json_scan_file(const char *text, size_t length, size_t most, size_t *ret_offset, fault *ret_fault);

#endif
