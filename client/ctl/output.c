#include "client/ctl/ctl.h"
#include "proto/utf.h"
#include "service/win32/console.h"
#include "service/win32/win.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool out_write(DWORD std, const char *text, size_t length) {
    HANDLE handle = GetStdHandle(std);
    DWORD written;
    if (!handle || handle == INVALID_HANDLE_VALUE) return false;
    if (console_is(std)) return console_write(std, text, length);
    for (; length && WriteFile(handle, text, (DWORD)length, &written, NULL) && written; length -= written)
        text += written;
    return !length;
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

/* ---- buffered output ---- */

enum { BUFFER_BYTES = 65536 };
static char buffer[BUFFER_BYTES];
static size_t buffered;
static bool lost; /* a write failed: the reader has closed its end */

bool out_flush(void) {
    if (buffered && !lost) lost = !out_write(STD_OUTPUT_HANDLE, buffer, buffered);
    buffered = 0;
    return !lost;
}

/* Writes the buffer, except for a character at its end that is not complete. */
static void flush_characters(void) {
    char rest[4];
    size_t whole = utf8_cut(buffer, buffered, buffered - 1), left = buffered - whole;
    if (left > sizeof rest) whole = buffered, left = 0; /* this is not UTF-8 */
    memcpy(rest, buffer + whole, left);
    buffered = whole;
    out_flush();
    memcpy(buffer, rest, left);
    buffered = left;
}

static void put(void *context, const char *text, size_t length) {
    (void)context;
    while (length) {
        size_t part = BUFFER_BYTES - buffered < length ? BUFFER_BYTES - buffered : length;
        memcpy(buffer + buffered, text, part);
        buffered += part;
        text += part;
        length -= part;
        if (buffered == BUFFER_BYTES) flush_characters();
    }
}

const report_sink out_sink = {.write = put};

/* ---- the terminal ---- */

size_t out_width(void) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    char columns[16];
    DWORD length = GetEnvironmentVariableA("COLUMNS", columns, sizeof columns);
    uint32_t width = 0;
    if (GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info))
        return (size_t)(info.srWindow.Right - info.srWindow.Left);
    return length && length < sizeof columns && ctl_number(columns, 10000, &width) ? width : 0;
}

/* https://no-color.org/: any value turns colours off. */
bool out_colour(void) {
    HANDLE handle = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode;
    return !GetEnvironmentVariableA("NO_COLOR", NULL, 0) && GetConsoleMode(handle, &mode) &&
           SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

/* ---- times ---- */

static const int64_t to_1970_us = INT64_C(11644473600000000);

int64_t out_now(void) {
    FILETIME file;
    GetSystemTimePreciseAsFileTime(&file);
    return (int64_t)((ULARGE_INTEGER){.LowPart = file.dwLowDateTime, .HighPart = file.dwHighDateTime}
                         .QuadPart /
                     10) -
           to_1970_us;
}

/* Returns the seconds that the machine's zone is ahead of UTC at that time, with that year's summer time. */
static int local_offset(void *context, int64_t us) {
    SYSTEMTIME utc, local;
    FILETIME file;
    ULARGE_INTEGER before = {.QuadPart = (ULONGLONG)(us + to_1970_us) * 10}, after;
    (void)context;
    file = (FILETIME){before.LowPart, before.HighPart};
    if (us < -to_1970_us || !FileTimeToSystemTime(&file, &utc) ||
        !SystemTimeToTzSpecificLocalTime(NULL, &utc, &local) || !SystemTimeToFileTime(&utc, &file))
        return 0;
    before = (ULARGE_INTEGER){.LowPart = file.dwLowDateTime,
                              .HighPart = file.dwHighDateTime}; /* whole milliseconds */
    if (!SystemTimeToFileTime(&local, &file)) return 0;
    after = (ULARGE_INTEGER){.LowPart = file.dwLowDateTime, .HighPart = file.dwHighDateTime};
    return (int)(((LONGLONG)after.QuadPart - (LONGLONG)before.QuadPart) / 10000000);
}

const when_zone out_local = {.offset = local_offset};

const char *out_time(arena *a, int64_t us) {
    return us > 0 ? when_format(a, us, &when_utc, WHEN_SECONDS) : "-";
}

/* ---- tables ---- */

void out_table(const char *const *cells, size_t rows, size_t columns) {
    arena a = {0};
    report_cells(&a, &out_sink, cells, rows, columns, NULL, 0, 0, NULL, 0);
    out_flush();
    arena_free(&a);
}
