#include "service/broker/timer.h"

#include "service/win32/win.h"

DWORD timer_start(PTP_TIMER_CALLBACK callback, void *context, DWORD period_ms, TP_TIMER **ret) {
    const LARGE_INTEGER first = {.QuadPart = -(LONGLONG)period_ms * 10000};
    FILETIME due = {.dwLowDateTime = first.LowPart, .dwHighDateTime = (DWORD)first.HighPart};
    TP_TIMER *timer = CreateThreadpoolTimer(callback, context, NULL);
    if (!timer) return win_error();
    *ret = timer; /* before the first call, which may use it */
    SetThreadpoolTimer(timer, &due, period_ms, period_ms / 4);
    return ERROR_SUCCESS;
}

void timer_stop(TP_TIMER **timer) {
    TP_TIMER *old = *timer;
    *timer = NULL;
    if (!old) return;
    SetThreadpoolTimer(old, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(old, TRUE);
    CloseThreadpoolTimer(old);
}
