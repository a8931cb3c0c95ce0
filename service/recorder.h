/* The one writer of the audit: a thread that puts everything that waits into one durable transaction (group
 * commit). Any thread may give it records. */
#ifndef SB_SERVICE_RECORDER_H
#define SB_SERVICE_RECORDER_H

#include "audit.h"
#include "fault.h"

#include <stdbool.h>
#include <windows.h>

typedef struct recorder recorder;

typedef struct recorder_status {
    LONG64 records, commits;
    LONG64 commit_us_max;
} recorder_status;

/* Opens the database (UTF-8 path) and starts the thread. */
bool recorder_start(const char *path, recorder **ret, int *ret_interrupted, audit_error *ret_error);
/* Writes what is left, then closes the database. NULL is fine. */
void recorder_stop(recorder **r);

/* A request on its way to disk: the launch's memory, which must stay until recorder_wait returned. */
typedef struct recorder_ticket {
    struct recorder_item *item; /* NULL: none under way */
} recorder_ticket;

/* Gives the request to the writer and returns at once. What it points to must stay until recorder_wait. */
bool recorder_request(recorder *r, const audit_request *request, recorder_ticket *ret_ticket);
/* Waits until it is on disk (FAULT_NONE) or cannot be (stage record). A ticket without an item is on disk. */
fault_kind recorder_wait(recorder *r, recorder_ticket *ticket, fault *ret_fault);

/* Copied; written when the next transaction is; tried again until the database takes it. wait: returns
 * after. */
bool recorder_outcome(recorder *r, const audit_outcome *outcome, bool wait);
bool recorder_exit(recorder *r, const audit_exit *exit);
bool recorder_event(recorder *r, const char *kind, const char *detail);
/* The same with a detail of any length. */
bool recorder_event_text(recorder *r, const char *kind, const char *detail);

void recorder_query_status(recorder *r, recorder_status *ret);

#endif
