/* Tests UTF-8 and UTF-16: the strict conversions, steps and counts. */
#include "tests/support/check.h"
#include "proto/utf.h"

#include <stdlib.h>

/* Copies bytes to an allocation of their exact size, so that the sanitizer sees a read past the end. */
static char *exact(const void *bytes, size_t size) {
    char *copy = malloc(size ? size : 1);
    if (!copy) abort();
    if (size) memcpy(copy, bytes, size);
    return copy;
}

/* Encodes by the definition, not by the table in utf.c. */
static size_t encode(uint32_t c, unsigned char out[4]) {
    if (c < 0x80) return out[0] = (unsigned char)c, 1;
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, c >>= 6) out[i] = (unsigned char)(0x80 | (c & 0x3F));
    out[0] = (unsigned char)((0xF00 >> size & 0xFF) | c);
    return size;
}

static void every_character(void) {
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        unsigned char bytes[4];
        uint16_t units[2];
        char back[4];
        size_t size = encode(c, bytes);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        ptrdiff_t wanted = surrogate ? UTF_BAD : c >= 0x10000 ? 2 : 1;

        if (utf8_valid((char *)bytes, size, NULL) == surrogate ||
            utf8_to_utf16_length((char *)bytes, size) != wanted ||
            utf8_to_utf16((char *)bytes, size, units) != wanted) {
            check_case("U+%04X", (unsigned)c);
            CHECK_INT(utf8_to_utf16((char *)bytes, size, units), wanted);
            return;
        }

        const char *at = (char *)bytes;
        if (utf8_next(&at, at + size) != (surrogate ? UTF_BAD : (int32_t)c) ||
            at != (char *)bytes + (surrogate ? 1 : size)) {
            check_case("U+%04X", (unsigned)c);
            CHECK(!"utf8_next returns the character");
            return;
        }

        if (surrogate) continue;
        if (utf16_to_utf8_length(units, (size_t)wanted) != (ptrdiff_t)size ||
            utf16_to_utf8(units, (size_t)wanted, back) != (ptrdiff_t)size || memcmp(back, bytes, size) != 0) {
            check_case("U+%04X", (unsigned)c);
            CHECK_BYTES(back, size, bytes, size);
            return;
        }
    }
    CHECK(true);
}

static void bad_utf8(void) {
    static const struct {
        const char *bytes;
        size_t offset;
    } cases[] = {
        {"\x80", 0},
        {"\xBF", 0},
        {"a\xC0\x80", 1},
        {"\xC1\xBF", 0},
        {"\xC2", 0},
        {"ab\xC2", 2},
        {"\xC2\x41", 0},
        {"\xE0\x80\x80", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xE0\xA0", 0},
        {"\xED\xA0\x80", 0},
        {"\xED\xBF\xBF", 0},
        {"\xEF\xBF", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF0\x90\x80", 0},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"\xFE", 0},
        {"\xFF", 0},
        {"\xC3\xA9\xFF", 2},
        {"\xF8\x88\x80\x80\x80", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = strlen(cases[i].bytes), offset = 99;
        char *bytes = exact(cases[i].bytes, size);
        uint16_t out[16];
        check_case("bad UTF-8 %zu", i);
        CHECK(!utf8_valid(bytes, size, &offset));
        CHECK_INT(offset, cases[i].offset);
        CHECK_INT(utf8_to_utf16_length(bytes, size), UTF_BAD);
        CHECK_INT(utf8_to_utf16(bytes, size, out), UTF_BAD);
        free(bytes);
    }
}

static void bad_utf16(void) {
    static const struct {
        uint16_t units[3];
        size_t count;
    } cases[] = {{{0xD800}, 1},         {{0xDBFF}, 1},       {{0xDC00}, 1},
                 {{0xDFFF, 0x41}, 2},   {{0xD800, 0x41}, 2}, {{0xD800, 0xD800}, 2},
                 {{0xDC00, 0xD800}, 2}, {{0x41, 0xD83D}, 2}, {{0xD83D, 0xDE00, 0xDE00}, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = cases[i].count * sizeof(uint16_t);
        char out[16];
        uint16_t *units = (uint16_t *)(void *)exact(cases[i].units, size);
        check_case("bad UTF-16 %zu", i);
        CHECK_INT(utf16_to_utf8_length(units, cases[i].count), UTF_BAD);
        CHECK_INT(utf16_to_utf8(units, cases[i].count, out), UTF_BAD);
        free(units);
    }
}

static void text(void) {
    static const char utf8[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    static const uint16_t utf16[] = {'a', 0xE9, 0x20AC, 0xD83D, 0xDE00, 'z'};
    uint16_t units[16];
    char bytes[16];
    check_case("text");
    CHECK_INT(utf8_to_utf16_length(utf8, sizeof utf8 - 1), 6);
    CHECK_INT(utf8_to_utf16(utf8, sizeof utf8 - 1, units), 6);
    CHECK_BYTES(units, sizeof utf16, utf16, sizeof utf16);
    CHECK_INT(utf16_to_utf8_length(utf16, 6), sizeof utf8 - 1);
    CHECK_INT(utf16_to_utf8(utf16, 6, bytes), sizeof utf8 - 1);
    CHECK_BYTES(bytes, sizeof utf8 - 1, utf8, sizeof utf8 - 1);
    CHECK_INT(utf8_to_utf16(utf8, 0, units), 0);
    CHECK_INT(utf16_to_utf8(utf16, 0, bytes), 0);
    CHECK_INT(utf8_to_utf16_length("a\0b", 3), 3);
}

static void cut(void) {
    static const char s[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    static const size_t wanted[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};
    for (size_t limit = 0; limit < sizeof wanted / sizeof *wanted; limit++) {
        check_case("cut at %zu", limit);
        CHECK_INT(utf8_cut(s, sizeof s - 1, limit), wanted[limit]);
        if (limit >= sizeof s) continue;
        char *part = exact(s, limit);
        CHECK_INT(utf8_cut(part, limit, limit), wanted[limit]);
        free(part);
    }
}

/* Steps through good and bad text. A bad byte is one step, so a loop over any text ends. */
static void step(void) {
    static const char s[] = "a\xC3\xA9\xFF\xE2\x82\xF0\x9F\x98\x80";
    static const struct {
        int32_t character;
        size_t length;
    } wanted[] = {{'a', 1}, {0xE9, 2}, {UTF_BAD, 1}, {UTF_BAD, 1}, {UTF_BAD, 1}, {0x1F600, 4}};
    check_case("step");
    const char *p = s;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *start = p;
        CHECK_INT(utf8_next(&p, NULL), wanted[i].character);
        CHECK_INT(p - start, wanted[i].length);
    }
    CHECK(p == s + sizeof s - 1);

    const char *cut = s + 1;
    CHECK_INT(utf8_next(&cut, s + 2), UTF_BAD); /* end stands before the second byte */
}

static void count(void) {
    static const char s[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    static const size_t lengths[] = {0, 1, 3, 6, 10, 11, 11};
    check_case("count");
    CHECK_INT(utf8_count(s, sizeof s - 1), 5);
    CHECK_INT(utf8_count(s, 3), 2);
    CHECK_INT(utf8_count("", 0), 0);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) CHECK_INT(utf8_skip(s, i), lengths[i]);
}

int main(void) {
    every_character();
    bad_utf8();
    bad_utf16();
    text();
    cut();
    step();
    count();
    return check_report();
}
