/* The pipe's owner, access list and integrity label: who may connect, and who may serve it. */
#ifndef SB_SERVICE_BROKER_PIPE_SECURITY_H
#define SB_SERVICE_BROKER_PIPE_SECURITY_H

#include <stdbool.h>
#include <windows.h>

typedef struct pipe_security pipe_security;

/* The system, administrators and, unless the broker acts as an administrator, its own account may do
 * everything. Authenticated users may read and write, but may not create instances of the pipe. Network and
 * anonymous logons may do nothing. sandboxed: AppContainers, restricted code and low integrity may connect
 * too; otherwise no client below medium integrity may. */
DWORD pipe_security_make(bool sandboxed, pipe_security **ret);

/* Sets the access list and the label of an existing pipe; pipe needs WRITE_DAC and WRITE_OWNER. */
DWORD pipe_security_apply(const pipe_security *security, HANDLE pipe);

SECURITY_ATTRIBUTES *pipe_security_attributes(pipe_security *security);

/* Sets *security to NULL, which is fine. */
void pipe_security_free(pipe_security **security);

#endif
