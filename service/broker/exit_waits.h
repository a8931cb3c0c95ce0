/* Requests that wait for a child's exit. They cost no thread. Any thread may call these functions. */
#ifndef SB_SERVICE_BROKER_EXIT_WAITS_H
#define SB_SERVICE_BROKER_EXIT_WAITS_H

#include "service/audit/audit.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct exit_waits exit_waits;

typedef enum exit_wait_end { EXIT_WAIT_EXITED, EXIT_WAIT_TIMED_OUT, EXIT_WAIT_STOPPING } exit_wait_end;

/* One request. */
typedef struct exit_wait {
    struct exit_wait *next;
    char launch_id[37];
    uint64_t until; /* on the clock of GetTickCount64 */
    /* Returns whether nobody waits for the answer any more. */
    bool (*unwanted)(const struct exit_wait *wait);
    /* Answers and frees the request; exit is NULL unless the child has exited. */
    void (*answer)(struct exit_wait *wait, exit_wait_end end, const audit_exit *exit);
} exit_wait;

bool exit_waits_create(exit_waits **ret);
/* Sets *waits to NULL, which is fine. No request may wait any more. */
void exit_waits_destroy(exit_waits **waits);

/* Adds a request, which belongs to the list until it is answered. False: the broker stops. */
bool exit_waits_add(exit_waits *waits, exit_wait *wait);
/* Takes a request out again. False: it is being answered. */
bool exit_waits_remove(exit_waits *waits, exit_wait *wait);

/* Answers those that wait for this exit. */
void exit_waits_tell(exit_waits *waits, const audit_exit *exit);
/* Answers those whose time has passed or whose client is gone. Call it often. */
void exit_waits_sweep(exit_waits *waits);
/* Answers all, and takes no more. */
void exit_waits_stop(exit_waits *waits);

#endif
