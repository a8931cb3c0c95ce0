/* A callback on the thread pool, again and again. */
#ifndef SB_SERVICE_BROKER_TIMER_H
#define SB_SERVICE_BROKER_TIMER_H

#include <windows.h>

/* Calls back after period_ms for the first time. */
DWORD timer_start(PTP_TIMER_CALLBACK callback, void *context, DWORD period_ms, TP_TIMER **ret);
/* Waits until a call under way has ended. Sets *timer to NULL, which is fine. */
void timer_stop(TP_TIMER **timer);

#endif
