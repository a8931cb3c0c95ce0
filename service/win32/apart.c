#include "service/win32/apart.h"

#include "service/win32/stack.h"
#include "service/win32/win.h"

#include <stdint.h>
#include <stdlib.h>

/* A thread that hangs takes no place of the others: a call that waits in line behind it would hang, too.
 * Callers are limited by the runners of the server, and what hangs by user. */
enum { MOST_THREADS = 4096 };

static TP_CALLBACK_ENVIRON environment;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

/* Starts a separate pool: calls that hang use up no other pool's threads. */
static BOOL CALLBACK start(INIT_ONCE *init, void *parameter, void **context) {
    TP_POOL *pool = CreateThreadpool(NULL);
    (void)init, (void)parameter, (void)context;
    if (!pool) return FALSE;
    SetThreadpoolThreadMaximum(pool, MOST_THREADS);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    return TRUE;
}

void apart_release(apart *a) {
    if (!InterlockedDecrement(&a->references)) free(a);
}

bool apart_given_up(const apart *a) {
    return a->given_up != 0;
}

static void CALLBACK on_call(TP_CALLBACK_INSTANCE *instance, void *context) {
    apart *a = context;
    (void)instance;
    stack_give_back();
    AcquireSRWLockExclusive(&a->lock);
    a->begun = true;
    ReleaseSRWLockExclusive(&a->lock);

    a->run(a);

    AcquireSRWLockExclusive(&a->lock);
    a->done = true;
    if (a->counted) InterlockedDecrement(a->hung);
    WakeConditionVariable(&a->told);
    ReleaseSRWLockExclusive(&a->lock);
    apart_release(a);
}

/* Waits until the call has returned. If it has not, counts its thread among those that hang. */
static bool wait_for(apart *a, DWORD wait_ms) {
    const uint64_t until = GetTickCount64() + wait_ms;
    AcquireSRWLockExclusive(&a->lock);
    for (uint64_t now; !a->done && (now = GetTickCount64()) < until;)
        SleepConditionVariableSRW(&a->told, &a->lock, (DWORD)(until - now), 0);
    bool done = a->done;
    if (!done) {
        InterlockedExchange(&a->given_up, 1);
        a->counted = a->begun && a->hung;
        if (a->counted) InterlockedIncrement(a->hung);
    }
    ReleaseSRWLockExclusive(&a->lock);
    return done;
}

DWORD apart_run(apart *a, DWORD wait_ms, bool *ret_done) {
    a->references = 2;
    InitializeSRWLock(&a->lock);
    InitializeConditionVariable(&a->told);
    DWORD err = InitOnceExecuteOnce(&once, start, NULL, NULL) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!err && !TrySubmitThreadpoolCallback(on_call, a, &environment)) err = win_error();
    if (err) a->references = 1; /* the other thread does not come */
    else *ret_done = wait_for(a, wait_ms);
    return err;
}
