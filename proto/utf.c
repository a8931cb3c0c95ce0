#include "proto/utf.h"

/* Follows table 3-7 of Unicode 15. */
int32_t utf8_next_long(const char **text, const char *end) {
    const unsigned char *p = (const unsigned char *)*text, *stop = (const unsigned char *)end;
    unsigned lead = *p++;
    unsigned low = 0x80, high = 0xBF; /* the range of the second byte */
    int32_t c;
    int more;
    (*text)++;
    if (lead < 0x80) return (int32_t)lead;

    /* A narrower range keeps out overlong forms, surrogates and numbers above U+10FFFF. */
    if (lead >= 0xC2 && lead <= 0xDF) {
        c = (int32_t)(lead & 0x1F), more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        c = (int32_t)(lead & 0x0F), more = 2;
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        c = (int32_t)(lead & 0x07), more = 3;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    } else {
        return UTF_BAD;
    }

    for (; more; more--, low = 0x80, high = 0xBF) {
        if (p == stop || *p < low || *p > high) return UTF_BAD;
        c = c << 6 | (*p++ & 0x3F);
    }
    *text = (const char *)p;
    return c;
}

bool utf8_starts(char byte) {
    return ((unsigned char)byte & 0xC0) != 0x80;
}

size_t utf8_count(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += utf8_starts(text[i]);
    return count;
}

size_t utf8_skip(const char *text, size_t count) {
    const char *p = text;
    for (; *p && count; count--)
        for (p++; !utf8_starts(*p); p++) continue;
    return (size_t)(p - text);
}

/* Returns the character at *text and moves *text past it; UTF_BAD for a lone surrogate. */
static int32_t next_utf16(const uint16_t **text, const uint16_t *end) {
    const uint16_t *p = *text;
    int32_t c = *p++;
    if (c >= 0xD800 && c <= 0xDFFF) {
        if (c >= 0xDC00 || p == end || *p < 0xDC00 || *p > 0xDFFF) return UTF_BAD;
        c = 0x10000 + ((c - 0xD800) << 10) + (*p++ - 0xDC00);
    }
    *text = p;
    return c;
}

bool utf8_valid(const char *text, size_t length, size_t *ret_offset) {
    for (const char *p = text, *end = text + length; p < end;) {
        const char *start = p;
        if (utf8_next(&p, end) != UTF_BAD) continue;
        if (ret_offset) *ret_offset = (size_t)(start - text);
        return false;
    }
    return true;
}

size_t utf8_cut(const char *text, size_t length, size_t limit) {
    size_t cut = length < limit ? length : limit;
    size_t start = cut; /* of the continuation bytes at the end, of which a character has at most three */
    while (start > 0 && cut - start < 3 && !utf8_starts(text[start - 1])) start--;
    if (start == 0) return cut;
    unsigned lead = (unsigned char)text[start - 1];
    size_t needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return needs > 1 && cut - (start - 1) < needs ? start - 1 : cut;
}

ptrdiff_t utf8_to_utf16_length(const char *text, size_t length) {
    const char *p = text, *end = text + length;
    ptrdiff_t units = 0;
    while (p < end) {
        int32_t c = utf8_next(&p, end);
        if (c == UTF_BAD) return UTF_BAD;
        units += c >= 0x10000 ? 2 : 1;
    }
    return units;
}

ptrdiff_t utf8_to_utf16(const char *text, size_t length, uint16_t *out) {
    const char *p = text, *end = text + length;
    uint16_t *at = out;
    while (p < end) {
        int32_t c = utf8_next(&p, end);
        if (c == UTF_BAD) return UTF_BAD;
        if (c >= 0x10000) {
            *at++ = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            *at++ = (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF));
        } else {
            *at++ = (uint16_t)c;
        }
    }
    return at - out;
}

ptrdiff_t utf16_to_utf8_length(const uint16_t *text, size_t length) {
    const uint16_t *p = text, *end = p + length;
    ptrdiff_t bytes = 0;
    while (p < end) {
        int32_t c = next_utf16(&p, end);
        if (c == UTF_BAD) return UTF_BAD;
        bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }
    return bytes;
}

ptrdiff_t utf16_to_utf8(const uint16_t *text, size_t length, char *out) {
    const uint16_t *p = text, *end = p + length;
    unsigned char *at = (unsigned char *)out;
    while (p < end) {
        int32_t c = next_utf16(&p, end);
        if (c == UTF_BAD) return UTF_BAD;
        if (c < 0x80) {
            *at++ = (unsigned char)c;
            continue;
        }

        if (c < 0x800) {
            *at++ = (unsigned char)(0xC0 | c >> 6);
        } else {
            if (c < 0x10000) {
                *at++ = (unsigned char)(0xE0 | c >> 12);
            } else {
                *at++ = (unsigned char)(0xF0 | c >> 18);
                *at++ = (unsigned char)(0x80 | (c >> 12 & 0x3F));
            }
            *at++ = (unsigned char)(0x80 | (c >> 6 & 0x3F));
        }

        *at++ = (unsigned char)(0x80 | (c & 0x3F));
    }
    return at - (unsigned char *)out;
}
