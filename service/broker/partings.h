/* partings.h: instances of the pipe whose connections have ended, but whose clients may still read.
 *
 * DisconnectNamedPipe discards what the client has not read, such as the last reply. FlushFileBuffers would
 * wait for the client without limit. So an instance waits here, for two seconds at most. Any thread may call
 * these functions. */
#ifndef SB_SERVICE_BROKER_PARTINGS_H
#define SB_SERVICE_BROKER_PARTINGS_H

#include <windows.h>

typedef struct partings partings;

DWORD partings_create(partings **ret);
/* Waits until all instances are closed: two seconds at most. Sets *all to NULL, which is fine. */
void partings_destroy(partings **all);

/* Takes an instance over (pipe may be NULL). Disconnects its client and closes it when the client has read
 * everything or closed its end, at the latest after two seconds. Nothing else may use the pipe any more. */
void partings_add(partings *all, HANDLE *pipe);

#endif
