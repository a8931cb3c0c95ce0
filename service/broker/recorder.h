/* The one writer of the audit: a thread that puts everything that waits into one durable transaction (group
 * commit), signs checkpoints, prunes, and keeps going when the audit cannot be written. Any thread may give
 * it records. */
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
    RECORDER_FULL,   /* no room on the disk: what is under way is still recorded, from a reserve */
    RECORDER_FAILING /* the database takes nothing */
} recorder_health;

typedef struct recorder_status {
    LONG64 records, commits;
    LONG64 commit_us_max;
    recorder_health health;
    char trouble[256]; /* why it is not working */
    int64_t trouble_since;
    LONG64 lost;    /* records that were never written, since the start */
    size_t waiting; /* records that are to be written */
    audit_head head;
    int64_t checkpoint_at;
} recorder_status;

typedef struct recorder_start_options {
    const char *path;       /* of the database, UTF-8; must stay */
    const audit_keys *keys; /* must stay */
    metrics *metrics;       /* the same; told how long each transaction took */
} recorder_start_options;

/* Opens the database and starts the thread. */
bool recorder_start(const recorder_start_options *options, recorder **ret, audit_opened *ret_opened,
                    audit_error *ret_error);
/* Writes what is left, then closes the database. NULL is fine. Nobody may use it any more. */
void recorder_stop(recorder **r);
/* The same, but others may still give it records, which it refuses. */
void recorder_finish(recorder *r);

/* A request on its way to disk: the launch's memory, which must stay until recorder_wait returned. */
typedef struct recorder_ticket {
    struct recorder_item *item; /* NULL: none under way */
    bool refused;               /* the audit is in trouble: it was not even tried, nor is it kept */
} recorder_ticket;

/* Gives the request to the writer and returns at once. what it points to must stay until recorder_wait. keep:
 * if it cannot be written now, a copy of it waits until it can (a few thousand at most; what is beyond is
 * counted as lost). False: out of memory. */
bool recorder_request(recorder *r, const audit_request *request, bool keep, recorder_ticket *ret_ticket);
/* Waits until it is on disk (FAULT_NONE) or cannot be (stage record); *ret_kept: a copy waits. A ticket
 * without an item is on disk. */
fault_kind recorder_wait(recorder *r, recorder_ticket *ticket, bool *ret_kept, fault *ret_fault);

/* Copied; written with the next request that somebody waits for, or a moment later (20 ms); tried again until
 * the database takes it. wait: returns after, and false if it is not written. */
bool recorder_outcome(recorder *r, const audit_outcome *outcome, bool wait);
bool recorder_exit(recorder *r, const audit_exit *exit);
/* detail: text of any length, or NULL. */
bool recorder_event(recorder *r, const char *kind, const char *detail);

/* What may be pruned from now on. */
void recorder_retain(recorder *r, const audit_retention *retention);

/* Prunes for a moment, besides what may be pruned anyway; *ret_more: there was no time for all of it. False:
 * it could not be done, or somebody else is at it. */
bool recorder_prune(recorder *r, const audit_retention *retention, int64_t *ret_removed, bool *ret_more,
                    audit_error *ret_error);

/* For who is about to read the database: what was given before this is in it, unless that takes longer than a
 * moment. */
void recorder_catch_up(recorder *r);

void recorder_query_status(recorder *r, recorder_status *ret);

#endif
