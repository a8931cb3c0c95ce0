#include "client/report/out_text.h"

#include "proto/utf.h"

#include <stdio.h>
#include <string.h>

/* Returns the character at *text, which is valid UTF-8 and has one, and moves *text past it. */
static uint32_t next(const char **text) {
    return (uint32_t)utf8_next(text, NULL);
}

const out_range out_deceptive[OUT_DECEPTIVE] = {{0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},
                                                {0x61C, 0x61C},   {0x200B, 0x200F}, {0x2028, 0x202E},
                                                {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, UINT32_MAX}};

bool out_is_deceptive(uint32_t c) {
    for (int i = 0; i < OUT_DECEPTIVE && c >= out_deceptive[i].first; i++)
        if (c <= out_deceptive[i].last) return true;
    return false;
}

/* The East Asian wide and full-width blocks, and emoji: https://www.unicode.org/reports/tr11/ */
static size_t width_of(uint32_t c) {
    static const out_range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
        {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
        {0x1F900, 0x1F9FF}, {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD}};
    if ((c >= 0x300 && c <= 0x36F) || (c >= 0xFE00 && c <= 0xFE0F)) return 0;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (c >= wide[i].first && c <= wide[i].last) return 2;
    return 1;
}

size_t out_columns(const char *shown) {
    size_t columns = 0;
    while (*shown) columns += width_of(next(&shown));
    return columns;
}

const char *out_cut(arena *a, const char *shown, size_t most) {
    size_t columns = 0, kept = 0;
    for (const char *p = shown; *p && columns <= most;) {
        columns += width_of(next(&p));
        if (columns <= most - 3) kept = (size_t)(p - shown);
    }
    if (columns <= most) return shown;
    const char *cut = arena_printf(a, "%.*s...", (int)kept, shown);
    return cut ? cut : "...";
}

const char *out_valid(const char *text) {
    return text && !utf8_valid(text, strlen(text), NULL) ? "(not text)" : text;
}

const char *out_shown(arena *a, const char *text, size_t most) {
    if (!text) return "-";
    text = out_valid(text);
    char *shown = arena_alloc(a, strlen(text) * 8 + 4), *out = shown;
    if (!shown) return "(out of memory)";
    while (*text) {
        const char *start = text;
        uint32_t c = next(&text);
        if (out_is_deceptive(c)) {
            out += sprintf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        } else {
            memcpy(out, start, (size_t)(text - start));
            out += text - start;
        }
    }
    *out = 0;
    return most ? out_cut(a, shown, most) : shown;
}

const char *out_json(arena *a, const char *text) {
    if (!text) return "null";
    char *quoted = arena_alloc(a, strlen(text) * 6 + 3), *out = quoted;
    if (!quoted) return "null";
    *out++ = '"';
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') *out++ = '\\';
        if (c >= 0x20) *out++ = (char)c;
        else out += sprintf(out, "\\u%04x", c);
    }
    *out = '"';
    return quoted;
}

const char *out_json_shown(arena *a, const char *json) {
    size_t found = 0;

    for (const char *p = json; *p;) {
        uint32_t c = next(&p);
        found += out_is_deceptive(c) && c != '\n';
    }

    if (!found) return json;
    char *shown = arena_alloc(a, strlen(json) + found * 12 + 1), *out = shown;
    if (!shown) return json;

    while (*json) {
        const char *start = json;
        uint32_t c = next(&json);
        if (!out_is_deceptive(c) || c == '\n') {
            memcpy(out, start, (size_t)(json - start));
            out += json - start;
        } else if (c < 0x10000) {
            out += sprintf(out, "\\u%04x", (unsigned)c);
        } else {
            out += sprintf(out, "\\u%04x\\u%04x", (unsigned)(0xD7C0 + (c >> 10)),
                           (unsigned)(0xDC00 | (c & 0x3FF)));
        }
    }

    *out = 0;
    return shown;
}
