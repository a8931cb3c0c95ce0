/* The directory that a child starts in. */
#ifndef SB_SERVICE_WIN32_START_DIRECTORY_H
#define SB_SERVICE_WIN32_START_DIRECTORY_H

#include "proto/fault.h"

#include <windows.h>

/* Opens the directory with the rights of the calling thread, for questions about it. It can be renamed and
 * deleted meanwhile. ERROR_DIRECTORY: it does not exist, or is no directory. Call within a limit
 * (io_limit.h).
 */
DWORD start_directory_open(const wchar_t *path, HANDLE *ret);

/* Fills the fault of a launch whose directory cannot be used. */
fault_kind start_directory_fault(const char *directory, DWORD err, fault *ret_fault);

#endif
