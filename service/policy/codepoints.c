#include "service/policy/codepoints.h"

#include "proto/utf.h"

#include <string.h>

bool codepoints_make(arena *a, const char *text, size_t length, uint16_t (*upcase)(uint16_t),
                     codepoints *ret) {
    const char *p = text, *end = text + length;
    uint32_t *at = utf8_valid(text, length, NULL) ? arena_array(a, length + 1, sizeof *at) : NULL;
    size_t count = 0;
    if (!at) return false;
    while (p < end) {
        uint32_t c = (uint32_t)utf8_next(&p, end);
        at[count++] = upcase && c < 0x10000 ? upcase((uint16_t)c) : c;
    }
    *ret = (codepoints){at, count};
    return true;
}

uint16_t codepoints_upcase(uint16_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z' ? (uint16_t)(c - 32) : c;
    if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return (uint16_t)(c - 32);
    if (c == 0xFF) return 0x178;
    if (c >= 0x100 && c <= 0x137 && c != 0x131) return (uint16_t)(c & ~1u);
    if (c >= 0x139 && c <= 0x148) return (uint16_t)((c & 1u) ? c : c - 1);
    if (c >= 0x14A && c <= 0x177) return (uint16_t)(c & ~1u);
    if (c >= 0x179 && c <= 0x17E) return (uint16_t)((c & 1u) ? c : c - 1);
    if (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) return (uint16_t)(c - 32);
    if (c >= 0x430 && c <= 0x44F) return (uint16_t)(c - 32);
    if (c >= 0x450 && c <= 0x45F) return (uint16_t)(c - 80);
    return c;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool codepoints_same_ascii(const char *a, const char *b) {
    for (; *a && lower(*a) == lower(*b); a++, b++) {}
    return !*a && !*b;
}
