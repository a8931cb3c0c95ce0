#include "service/win32/service_settings.h"
#include "service/win32/names.h"

#include <wchar.h>

#define SETTINGS_KEY L"SYSTEM\\CurrentControlSet\\Services\\" NAME_SERVICE L"\\Parameters"
static const wchar_t pipe_value[] = L"PipeName", data_value[] = L"DataDirectory";

/* An empty value counts as one that is not set. */
static DWORD read_value(arena *a, const wchar_t *name, wchar_t **ret) {
    enum { VALUE_UNITS = 32768 };
    DWORD size = VALUE_UNITS * sizeof(wchar_t);
    wchar_t *text = arena_array(a, VALUE_UNITS, sizeof *text);
    if (!text) return ERROR_NOT_ENOUGH_MEMORY;
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, SETTINGS_KEY, name, RRF_RT_REG_SZ, NULL, text, &size);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) return ERROR_SUCCESS;
    if (!error && *text) *ret = text;
    return (DWORD)error;
}

DWORD service_settings_read(arena *a, service_settings *ret) {
    service_settings s = {0};
    DWORD error = read_value(a, pipe_value, &s.pipe);
    if (!error) error = read_value(a, data_value, &s.data);
    if (!error) *ret = s;
    return error;
}

static LSTATUS write_value(HKEY key, const wchar_t *name, const wchar_t *text) {
    if (!text) return ERROR_SUCCESS;
    DWORD size = (DWORD)((wcslen(text) + 1) * sizeof *text);
    return RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text, size);
}

DWORD service_settings_write(const service_settings *s) {
    HKEY key;
    if (!s->pipe && !s->data) return ERROR_SUCCESS;
    LSTATUS error =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, SETTINGS_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (error) return (DWORD)error;
    error = write_value(key, pipe_value, s->pipe);
    if (!error) error = write_value(key, data_value, s->data);
    RegCloseKey(key);
    return (DWORD)error;
}
