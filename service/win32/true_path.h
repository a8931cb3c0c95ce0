/* Finds the true path of a file: links, short names and substituted drives are resolved. */
#ifndef SB_SERVICE_WIN32_TRUE_PATH_H
#define SB_SERVICE_WIN32_TRUE_PATH_H

#include <windows.h>

/* The true path of an open file: "\\?\C:\...", "\\?\UNC\server\share\..."; for a volume without a drive
 * letter
 * "\\?\GLOBALROOT\Device\...". as: an impersonation token, or NULL for this process: on a share, Windows
 * opens the directories of the path to find their long names, and only the user may do that. */
DWORD true_path_of_file(HANDLE file, HANDLE as, wchar_t *ret, DWORD units);

/* The path of the file that a process was created from, without a "\\?\" where Windows does not need it.
 * process needs PROCESS_QUERY_LIMITED_INFORMATION. */
DWORD true_path_of_process(HANDLE process, wchar_t *ret, DWORD units);

#endif
