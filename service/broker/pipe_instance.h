/* pipe_instance.h: makes instances of the broker's pipe, and gives them up.
 *
 * Windows keeps a pipe as long as any handle of it is open, even that of a client whose server has exited. So
 * a broker disconnects its clients before it closes an instance, and a broker that starts can take over a
 * pipe that is left from one that crashed. docs/windows-quirks.md */
#ifndef SB_SERVICE_BROKER_PIPE_INSTANCE_H
#define SB_SERVICE_BROKER_PIPE_INSTANCE_H

#include "service/broker/pipe_security.h"

#include <stdbool.h>
#include <windows.h>

/* Makes the first instance of a pipe (full name), for overlapped I/O. If only clients hold the pipe and it is
 * the broker's own (pipe_security_is_own), takes it over and sets its security again. ERROR_ALREADY_EXISTS:
 * another process serves it. ERROR_INVALID_OWNER: after patience_ms, clients still hold a pipe that another
 * account made.
 */
DWORD pipe_instance_make_first(const wchar_t *pipe, pipe_security *security, DWORD patience_ms, HANDLE *ret);

/* Makes a further instance. */
DWORD pipe_instance_make(const wchar_t *pipe, pipe_security *security, HANDLE *ret);

/* Returns whether a client is connected that may not have read everything that was written. */
bool pipe_instance_is_unread(HANDLE pipe);

/* Disconnects the client, which loses what it has not read, and closes the handle. Sets *pipe to NULL, which
 * is fine. */
void pipe_instance_close(HANDLE *pipe);

#endif
