/* The one writer of the audit. Its thread writes all queued records in one durable transaction (group
 * commit), signs checkpoints, prunes, and goes on when the audit cannot be written. Any thread may queue
 * records. */
#ifndef SB_SERVICE_BROKER_RECORDER_H
#define SB_SERVICE_BROKER_RECORDER_H

#include "service/audit/audit.h"
#include "service/broker/audit_keys.h"
#include "proto/fault.h"
#include "service/broker/metrics.h"

#include <stdbool.h>
#include <windows.h>

typedef struct recorder recorder;

typedef enum recorder_health {
    RECORDER_WORKING,
    RECORDER_FULL,   /* the disk is full: running launches are still recorded, in a reserve */
    RECORDER_FAILING /* the database cannot be written */
} recorder_health;

typedef struct recorder_status {
    LONG64 records, commits;
    LONG64 commit_us_max;
    recorder_health health;
    char trouble[256]; /* why health is not RECORDER_WORKING */
    int64_t trouble_since;
    LONG64 lost;    /* records that were never written, since the start */
    size_t waiting; /* queued records */
    audit_head head;
    int64_t checkpoint_at;
} recorder_status;

typedef struct recorder_start_options {
    const char *path;       /* the database, UTF-8; must outlive the recorder */
    const audit_keys *keys; /* the same */
    metrics *metrics;       /* the same; gets the time of each transaction */
    bool (*has_started)(const msg_launch *launch, audit_outcome *ret); /* audit_opening */
} recorder_start_options;

/* Opens the database and starts the thread. */
bool recorder_start(const recorder_start_options *options, recorder **ret, audit_opened *ret_opened,
                    audit_error *ret_error);
/* Writes the queued records and closes the database. No thread may use the recorder any more. Sets *r to
 * NULL, which is fine. */
void recorder_stop(recorder **r);
/* Writes and closes as recorder_stop does, but other threads may still offer records, which are rejected. */
void recorder_finish(recorder *r);

/* A queued request. */
typedef struct recorder_ticket {
    struct recorder_item *item; /* NULL: none is queued */
    bool refused;               /* the audit is in trouble: the request is neither tried nor kept */
    bool repeated;              /* set by recorder_wait: the caller has used the request's key before */
} recorder_ticket;

/* Queues a request and returns at once. What it points to must stay until recorder_wait returns. keep: if the
 * request cannot be written now, a copy waits until it can; beyond some 4000 copies requests are counted as
 * lost. False: out of memory. */
bool recorder_request(recorder *r, const audit_request *request, bool keep, recorder_ticket *ret_ticket);
/* Waits until the request is on disk (FAULT_NONE) or cannot be written (stage record); *ret_kept: a copy of
 * it waits. A ticket without an item counts as on disk. */
fault_kind recorder_wait(recorder *r, recorder_ticket *ticket, bool *ret_kept, fault *ret_fault);

/* Queue a copy of an outcome or an exit. It is written with the next request, within 20 ms, and tried again
 * until the database takes it. wait: waits for it, and returns false if it is not written. */
bool recorder_outcome(recorder *r, const audit_outcome *outcome, bool wait);
bool recorder_exit(recorder *r, const audit_exit *exit);
/* Queues an event. detail: text of any length, or NULL. */
bool recorder_event(recorder *r, const char *kind, const char *detail);

/* Sets what is pruned from now on. */
void recorder_retain(recorder *r, const audit_retention *retention);

/* Prunes for up to 0.2 s, beyond what recorder_retain says; *ret_more: there is more to prune. False: it
 * failed, or another caller prunes. */
bool recorder_prune(recorder *r, const audit_retention *retention, int64_t *ret_removed, bool *ret_more,
                    audit_error *ret_error);

/* Waits up to 100 ms for earlier records to be written. Call before reading the database. */
void recorder_catch_up(recorder *r);

void recorder_query_status(recorder *r, recorder_status *ret);

#endif
