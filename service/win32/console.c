#include "service/win32/console.h"

#include "proto/utf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

bool console_is(DWORD std) {
    DWORD mode;
    HANDLE handle = GetStdHandle(std);
    return handle && handle != INVALID_HANDLE_VALUE && GetConsoleMode(handle, &mode);
}

bool console_write(DWORD std, const char *text, size_t length) {
    enum { PIECE_BYTES = 4096 };
    uint16_t wide[PIECE_BYTES];
    HANDLE handle = GetStdHandle(std);

    while (length) {
        size_t piece = utf8_cut(text, length, PIECE_BYTES);
        ptrdiff_t units = piece ? utf8_to_utf16(text, piece, wide) : UTF_BAD;
        DWORD written;
        if (units == UTF_BAD || !WriteConsoleW(handle, wide, (DWORD)units, &written, NULL)) return false;
        text += piece;
        length -= piece;
    }
    return true;
}

void console_print(DWORD std, const char *text) {
    FILE *to = std == STD_ERROR_HANDLE ? stderr : stdout;
    fflush(to); /* what was printed before comes first */
    if (console_is(std) && console_write(std, text, strlen(text))) return;
    fputs(text, to);
    fflush(to);
}
