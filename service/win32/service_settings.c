#include "service/win32/service_settings.h"

/* An empty value counts as one that is not set. */
static DWORD read_value(arena *a, const wchar_t *name, wchar_t **ret) {
    enum { VALUE_UNITS = 32768 };
    DWORD size = VALUE_UNITS * sizeof(wchar_t);
    wchar_t *text = arena_array(a, VALUE_UNITS, sizeof *text);
    if (!text) return ERROR_NOT_ENOUGH_MEMORY;
    LSTATUS err =
        RegGetValueW(HKEY_LOCAL_MACHINE, SERVICE_SETTINGS_KEY, name, RRF_RT_REG_SZ, NULL, text, &size);
    if (err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND) return ERROR_SUCCESS;
    if (!err && *text) *ret = text;
    return (DWORD)err;
}

DWORD service_settings_read(arena *a, service_settings *ret) {
    service_settings s = {0};
    DWORD err = read_value(a, SERVICE_SETTINGS_PIPE, &s.pipe);
    if (!err) err = read_value(a, SERVICE_SETTINGS_DATA, &s.data);
    if (!err) *ret = s;
    return err;
}
