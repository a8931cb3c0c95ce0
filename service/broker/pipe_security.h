/* Who may connect to the pipe. */
#ifndef SB_SERVICE_BROKER_PIPE_SECURITY_H
#define SB_SERVICE_BROKER_PIPE_SECURITY_H

#include <stdbool.h>
#include <windows.h>

typedef struct pipe_security pipe_security;

/* System, administrators and, where the broker does not act as an administrator, its own account everything;
 * authenticated users reading and writing, without the right to make instances of the pipe; network and
 * anonymous nothing. sandboxed: AppContainers, restricted code and low integrity reach it too; else nobody
 * below medium. */
DWORD pipe_security_make(bool sandboxed, pipe_security **ret);
/* Gives it to a pipe that is there; pipe has WRITE_DAC and WRITE_OWNER. */
DWORD pipe_security_apply(const pipe_security *security, HANDLE pipe);
SECURITY_ATTRIBUTES *pipe_security_attributes(pipe_security *security);
void pipe_security_free(pipe_security **security);

/* Makes a directory for the same system, administrators and account alone; one that is there is left as it
 * is, and refused (ERROR_INVALID_OWNER, ERROR_DIRECTORY) when its owner is none of them and not the broker's
 * user, or it is a link. */
DWORD pipe_security_make_directory(const wchar_t *path);

/* For a file that the broker's own account alone may open. Free lpSecurityDescriptor with LocalFree. */
DWORD pipe_security_own(SECURITY_ATTRIBUTES *ret);

#endif
