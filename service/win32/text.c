#include "service/win32/text.h"

#include "proto/utf.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static_assert(sizeof(wchar_t) == sizeof(uint16_t), "Windows text is UTF-16");

wchar_t *text_wide(arena *a, const char *text) {
    if (!text) return NULL;
    size_t length = strlen(text);
    ptrdiff_t units = utf8_to_utf16_length(text, length);
    if (units < 0) return NULL;
    wchar_t *wide = arena_array(a, (size_t)units + 1, sizeof *wide);
    if (wide) utf8_to_utf16(text, length, (uint16_t *)wide);
    return wide;
}

char *text_utf8_n(arena *a, const wchar_t *text, size_t length) {
    ptrdiff_t bytes = utf16_to_utf8_length((const uint16_t *)text, length);
    if (bytes < 0) return NULL;
    char *utf8 = arena_alloc(a, (size_t)bytes + 1);
    if (utf8) utf16_to_utf8((const uint16_t *)text, length, utf8);
    return utf8;
}

char *text_utf8(arena *a, const wchar_t *text) {
    return text ? text_utf8_n(a, text, wcslen(text)) : NULL;
}

char *text_utf8_lossy(arena *a, const wchar_t *text) {
    size_t length = wcslen(text);
    wchar_t *copy = arena_array(a, length + 1, sizeof *copy);
    if (!copy) return NULL;
    for (size_t i = 0; i < length; i++) {
        bool pair = text[i] >= 0xD800 && text[i] <= 0xDBFF && text[i + 1] >= 0xDC00 && text[i + 1] <= 0xDFFF;
        copy[i] = text[i];
        if (pair) {
            copy[i + 1] = text[i + 1];
            i++;
        } else if (text[i] >= 0xD800 && text[i] <= 0xDFFF) {
            copy[i] = 0xFFFD;
        }
    }
    return text_utf8_n(a, copy, length);
}
