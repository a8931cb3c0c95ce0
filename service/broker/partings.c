#include "service/broker/partings.h"

#include "service/broker/pipe_instance.h"
#include "service/win32/win.h"

#include <stdint.h>
#include <stdlib.h>

enum { PART_MS = 2000, LOOK_MS = 10 };

typedef struct parting {
    struct parting *next;
    HANDLE pipe;
    uint64_t deadline_ms;
} parting;

struct partings {
    TP_TIMER *timer; /* set while the list is not empty */
    SRWLOCK lock;
    CONDITION_VARIABLE emptied;
    parting *first;
};

static void set_timer(partings *all) {
    const LARGE_INTEGER first = {.QuadPart = -(LONGLONG)LOOK_MS * 10000};
    FILETIME due = {.dwLowDateTime = first.LowPart, .dwHighDateTime = (DWORD)first.HighPart};
    SetThreadpoolTimer(all->timer, &due, 0, 0);
}

/* Closes the instances that need not wait any more. */
static void CALLBACK on_time(TP_CALLBACK_INSTANCE *instance, void *context, TP_TIMER *timer) {
    partings *all = context;
    uint64_t now = GetTickCount64();
    (void)instance, (void)timer;

    AcquireSRWLockExclusive(&all->lock);
    for (parting **link = &all->first, *p; (p = *link) != NULL;) {
        if (now < p->deadline_ms && pipe_instance_is_unread(p->pipe)) {
            link = &p->next;
            continue;
        }
        *link = p->next;
        pipe_instance_close(&p->pipe);
        free(p);
    }
    if (all->first) set_timer(all);
    else WakeAllConditionVariable(&all->emptied);
    ReleaseSRWLockExclusive(&all->lock);
}

DWORD partings_create(partings **ret) {
    partings *all = calloc(1, sizeof *all);
    if (!all) return ERROR_NOT_ENOUGH_MEMORY;
    InitializeSRWLock(&all->lock);
    InitializeConditionVariable(&all->emptied);
    if (!(all->timer = CreateThreadpoolTimer(on_time, all, NULL))) {
        DWORD err = win_error();
        free(all);
        return err;
    }
    *ret = all;
    return ERROR_SUCCESS;
}

void partings_add(partings *all, HANDLE *pipe) {
    parting *p = *pipe && pipe_instance_is_unread(*pipe) ? calloc(1, sizeof *p) : NULL;
    if (!p) {
        pipe_instance_close(pipe);
        return;
    }
    *p = (parting){.pipe = *pipe, .deadline_ms = GetTickCount64() + PART_MS};
    *pipe = NULL;

    AcquireSRWLockExclusive(&all->lock);
    bool idle = !all->first;
    p->next = all->first;
    all->first = p;
    if (idle) set_timer(all);
    ReleaseSRWLockExclusive(&all->lock);
}

void partings_destroy(partings **all) {
    partings *old = *all;
    *all = NULL;
    if (!old) return;

    AcquireSRWLockExclusive(&old->lock);
    while (old->first) SleepConditionVariableSRW(&old->emptied, &old->lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&old->lock);
    WaitForThreadpoolTimerCallbacks(old->timer, FALSE);
    CloseThreadpoolTimer(old->timer);
    free(old);
}
