#include "service/win32/service_settings.h"

/* An empty value counts as one that is not set. */
static DWORD read_value(arena *a, const wchar_t *name, wchar_t **ret) {
    enum { VALUE_UNITS = 32768 };
    DWORD size = VALUE_UNITS * sizeof(wchar_t);
    wchar_t *text = arena_array(a, VALUE_UNITS, sizeof *text);
    if (!text) return ERROR_NOT_ENOUGH_MEMORY;
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE, SERVICE_SETTINGS_KEY, name, RRF_RT_REG_SZ, NULL, text, &size);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) return ERROR_SUCCESS;
    if (!error && *text) *ret = text;
    return (DWORD)error;
}

DWORD service_settings_read(arena *a, service_settings *ret) {
    service_settings s = {0};
    DWORD error = read_value(a, SERVICE_SETTINGS_PIPE, &s.pipe);
    if (!error) error = read_value(a, SERVICE_SETTINGS_DATA, &s.data);
    if (!error) *ret = s;
    return error;
}
