/* Tells when a file changes: by the system's notifications, not by looking again and again. */
#ifndef SB_SERVICE_FILE_WATCH_H
#define SB_SERVICE_FILE_WATCH_H

#include <windows.h>

typedef struct file_watch file_watch;

/* Calls changed(context), on a thread of its own, some time after name in directory was written, made, renamed or removed; once
 * for changes that follow each other. Now and then without one. */
DWORD file_watch_start(const wchar_t *directory, const wchar_t *name, void (*changed)(void *context),
                       void *context, file_watch **ret);
/* Waits until a call under way has ended. NULL is fine. */
void file_watch_stop(file_watch **w);

#endif
