/* The Windows Event Log, source SpawnBroker: what an administrator should notice. */
#ifndef SB_SERVICE_BROKER_EVENT_LOG_H
#define SB_SERVICE_BROKER_EVENT_LOG_H

#include "events.h" /* EVENT_..., made from events.mc */

#include <stdbool.h>
#include <windows.h>

/* Call before other threads start. console: each event is also a line on standard error. */
void event_log_open(bool console);

/* Reports one of EVENT_... with a UTF-8 sentence, cut at 512 bytes. Any thread may call it. It never fails:
 * an event that Windows does not take is lost here, but the audit has it too. */
void event_log_report(DWORD event, const char *format, ...);

void event_log_close(void);

#endif
