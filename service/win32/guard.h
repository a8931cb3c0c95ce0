/* Whether anybody but who administers the machine could change what a service runs, or what it writes. */
#ifndef SB_SERVICE_WIN32_GUARD_H
#define SB_SERVICE_WIN32_GUARD_H

#include "proto/arena.h"

#include <windows.h>

/* The path of an existing file or directory as Windows sees it, without links and substituted drives:
 * "C:\...". ERROR_BAD_NETPATH: it is on another machine. */
DWORD guard_true_path(arena *a, const wchar_t *path, wchar_t **ret);

/* path is a true path. *ret_wrong is NULL when nobody but the system, the administrators and Windows' own
 * installer owns the file (or directory), or may write to it or replace it: the same holds for its directory,
 * and nobody else can rename or replace one of those above, up to the root of the volume. Else a sentence:
 * which, who, and what they may do. Access list entries that deny are not counted in favour. */
DWORD guard_file(arena *a, const wchar_t *path, const char **ret_wrong);
/* The same for a directory whose content counts as well. */
DWORD guard_directory(arena *a, const wchar_t *path, const char **ret_wrong);

/* Makes a directory that is the administrators', and open to them and the system alone. ERROR_ALREADY_EXISTS:
 * it is left as it is. */
DWORD guard_make_directory(const wchar_t *path);

/* A pipe at whose client's end the caller is (with READ_CONTROL): whose it is, and in *ret_wrong what is
 * wrong with its access list, else NULL: others than the owner, the system and the administrators may serve
 * it too or change the list, or it does not deny network and anonymous clients. */
DWORD guard_pipe(arena *a, HANDLE pipe, const char **ret_owner, const char **ret_wrong);

/* "DOMAIN\name", or the SID as text where it has no name; NULL when out of memory. */
const char *guard_account(arena *a, PSID sid);

#endif
