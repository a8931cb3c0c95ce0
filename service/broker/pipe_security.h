/* The pipe's owner, access list and integrity label: who may connect, and who may serve it. */
#ifndef SB_SERVICE_BROKER_PIPE_SECURITY_H
#define SB_SERVICE_BROKER_PIPE_SECURITY_H

#include <stdbool.h>
#include <windows.h>

typedef struct pipe_security pipe_security;

/* The system, administrators and, unless the broker acts as an administrator, its own account may do
 * everything. Authenticated users may read and write, but may not create instances of the pipe. Anonymous
 * logons may do nothing. sandboxed: AppContainers, restricted code and low integrity may connect too;
 * otherwise a client below medium integrity cannot even open the pipe for reading.
 *
 * Network logons may connect: SSH keys, WinRM and WMI log users on so on this machine.
 * PIPE_REJECT_REMOTE_CLIENTS keeps clients on other machines out. */
DWORD pipe_security_make(bool sandboxed, pipe_security **ret);

/* Sets the access list and the label of an existing pipe (full name), of which all instances share them.
 * Connects to an instance for a moment; ERROR_PIPE_BUSY: none listens. */
DWORD pipe_security_apply(const pipe_security *security, const wchar_t *pipe);

/* Returns whether an existing pipe is the broker's: it has the same owner, and only this owner, the system
 * and administrators may serve it or change its access list. pipe needs READ_CONTROL. */
bool pipe_security_is_own(const pipe_security *security, HANDLE pipe);

SECURITY_ATTRIBUTES *pipe_security_attributes(pipe_security *security);

/* Sets *security to NULL, which is fine. */
void pipe_security_free(pipe_security **security);

#endif
