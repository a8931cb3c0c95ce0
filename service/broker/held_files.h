/* Files of the data directory that other processes hold open for a moment: scanners and backups do. */
#ifndef SB_SERVICE_BROKER_HELD_FILES_H
#define SB_SERVICE_BROKER_HELD_FILES_H

#include <windows.h>

/* How long a start waits for them. */
enum { HELD_FILES_MS = 10000 };

/* Waits until the broker can open each of its files in the directory, as far as the sharing of others decides
 * that. Files that do not exist are fine. ERROR_SHARING_VIOLATION: *ret_name is still held. */
DWORD held_files_wait(const wchar_t *directory, const wchar_t **ret_name);

#endif
