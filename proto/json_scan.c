#include "proto/json_scan.h"

#include "proto/proto_limits.h"
#include "proto/utf.h"

#include <stdbool.h>
#include <string.h>

typedef struct scan {
    const char *text;
    size_t length;
    size_t at;
    size_t values_left;
    size_t *ret_offset; /* NULL: the message names the offset */
    fault *ret_fault;
} scan;

static bool value(scan *s, int depth);

static bool fail(scan *s, fault_kind kind, size_t at, const char *what) {
    bool unicode = kind == FAULT_INVALID_UTF8 || kind == FAULT_LONE_SURROGATE;
    uint32_t win32 = unicode ? WIN32_NO_UNICODE_TRANSLATION : WIN32_INVALID_DATA;
    if (s->ret_offset) {
        *s->ret_offset = at;
        fault_set(s->ret_fault, kind, STAGE_DECODE, win32, "%s", what);
    } else {
        fault_set(s->ret_fault, kind, STAGE_DECODE, win32, "byte %zu of the message: %s", at, what);
    }
    return false;
}

/* Returns the current byte; at the end 0, which no JSON has. */
static unsigned char peek(const scan *s) {
    return s->at < s->length ? (unsigned char)s->text[s->at] : 0;
}

static bool accept(scan *s, char c) {
    if (s->at == s->length || s->text[s->at] != c) return false;
    s->at++;
    return true;
}

static void skip_space(scan *s) {
    for (unsigned char c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s)) s->at++;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Returns the number of the escape \uXXXX at text, or -1 if there is none. */
static int32_t unit_at(const char *text, size_t length) {
    if (length < 6 || text[0] != '\\' || text[1] != 'u') return -1;
    int32_t unit = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0) return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool escape(scan *s) {
    const char *text = s->text + s->at;
    size_t left = s->length - s->at;
    if (left >= 2 && text[1] != '\0' && strchr("\"\\/bfnrt", text[1])) {
        s->at += 2;
        return true;
    }

    int32_t unit = unit_at(text, left);
    if (unit < 0) return fail(s, FAULT_INVALID_JSON, s->at, "an escape that JSON does not have");
    if (unit == 0) return fail(s, FAULT_NUL_IN_STRING, s->at, "a NUL in a string");

    bool high = unit >= 0xD800 && unit <= 0xDBFF;
    if (high) {
        int32_t low = unit_at(text + 6, left - 6);
        if (low < 0xDC00 || low > 0xDFFF) return fail(s, FAULT_LONE_SURROGATE, s->at, "a lone surrogate");
    } else if (unit >= 0xDC00 && unit <= 0xDFFF) {
        return fail(s, FAULT_LONE_SURROGATE, s->at, "a lone surrogate");
    }
    s->at += high ? 12 : 6;
    return true;
}

static bool string(scan *s) {
    size_t start = s->at;
    if (!accept(s, '"')) return fail(s, FAULT_INVALID_JSON, s->at, "a string is expected");
    while (s->at < s->length) {
        unsigned char c = peek(s);
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c < 0x20) return fail(s, FAULT_INVALID_JSON, s->at, "a control character in a string");
        if (c != '\\') s->at++;
        else if (!escape(s)) return false;
    }
    return fail(s, FAULT_INVALID_JSON, start, "a string that does not end");
}

/* Returns the next character of a scanned string, unescaped; -1 at the quotation mark that ends it. */
static int32_t next_character(const char **text) {
    static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
    const char *p = *text;
    int32_t c = utf8_next(&p, NULL);

    if (c == '"') return -1;
    if (c == '\\' && *p == 'u') {
        c = unit_at(p - 1, 6);
        p += 5;
        if (c >= 0xD800 && c <= 0xDBFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (unit_at(p, 6) - 0xDC00);
            p += 6;
        }
    } else if (c == '\\') {
        const char *name = strchr(names, *p);
        c = name ? values[name - names] : *p;
        p++;
    }
    *text = p;
    return c;
}

static bool same_string(const char *a, const char *b) {
    for (;;) {
        int32_t c = next_character(&a);
        if (c != next_character(&b)) return false;
        if (c < 0) return true;
    }
}

