#include "service/win32/io_limit.h"

/* LOOK_MS: how soon after it begins, and how often then, a limit is asked whether its work is still wanted.
 */
enum { LOOK_MS = 500, AGAIN_MS = 50, LOST_MS = 2000, STACK_BYTES = 64 * 1024 };

static SRWLOCK lock = SRWLOCK_INIT; /* protects all that follows, and the limits in the list */
static CONDITION_VARIABLE sooner = CONDITION_VARIABLE_INIT;
static io_limit *first;
static bool running;      /* the thread that watches */
static uint64_t wakes_at; /* when it looks next */

/* The limit is in the list and the lock is held: the thread is inside the limit and stays there. */
static void cancel(const io_limit *limit) {
    HANDLE thread = OpenThread(THREAD_TERMINATE, FALSE, limit->thread_id);
    if (!thread) return;
    CancelSynchronousIo(thread);
    CloseHandle(thread);
}

static bool is_over(const io_limit *l, uint64_t now) {
    if (l->bound.deadline && l->bound.deadline <= now) return true;
    return l->bound.unwanted && now >= l->began + LOOK_MS && l->bound.unwanted(l->bound.context);
}

/* Returns when to look at the limit again. A thread may have been between two operations, so that it is
 * cancelled again and again. */
static uint64_t look_at(io_limit *l, uint64_t now) {
    if (!l->passed && is_over(l, now)) l->passed = now;
    if (l->passed) {
        cancel(l);
        if (!l->lost && now >= l->passed + LOST_MS) {
            l->lost = true;
            if (l->bound.lost) l->bound.lost(l->bound.context);
        }
        return now + AGAIN_MS;
    }
    uint64_t next = l->bound.unwanted ? (now < l->began + LOOK_MS ? l->began : now) + LOOK_MS : UINT64_MAX;
    return l->bound.deadline && l->bound.deadline < next ? l->bound.deadline : next;
}

static uint64_t look(uint64_t now) {
    uint64_t next = UINT64_MAX;
    for (io_limit *l = first; l; l = l->next) {
        uint64_t at = look_at(l, now);
        if (at < next) next = at;
    }
    return next;
}

/* Wakes up for limits that are in force for long only, so that one that ends in time costs nothing: a later
 * limit does not wake it. */
static DWORD WINAPI watch(void *context) {
    (void)context;
    AcquireSRWLockExclusive(&lock);
    while (running) {
        uint64_t now = GetTickCount64();
        wakes_at = look(now);
        DWORD ms = wakes_at - now < INFINITE ? (DWORD)(wakes_at - now) : INFINITE;
        SleepConditionVariableSRW(&sooner, &lock, ms, 0);
    }
    ReleaseSRWLockExclusive(&lock);
    return 0;
}

/* With the lock held. If no thread can be created, there are no limits. */
static void start(void) {
    HANDLE thread = CreateThread(NULL, STACK_BYTES, watch, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread) return;
    CloseHandle(thread);
    running = true;
    wakes_at = 0; /* it looks as soon as it runs */
}

void io_limit_begin(io_limit *limit, const io_bound *bound) {
    *limit = (io_limit){.thread_id = 0};
    if (!bound || (!bound->deadline && !bound->unwanted)) return;
    *limit = (io_limit){.thread_id = GetCurrentThreadId(), .bound = *bound, .began = GetTickCount64()};
    uint64_t at = bound->unwanted ? limit->began + LOOK_MS : UINT64_MAX;
    if (bound->deadline && bound->deadline < at) at = bound->deadline;

    AcquireSRWLockExclusive(&lock);
    limit->next = first;
    first = limit;
    if (!running) start();
    else if (at < wakes_at) WakeConditionVariable(&sooner);
    ReleaseSRWLockExclusive(&lock);
}

DWORD io_limit_end(io_limit *limit, DWORD err) {
    if (!limit->thread_id) return err;

    AcquireSRWLockExclusive(&lock);
    io_limit **at = &first;
    while (*at != limit) at = &(*at)->next;
    *at = limit->next;
    ReleaseSRWLockExclusive(&lock);
    return limit->lost || (err && limit->passed) ? (DWORD)ERROR_TIMEOUT : err;
}

DWORD io_bound_passed(const io_bound *bound) {
    if (!bound) return ERROR_SUCCESS;
    bool over = (bound->deadline && bound->deadline <= GetTickCount64()) ||
                (bound->unwanted && bound->unwanted(bound->context));
    return over ? (DWORD)ERROR_TIMEOUT : ERROR_SUCCESS;
}
