#include "client/report/out_text.h"

#include "proto/utf.h"

#include <stdio.h>
#include <string.h>

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

uint32_t out_code_point(const char *text, size_t *ret_bytes) {
    unsigned char c = (unsigned char)*text;
    size_t bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    uint32_t point = bytes == 1 ? c : c & (0x7Fu >> bytes);
    for (size_t i = 1; i < bytes && is_continuation(text[i]); i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3F);
    *ret_bytes = bytes;
    return point;
}

const out_range out_deceptive[OUT_DECEPTIVE] = {{0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},
                                                {0x61C, 0x61C},   {0x200B, 0x200F}, {0x2028, 0x202E},
                                                {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, UINT32_MAX}};

bool out_is_deceptive(uint32_t c) {
    for (int i = 0; i < OUT_DECEPTIVE && c >= out_deceptive[i].first; i++)
        if (c <= out_deceptive[i].last) return true;
    return false;
}

/* East Asian wide and full-width blocks, and emoji: https://www.unicode.org/reports/tr11/ */
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
    size_t columns = 0, bytes;
    for (; *shown; shown += bytes) columns += width_of(out_code_point(shown, &bytes));
    return columns;
}

const char *out_cut(arena *a, const char *shown, size_t most) {
    size_t columns = 0, bytes, kept = 0;
    const char *p = shown;
    for (; *p; p += bytes) {
        columns += width_of(out_code_point(p, &bytes));
        if (columns <= most - 3) kept = (size_t)(p + bytes - shown);
        if (columns > most) break;
    }
    if (!*p) return shown;
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
    size_t bytes;
    if (!shown) return "(out of memory)";
    for (; *text; text += bytes) {
        uint32_t c = out_code_point(text, &bytes);
        if (out_is_deceptive(c)) {
            out += sprintf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        } else {
            memcpy(out, text, bytes);
            out += bytes;
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
    size_t bytes, found = 0;
    for (const char *p = json; *p; p += bytes)
        found += out_is_deceptive(out_code_point(p, &bytes)) && *p != '\n';
    if (!found) return json;
    char *shown = arena_alloc(a, strlen(json) + found * 12 + 1), *out = shown;
    if (!shown) return json;
    for (; *json; json += bytes) {
        uint32_t c = out_code_point(json, &bytes);
        if (!out_is_deceptive(c) || *json == '\n') {
            memcpy(out, json, bytes);
            out += bytes;
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
