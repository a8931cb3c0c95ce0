/* Tells when a file changes. It polls: notifications about the directory would also come for every write to
 * the audit. */
#ifndef SB_SERVICE_BROKER_FILE_WATCH_H
#define SB_SERVICE_BROKER_FILE_WATCH_H

#include <stdbool.h>
#include <windows.h>

typedef struct file_watch file_watch;

/* Calls changed(context), one call at a time, within a second after the file was written, made, replaced or
 * removed, and once soon after the start. While changed returns false, it is called again four times a
 * second: the file could not be read yet. */
DWORD file_watch_start(const wchar_t *path, bool (*changed)(void *context), void *context, file_watch **ret);
/* Waits until a running call has ended. Sets *w to NULL, which is fine. */
void file_watch_stop(file_watch **w);

#endif
