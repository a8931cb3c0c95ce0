/* Text as code points, for comparing: a '?' in a pattern is a character, not a byte. */
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

/* length bytes of UTF-8, each character by upcase where that is not NULL: characters outside the first plane
 * stay, as Windows, which has UTF-16 units, leaves them. False: memory ran out, or it is not UTF-8. */
bool codepoints_make(arena *a, const char *text, size_t length, uint16_t (*upcase)(uint16_t),
                     codepoints *ret);

/* Upper case where the system's table is not at hand: ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic.
 * Each letter has one other; there is no sharp s to SS, as there is none on Windows. */
uint16_t codepoints_upcase(uint16_t unit);

#endif
