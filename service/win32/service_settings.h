/* What the service needs, and its settings: values of its registry key, which survive an upgrade. For the
 * service and spawnctl. */
#ifndef SB_SERVICE_WIN32_SERVICE_SETTINGS_H
#define SB_SERVICE_WIN32_SERVICE_SETTINGS_H

#include "proto/arena.h"
#include "service/win32/names.h"

#include <windows.h>

/* The privileges that the broker needs to impersonate its callers and to launch as them (docs/security.md).
 * It has no others. install/msi.sh reads this list. */
#define SERVICE_PRIVILEGES(X)          \
    X("SeAssignPrimaryTokenPrivilege") \
    X("SeChangeNotifyPrivilege")       \
    X("SeImpersonatePrivilege")        \
    X("SeIncreaseQuotaPrivilege")

#define SERVICE_SETTINGS_KEY L"SYSTEM\\CurrentControlSet\\Services\\" NAME_SERVICE L"\\Parameters"
#define SERVICE_SETTINGS_PIPE L"PipeName"
#define SERVICE_SETTINGS_DATA L"DataDirectory"

typedef struct service_settings {
    wchar_t *pipe, *data; /* PipeName, DataDirectory; NULL: not set, which is the default */
} service_settings;

/* Reads the settings into the arena. Without a key, or without a value, they are not set. A value that is no
 * text: ERROR_UNSUPPORTED_TYPE. Any user may call it. */
DWORD service_settings_read(arena *a, service_settings *ret);

/* Sets the values that are not NULL and leaves the others. Call it when the service is registered: removing
 * the service removes its settings. */
DWORD service_settings_write(const service_settings *settings);

#endif