static size_t digits(scan *s) {
    size_t start = s->at;
    while (peek(s) >= '0' && peek(s) <= '9') s->at++;
    return s->at - start;
}

static bool number(scan *s) {
    size_t start = s->at;
    accept(s, '-');
    if (!accept(s, '0') && !digits(s)) return fail(s, FAULT_INVALID_JSON, start, "a value is expected");
    if (accept(s, '.') && !digits(s))
        return fail(s, FAULT_INVALID_JSON, start, "a number without its fraction");
    if (accept(s, 'e') || accept(s, 'E')) {
        if (!accept(s, '+')) accept(s, '-');
        if (!digits(s)) return fail(s, FAULT_INVALID_JSON, start, "a number without its exponent");
    }
    return true;
}

static bool word(scan *s, const char *text) {
    size_t length = strlen(text);
    if (s->length - s->at < length || memcmp(s->text + s->at, text, length) != 0)
        return fail(s, FAULT_INVALID_JSON, s->at, "a value is expected");
    s->at += length;
    return true;
}

static bool object(scan *s, int depth) {
    const char *keys[LIMIT_MEMBERS];
    int count = 0;
    accept(s, '{');
    skip_space(s);
    if (accept(s, '}')) return true;

    do {
        skip_space(s);
        size_t at = s->at;
        if (!string(s)) return false;
        if (count == LIMIT_MEMBERS)
            return fail(s, FAULT_TOO_MANY_MEMBERS, at, "an object has too many members");

        keys[count] = s->text + at + 1;
        for (int i = 0; i < count; i++)
            if (same_string(keys[i], keys[count])) return fail(s, FAULT_DUPLICATE_KEY, at, "duplicate key");
        count++;

        skip_space(s);
        if (!accept(s, ':')) return fail(s, FAULT_INVALID_JSON, s->at, "a colon is expected");
        if (!value(s, depth)) return false;
    } while (accept(s, ','));
    return accept(s, '}') || fail(s, FAULT_INVALID_JSON, s->at, "a comma or the object's end is expected");
}

static bool array(scan *s, int depth) {
    accept(s, '[');
    skip_space(s);
    if (accept(s, ']')) return true;
    do {
        if (!value(s, depth)) return false;
    } while (accept(s, ','));
    return accept(s, ']') || fail(s, FAULT_INVALID_JSON, s->at, "a comma or the array's end is expected");
}

/* Scans a value and the space around it. depth counts the objects and arrays around it, and ends the
 * recursion at LIMIT_NESTING. */
static bool value(scan *s, int depth) {
    skip_space(s);
    unsigned char c = peek(s);
    if (!s->values_left--) return fail(s, FAULT_TOO_MANY_VALUES, s->at, "the message has too many values");
    bool nests = c == '{' || c == '[', good;
    if (nests && depth == LIMIT_NESTING) return fail(s, FAULT_NESTING_TOO_DEEP, s->at, "nested too deeply");
    if (nests) good = c == '{' ? object(s, depth + 1) : array(s, depth + 1);
    else if (c == '"') good = string(s);
    else if (c == 't' || c == 'f' || c == 'n')
        good = word(s, c == 't' ? "true" : c == 'f' ? "false" : "null");
    else good = number(s);
    skip_space(s);
    return good;
}

fault_kind json_scan_file(const char *text, size_t length, size_t most, size_t *ret_offset,
                          fault *ret_fault) {
    fault f = {.kind = FAULT_NONE, .handle_index = FAULT_NO_HANDLE};
    scan s = {.text = text, .length = length, .values_left = most, .ret_offset = ret_offset, .ret_fault = &f};
    size_t bad;
    if (!utf8_valid(text, length, &bad)) fail(&s, FAULT_INVALID_UTF8, bad, "not UTF-8");
    else if (value(&s, 0) && s.at < length) fail(&s, FAULT_INVALID_JSON, s.at, "something follows the value");
    if (f.kind != FAULT_NONE) *ret_fault = f;
    return f.kind;
}

fault_kind json_scan(const char *text, size_t length, size_t most, fault *ret_fault) {
    return json_scan_file(text, length, most, NULL, ret_fault);
}
