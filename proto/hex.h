/* Bytes as text. */
#ifndef SB_PROTO_HEX_H
#define SB_PROTO_HEX_H

#include <stddef.h>

/* Writes count bytes as 2 * count hexadecimal digits, in lower case, and a NUL. Returns 2 * count. */
size_t hex_write(char *ret, const unsigned char *bytes, size_t count);

#endif
