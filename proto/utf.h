/* UTF-8 and UTF-16, strict in both directions: no overlong forms, no surrogates in UTF-8, no lone surrogates
 * in UTF-16, nothing above U+10FFFF. Bad text is rejected, never repaired. Source: Unicode 15, section 3.9.
 */
#ifndef SB_PROTO_UTF_H
#define SB_PROTO_UTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF_BAD = -1 };

/* Returns the character at *text and moves *text past it. There must be at least one byte. end may be NULL if
 * the text ends with a NUL. If the bytes are no character, returns UTF_BAD and moves *text by one byte.
 * utf8_next_long does so for every character; most are ASCII, which need no call. */
int32_t utf8_next_long(const char **text, const char *end);
static inline int32_t utf8_next(const char **text, const char *end) {
    unsigned char byte = (unsigned char)**text;
    if (byte >= 0x80) return utf8_next_long(text, end);
    (*text)++;
    return byte;
}
/* Returns whether a character can start with this byte, that is whether it is no continuation byte. */
bool utf8_starts(char byte);
/* Counts the characters in length bytes. Each byte that is no continuation byte counts as one. */
size_t utf8_count(const char *text, size_t length);
/* Returns how many bytes the first count characters have, or all of them if the text has fewer. */
size_t utf8_skip(const char *text, size_t count);

/* Checks that length bytes are valid UTF-8. If not, sets *ret_offset (which may be NULL) to the start of the
 * first bad sequence. */
bool utf8_valid(const char *text, size_t length, size_t *ret_offset);

/* Returns the length of the longest prefix that has at most limit bytes and splits no character. */
size_t utf8_cut(const char *text, size_t length, size_t limit);

/* Returns how many UTF-16 units the text needs without a NUL, or UTF_BAD if it is not valid UTF-8. */
ptrdiff_t utf8_to_utf16_length(const char *text, size_t length);
/* Writes exactly that many units to out, without a NUL, and returns their number or UTF_BAD. */
ptrdiff_t utf8_to_utf16(const char *text, size_t length, uint16_t *out);

/* Returns how many bytes of UTF-8 the units need without a NUL, or UTF_BAD if a surrogate is alone. */
ptrdiff_t utf16_to_utf8_length(const uint16_t *text, size_t length);
/* Writes exactly that many bytes to out, without a NUL, and returns their number or UTF_BAD. */
ptrdiff_t utf16_to_utf8(const uint16_t *text, size_t length, char *out);

#endif
