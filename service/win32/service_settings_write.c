/* Only spawnctl writes the settings: the broker does not import these functions. */
#include "service/win32/service_settings.h"

#include <wchar.h>

static LSTATUS write_value(HKEY key, const wchar_t *name, const wchar_t *text) {
    if (!text) return ERROR_SUCCESS;
    DWORD size = (DWORD)((wcslen(text) + 1) * sizeof *text);
    return RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text, size);
}

DWORD service_settings_write(const service_settings *s) {
    HKEY key;
    if (!s->pipe && !s->data) return ERROR_SUCCESS;
    LSTATUS err = RegCreateKeyExW(HKEY_LOCAL_MACHINE, SERVICE_SETTINGS_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL,
                                  &key, NULL);
    if (err) return (DWORD)err;
    err = write_value(key, SERVICE_SETTINGS_PIPE, s->pipe);
    if (!err) err = write_value(key, SERVICE_SETTINGS_DATA, s->data);
    RegCloseKey(key);
    return (DWORD)err;
}
