/* What an administrator should see without looking for it: the Windows Event Log, source SpawnBroker. */
#ifndef SB_SERVICE_BROKER_EVENT_LOG_H
#define SB_SERVICE_BROKER_EVENT_LOG_H

#include "events.h" /* EVENT_..., made from events.mc */

#include <stdbool.h>
#include <windows.h>

/* Before any other thread runs. In the console every event is a line on standard error as well. */
void event_log_open(bool console);

/* One of EVENT_..., with a sentence of UTF-8 text (512 bytes at most; longer is cut). Any thread; never
 * fails: an event that Windows does not take is lost, and what it tells of is in the audit too. */
void event_log_report(DWORD event, const char *format, ...);

void event_log_close(void);

#endif
