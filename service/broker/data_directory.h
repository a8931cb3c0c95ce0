/* The directory that holds the audit, its keys and the policy. */
#ifndef SB_SERVICE_BROKER_DATA_DIRECTORY_H
#define SB_SERVICE_BROKER_DATA_DIRECTORY_H

#include "proto/arena.h"

#include <windows.h>

/* Makes the directory. Only the system, administrators and, if the broker does not act as one, the broker's
 * user have access. An existing directory is left as it is. It is rejected if another account owns it
 * (ERROR_INVALID_OWNER) or its access list lets another one change it (ERROR_INVALID_ACL), and then
 * *ret_wrong says so, and how to mend it; and with ERROR_DIRECTORY if it is a link or no directory. */
DWORD data_directory_make(arena *a, const wchar_t *path, const char **ret_wrong);

/* Makes the security of a file that only the broker's own account may open. Free ret->lpSecurityDescriptor
 * with LocalFree. */
DWORD data_directory_secret(SECURITY_ATTRIBUTES *ret);

#endif
