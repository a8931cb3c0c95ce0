/* The directory that holds the audit, its keys and the policy. */
#ifndef SB_SERVICE_BROKER_DATA_DIRECTORY_H
#define SB_SERVICE_BROKER_DATA_DIRECTORY_H

#include <windows.h>

/* Makes the directory. Only the system, administrators and the broker's own account have access. An existing
 * directory is left as it is. It is rejected with ERROR_INVALID_OWNER if its owner is none of those three and
 * not the broker's user, and with ERROR_DIRECTORY if it is a link or no directory. */
DWORD data_directory_make(const wchar_t *path);

/* Makes the security of a file that only the broker's own account may open. Free ret->lpSecurityDescriptor
 * with LocalFree. */
DWORD data_directory_secret(SECURITY_ATTRIBUTES *ret);

#endif
