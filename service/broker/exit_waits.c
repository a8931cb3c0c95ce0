#include "service/broker/exit_waits.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

struct exit_waits {
    SRWLOCK lock;
    exit_wait *first;
    bool stopped;
};

bool exit_waits_create(exit_waits **ret) {
    exit_waits *waits = calloc(1, sizeof *waits);
    if (!waits) return false;
    InitializeSRWLock(&waits->lock);
    *ret = waits;
    return true;
}

void exit_waits_destroy(exit_waits **waits) {
    free(*waits);
    *waits = NULL;
}

bool exit_waits_add(exit_waits *waits, exit_wait *wait) {
    AcquireSRWLockExclusive(&waits->lock);
    bool added = !waits->stopped;
    if (added) {
        wait->next = waits->first;
        waits->first = wait;
    }
    ReleaseSRWLockExclusive(&waits->lock);
    return added;
}

bool exit_waits_remove(exit_waits *waits, exit_wait *wait) {
    AcquireSRWLockExclusive(&waits->lock);
    exit_wait **at = &waits->first;
    while (*at && *at != wait) at = &(*at)->next;
    bool found = *at != NULL;
    if (found) *at = wait->next;
    ReleaseSRWLockExclusive(&waits->lock);
    return found;
}

static bool is_of(const exit_wait *wait, const void *launch_id) {
    return !strcmp(wait->launch_id, launch_id);
}

static bool is_over(const exit_wait *wait, const void *now) {
    return *(const uint64_t *)now >= wait->until || wait->unwanted(wait);
}

static bool is_any(const exit_wait *wait, const void *unused) {
    (void)wait, (void)unused;
    return true;
}

/* Takes out those to which `which` applies, and then answers them without the lock. */
static void end(exit_waits *waits, bool (*which)(const exit_wait *, const void *), const void *what,
                exit_wait_end how, const audit_exit *exit) {
    exit_wait *ended = NULL;
    AcquireSRWLockExclusive(&waits->lock);
    for (exit_wait **at = &waits->first, *wait; (wait = *at) != NULL;) {
        if (!which(wait, what)) {
            at = &wait->next;
            continue;
        }
        *at = wait->next;
        wait->next = ended;
        ended = wait;
    }
    ReleaseSRWLockExclusive(&waits->lock);
    for (exit_wait *next; ended; ended = next) {
        next = ended->next;
        ended->answer(ended, how, exit);
    }
}

void exit_waits_tell(exit_waits *waits, const audit_exit *exit) {
    end(waits, is_of, exit->launch_id, EXIT_WAIT_EXITED, exit);
}

void exit_waits_sweep(exit_waits *waits) {
    const uint64_t now = GetTickCount64();
    end(waits, is_over, &now, EXIT_WAIT_TIMED_OUT, NULL);
}

void exit_waits_stop(exit_waits *waits) {
    AcquireSRWLockExclusive(&waits->lock);
    waits->stopped = true;
    ReleaseSRWLockExclusive(&waits->lock);
    end(waits, is_any, NULL, EXIT_WAIT_STOPPING, NULL);
}
