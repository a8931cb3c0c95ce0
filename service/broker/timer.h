/* A periodic callback on the thread pool. */
#ifndef SB_SERVICE_BROKER_TIMER_H
#define SB_SERVICE_BROKER_TIMER_H

#include <windows.h>

/* Starts a timer; its first call comes after period_ms. */
DWORD timer_start(PTP_TIMER_CALLBACK callback, void *context, DWORD period_ms, TP_TIMER **ret);
/* Stops the timer and waits until a running call has ended. Sets *timer to NULL, which is fine. */
void timer_stop(TP_TIMER **timer);

#endif
