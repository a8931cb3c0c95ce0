/* Text as code points, for comparing: a '?' in a pattern stands for a character, not for a byte. */
#ifndef SB_SERVICE_POLICY_CODEPOINTS_H
#define SB_SERVICE_POLICY_CODEPOINTS_H

#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct codepoints {
    const uint32_t *at;
    size_t count;
} codepoints;

/* Decodes length bytes of UTF-8. Where upcase is not NULL, replaces each character by its upper case, except
 * those above U+FFFF: Windows compares UTF-16 units and leaves them as they are too. False: memory ran out,
 * or the text is not UTF-8. */
bool codepoints_make(arena *a, const char *text, size_t length, uint16_t (*upcase)(uint16_t),
                     codepoints *ret);

/* Converts to upper case where the system's table is not available: ASCII, Latin-1, Latin Extended-A, Greek
 * and Cyrillic. One letter becomes one letter; as on Windows, a sharp s does not become SS. */
uint16_t codepoints_upcase(uint16_t unit);

/* Whether two texts are the same but for the case of ASCII letters. */
bool codepoints_same_ascii(const char *a, const char *b);

#endif
