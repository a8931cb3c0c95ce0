#include "client/lib/kept_jobs.h"

#include "service/win32/job.h"

#include <stdlib.h>

/* How many jobs are checked for each new one: two would be enough to keep up. */
enum { LOOKS = 4 };

typedef struct kept_job {
    struct kept_job *next;
    HANDLE job;
} kept_job;

static SRWLOCK lock = SRWLOCK_INIT; /* protects the queue; held for moments */
static kept_job *first, **end = &first;

static void append(kept_job *k) {
    k->next = NULL;
    *end = k;
    end = &k->next;
}

static kept_job *take_first(void) {
    kept_job *k = first;
    first = k->next;
    if (!first) end = &first;
    return k;
}

void kept_jobs_add(HANDLE job) {
    kept_job *added = malloc(sizeof *added);
    if (!added) return; /* the job stays open, which is what matters */
    added->job = job;
    AcquireSRWLockExclusive(&lock);
    append(added);
    for (int i = 0; i < LOOKS && first != added; i++) {
        kept_job *oldest = take_first();
        if (!job_is_empty(oldest->job)) {
            append(oldest);
            continue;
        }
        CloseHandle(oldest->job);
        free(oldest);
    }
    ReleaseSRWLockExclusive(&lock);
}
