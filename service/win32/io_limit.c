#include "service/win32/io_limit.h"

enum { AGAIN_MS = 50, STACK_BYTES = 64 * 1024 };

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

/* Cancels what is late, and returns when to look again: a thread may have been between two operations. */
static uint64_t look(uint64_t now) {
    uint64_t next = UINT64_MAX;
    for (io_limit *l = first; l; l = l->next) {
        if (l->deadline <= now) {
            l->passed = true;
            cancel(l);
        }
        uint64_t at = l->deadline <= now ? now + AGAIN_MS : l->deadline;
        if (at < next) next = at;
    }
    return next;
}

/* Wakes up for deadlines only, so that a limit that ends in time costs nothing: a later limit does not wake
 * it. */
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

void io_limit_begin(io_limit *limit, uint64_t deadline) {
    *limit = (io_limit){.thread_id = deadline ? GetCurrentThreadId() : 0, .deadline = deadline};
    if (!deadline) return;

    AcquireSRWLockExclusive(&lock);
    limit->next = first;
    first = limit;
    if (!running) start();
    else if (deadline < wakes_at) WakeConditionVariable(&sooner);
    ReleaseSRWLockExclusive(&lock);
}

bool io_limit_end(io_limit *limit) {
    if (!limit->thread_id) return false;

    AcquireSRWLockExclusive(&lock);
    io_limit **at = &first;
    while (*at != limit) at = &(*at)->next;
    *at = limit->next;
    bool passed = limit->passed;
    ReleaseSRWLockExclusive(&lock);
    return passed;
}
