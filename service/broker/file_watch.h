/* Tells when a file changes. By looking at it: to be told by the system of changes in its directory would be
 * to be told of each of the audit's writes, too. */
#ifndef SB_SERVICE_BROKER_FILE_WATCH_H
#define SB_SERVICE_BROKER_FILE_WATCH_H

#include <windows.h>

typedef struct file_watch file_watch;

/* Calls changed(context), one call at a time, within a second after the file was written, made, replaced or
 * removed, and once soon after the start: what happened to it before is for the caller to know. */
DWORD file_watch_start(const wchar_t *path, void (*changed)(void *context), void *context, file_watch **ret);
/* Waits until a call under way has ended. NULL is fine. */
void file_watch_stop(file_watch **w);

#endif
