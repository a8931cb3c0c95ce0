#include "ctl.h"
#include "utf.h"
#include "win.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool out_is_console(DWORD std) {
    DWORD mode;
    HANDLE handle = GetStdHandle(std);
    return handle && handle != INVALID_HANDLE_VALUE && GetConsoleMode(handle, &mode);
}

static void write_console(HANDLE handle, const char *text, size_t length) {
    enum { PIECE_BYTES = 4096 };
    uint16_t wide[PIECE_BYTES];
    while (length) {
        size_t piece = utf8_cut(text, length, PIECE_BYTES);
        ptrdiff_t units = piece ? utf8_to_utf16(text, piece, wide) : UTF_BAD;
        DWORD written;
        if (units == UTF_BAD || !WriteConsoleW(handle, wide, (DWORD)units, &written, NULL)) return;
        text += piece;
        length -= piece;
    }
}

void out_write(DWORD std, const char *text, size_t length) {
    HANDLE handle = GetStdHandle(std);
    DWORD written;
    if (!handle || handle == INVALID_HANDLE_VALUE) return;
    if (out_is_console(std)) {
        write_console(handle, text, length);
        return;
    }
    for (; length && WriteFile(handle, text, (DWORD)length, &written, NULL) && written; length -= written)
        text += written;
}

void out_printf(DWORD std, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (text) {
        vsnprintf(text, (size_t)length + 1, format, again);
        out_write(std, text, (size_t)length);
    }
    free(text);
    va_end(again);
    va_end(args);
}

/* ---- text for people ---- */

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t characters(const char *text) {
    size_t count = 0;
    for (; *text; text++) count += !is_continuation(*text);
    return count;
}

/* The code point at text, which is valid UTF-8, and how many bytes it has. */
static uint32_t code_point(const char *text, size_t *ret_bytes) {
    unsigned char c = (unsigned char)*text;
    size_t bytes = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    uint32_t point = bytes == 1 ? c : c & (0x7Fu >> bytes);
    for (size_t i = 1; i < bytes && is_continuation(text[i]); i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3F);
    *ret_bytes = bytes;
    return point;
}

/* Control characters, line and paragraph separators, marks that turn text around or hide, byte order mark. */
static bool is_deceptive(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c >= 0xE0000;
}

const char *out_shown(arena *a, const char *text, size_t most) {
    if (!text) return "-";
    if (!utf8_valid(text, strlen(text), NULL)) return "(not text)";
    char *shown = arena_alloc(a, strlen(text) * 8 + 4), *out = shown, *cut = NULL;
    size_t bytes, count = 0;
    if (!shown) return "(out of memory)";
    for (; *text && (!most || count <= most); text += bytes) {
        uint32_t c = code_point(text, &bytes);
        char piece[16];
        if (!is_deceptive(c)) snprintf(piece, sizeof piece, "%.*s", (int)bytes, text);
        else snprintf(piece, sizeof piece, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        if (most && !cut && count + characters(piece) > most - 3) cut = out;
        count += characters(piece);
        strcpy(out, piece);
        out += strlen(piece);
    }
    if (most && count > most) strcpy(cut, "...");
    return shown;
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

const char *out_time(arena *a, int64_t us) {
    const int64_t to_1970_us = INT64_C(11644473600000000);
    SYSTEMTIME t;
    if (us <= 0 || us > INT64_C(253402300799000000)) return "-";
    ULARGE_INTEGER ticks = {.QuadPart = (ULONGLONG)(us + to_1970_us) * 10};
    FILETIME file = {ticks.LowPart, ticks.HighPart};
    if (!FileTimeToSystemTime(&file, &t)) return "-";
    const char *text = arena_printf(a, "%04d-%02d-%02d %02d:%02d:%02dZ", t.wYear, t.wMonth, t.wDay, t.wHour,
                                    t.wMinute, t.wSecond);
    return text ? text : "-";
}

/* ---- tables ---- */

static size_t column_width(const char *const *cells, size_t rows, size_t columns, size_t column) {
    size_t width = 0;
    for (size_t r = 0; r < rows; r++) {
        size_t w = characters(cells[r * columns + column]);
        if (w > width) width = w;
    }
    return width;
}

void out_table(const char *const *cells, size_t rows, size_t columns) {
    size_t row_bytes = 1, length = 0;
    for (size_t i = 0; i < columns; i++) row_bytes += column_width(cells, rows, columns, i) * 4 + 2;
    char *text = malloc(rows * row_bytes + 1);
    if (!text) return;
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < columns; i++) {
            const char *cell = cells[r * columns + i];
            size_t bytes = strlen(cell);
            memcpy(text + length, cell, bytes);
            length += bytes;
            if (i + 1 == columns) break;
            size_t pad = column_width(cells, rows, columns, i) + 2 - characters(cell);
            memset(text + length, ' ', pad);
            length += pad;
        }
        text[length++] = '\n';
    }
    out_write(STD_OUTPUT_HANDLE, text, length);
    free(text);
}
