#include "service/win32/win.h"

#include "proto/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

DWORD win_error(void) {
    DWORD err = GetLastError();
    return err ? err : ERROR_GEN_FAILURE;
}

bool win_wait_for_memory(int attempt) {
    enum { ATTEMPTS = 50, PAUSE_MS = 10 };
    if (attempt) Sleep(PAUSE_MS);
    return attempt < ATTEMPTS;
}

void win_close(HANDLE *handle) {
    if (*handle) CloseHandle(*handle);
    *handle = NULL;
}

HANDLE win_handle(uint32_t value) {
    return (HANDLE)(LONG_PTR)(LONG)value;
}

/* Writes the system's sentence for error as UTF-8, without the line break and the full stop at its end. */
static void system_text(DWORD err, char *out, size_t size) {
    wchar_t wide[160];

    DWORD length = FormatMessageW(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, err,
        MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), wide, sizeof wide / sizeof *wide, NULL);
    if (!length)
        length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                    FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                NULL, err, 0, wide, sizeof wide / sizeof *wide, NULL);

    while (length && (wide[length - 1] <= L' ' || wide[length - 1] == L'.')) length--;

    ptrdiff_t bytes = utf16_to_utf8_length((const uint16_t *)wide, length);
    if (bytes < 0 || (size_t)bytes >= size) bytes = 0;
    if (bytes) utf16_to_utf8((const uint16_t *)wide, length, out);
    out[bytes] = 0;
}

fault_kind win_fault(fault *ret_fault, fault_kind kind, stage s, DWORD err, const char *format, ...) {
    char what[256], system[200];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    what[utf8_cut(what, strlen(what), 160)] = 0;
    system_text(err, system, sizeof system);
    return fault_set(ret_fault, kind, s, err, "%s: %s (error %lu)", what, system[0] ? system : "failed",
                     (unsigned long)err);
}

int64_t win_filetime_us(FILETIME time) {
    const int64_t to_1970_us = INT64_C(11644473600000000);
    ULARGE_INTEGER value = {.LowPart = time.dwLowDateTime, .HighPart = time.dwHighDateTime};
    return (int64_t)(value.QuadPart / 10) - to_1970_us;
}

int64_t win_now_us(void) {
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return win_filetime_us(now);
}

int64_t win_ticks_us(void) {
    LARGE_INTEGER frequency, now;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    return now.QuadPart / frequency.QuadPart * 1000000 +
           now.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart;
}
