/* UTF-8 and UTF-16, strict both ways: no overlong forms, no surrogates in UTF-8, no lone surrogates in
 * UTF-16, nothing above U+10FFFF. Replaces nothing: bad text is refused. Source: Unicode 15, section 3.9. */
#ifndef SB_PROTO_UTF_H
#define SB_PROTO_UTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF_BAD = -1 };

/* Whether length bytes are valid UTF-8; *ret_offset (may be NULL) is where the first bad sequence starts. */
bool utf8_valid(const char *text, size_t length, size_t *ret_offset);

/* Bytes of text's longest prefix that is at most limit bytes and does not split a character. */
size_t utf8_cut(const char *text, size_t length, size_t limit);

/* UTF-16 units that text needs, without a NUL; UTF_BAD when it is not valid UTF-8. */
ptrdiff_t utf8_to_utf16_length(const char *text, size_t length);
/* Writes exactly that many units to out, no NUL. Returns them, or UTF_BAD. */
ptrdiff_t utf8_to_utf16(const char *text, size_t length, uint16_t *out);

/* Bytes of UTF-8 that length units need, without a NUL; UTF_BAD at a lone surrogate. */
ptrdiff_t utf16_to_utf8_length(const uint16_t *text, size_t length);
/* Writes exactly that many bytes to out, no NUL. Returns them, or UTF_BAD. */
ptrdiff_t utf16_to_utf8(const uint16_t *text, size_t length, char *out);

#endif
