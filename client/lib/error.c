#include "client/lib/client.h"

#include "proto/utf.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>
#define STRSAFE_NO_DEPRECATE
#include <strsafe.h>

#define X(id, name) static_assert((int)STAGE_##id == (int)SB_STAGE_##id, "stages are numbered as in proto");
STAGE_LIST(X)
#undef X

enum { MESSAGE_UNITS = sizeof((sb_error *)0)->message / sizeof(wchar_t) };

DWORD error_set(sb_error *ret_error, DWORD code, sb_stage step, const wchar_t *format, ...) {
    sb_error error = {.code = code, .stage = step, .handle_index = SIZE_MAX};
    va_list args;
    va_start(args, format);
    StringCchVPrintfW(error.message, MESSAGE_UNITS, format, args);
    va_end(args);
    size_t length = wcslen(error.message);
    if (length && IS_HIGH_SURROGATE(error.message[length - 1])) error.message[length - 1] = 0;
    *ret_error = error;
    return code;
}

DWORD error_fault(sb_error *ret_error, const fault *f) {
    sb_error error = {
        .code = f->win32 ? f->win32 : ERROR_GEN_FAILURE,
        .stage = (sb_stage)f->stage,
        .handle_index = f->handle_index == FAULT_NO_HANDLE ? SIZE_MAX : (size_t)f->handle_index,
    };
    size_t length = utf8_cut(f->message, strlen(f->message), MESSAGE_UNITS - 1);
    if (utf8_to_utf16(f->message, length, (uint16_t *)error.message) == UTF_BAD) error.message[0] = 0;
    *ret_error = error;
    return error.code;
}

DWORD error_memory(sb_error *ret_error) {
    return error_set(ret_error, ERROR_NOT_ENOUGH_MEMORY, SB_STAGE_NONE, L"There is not enough memory.");
}

DWORD error_publish(sb_error *out, DWORD code, const sb_error *error) {
    if (!out) return code;
    if (code) *out = *error;
    else *out = (sb_error){.handle_index = SIZE_MAX};
    return code;
}
