/* Checks that only the administrators of the machine can change what a service runs and writes. */
#ifndef SB_SERVICE_WIN32_GUARD_H
#define SB_SERVICE_WIN32_GUARD_H

#include "proto/arena.h"

#include <stdbool.h>
#include <windows.h>

/* The true path ("C:\...") of an existing file or directory: links and substituted drives are resolved.
 * ERROR_BAD_NETPATH: it is on another machine. */
DWORD guard_true_path(arena *a, const wchar_t *path, wchar_t **ret);

/* Checks a file; path is a true path. *ret_wrong is NULL when only the system, the administrators and the
 * installer of Windows own the file or its directory, may write to them or replace them, and may rename or
 * replace the directories above, up to the root of the volume. Else *ret_wrong is a sentence that names the
 * object, the account and what it may do. Entries that deny access are ignored. */
DWORD guard_file(arena *a, const wchar_t *path, const char **ret_wrong);
/* Whether only those may change an open file, or its access list; not who may replace it. file needs
 * READ_CONTROL. */
DWORD guard_is_trusted(HANDLE file, bool *ret);
/* Checks a directory and who may change what it contains. */
DWORD guard_directory(arena *a, const wchar_t *path, const char **ret_wrong);

/* What is wrong with a directory; text NULL: nothing. */
typedef struct guard_wrong {
    const char *text; /* a sentence that names the directory, the account and what it may do */
    const char *sid;  /* of the account; NULL: everybody */
    bool owner;       /* the account owns the directory, else the list gives it rights */
    DWORD rights;     /* that the list gives */
} guard_wrong;

/* Checks the owner and the access list of a directory, which path names in messages, and not of those above.
 * also: a further account that is trusted, or NULL. */
DWORD guard_list(arena *a, const wchar_t *path, PSID owner, PACL list, PSID also, guard_wrong *ret);

/* Creates a directory that the administrators own, and that only they and the system may open.
 * ERROR_ALREADY_EXISTS: the directory exists and is unchanged. */
DWORD guard_make_directory(const wchar_t *path);

/* Checks the access list of a pipe. pipe is a client's end, with READ_CONTROL. *ret_owner names the owner.
 * *ret_wrong is NULL when only the owner, the system and the administrators may serve the pipe or change the
 * list, and the list denies anonymous clients; else it says what is wrong. */
DWORD guard_pipe(arena *a, HANDLE pipe, const char **ret_owner, const char **ret_wrong);

/* "DOMAIN\name"; where the SID has no name, the SID as text. NULL: out of memory. */
const char *guard_account(arena *a, PSID sid);

#endif
