/* The one way in which files are opened that a caller has named. */
#ifndef SB_SERVICE_WIN32_FILE_OPEN_H
#define SB_SERVICE_WIN32_FILE_OPEN_H

#include <windows.h>

/* Opens an existing file or directory with the rights of the calling thread, which acts as the caller. The
 * path may lead to a pipe: its server can then find out who opens it, but cannot act as that user. flags:
 * FILE_FLAG_...; share: FILE_SHARE_.... Call within a limit (io_limit.h): the open may wait. */
DWORD file_open(const wchar_t *path, DWORD access, DWORD share, DWORD flags, HANDLE *ret);

/* Reads the attributes (FILE_ATTRIBUTE_...) of a file or directory in the same way; flags: 0, or
 * FILE_FLAG_OPEN_REPARSE_POINT for those of a link itself. */
DWORD file_attributes(const wchar_t *path, DWORD flags, DWORD *ret);

#endif
