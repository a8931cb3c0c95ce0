/* status: what the broker is doing. docs/protocol.md, "status". */
#ifndef SB_PROTO_MESSAGE_STATUS_H
#define SB_PROTO_MESSAGE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every number of status, by name. */
#define STATUS_LIST(X)     \
    X(process_id)          \
    X(uptime_seconds)      \
    X(connections)         \
    X(in_flight)           \
    X(children)            \
    X(launches_started)    \
    X(launches_denied)     \
    X(launches_failed)     \
    X(audit_records)       \
    X(audit_commits)       \
    X(audit_commit_us_max) \
    X(audit_waiting)       \
    X(audit_lost)          \
    X(audit_trouble_since) \
    X(audit_checkpoint_at) \
    X(handles)             \
    X(threads)             \
    X(working_set_bytes)

/* The numbers that only a broker with has_activity sends. */
#define STATUS_QUEUE_LIST(X) \
    X(queued)                \
    X(launching)             \
    X(launches_at_once)

/* How a requested launch can end. */
#define ACTIVITY_OUTCOME_LIST(X) X(started) X(denied) X(failed)

typedef struct msg_counts { /* in whole seconds: the window, or fewer if the broker is younger */
    int64_t seconds;
#define X(name) int64_t name;
    ACTIVITY_OUTCOME_LIST(X)
#undef X
} msg_counts;

/* Each value is rounded up by at most a sixteenth. */
#define PERCENTILE_LIST(X) X(p50_us) X(p95_us) X(p99_us) X(max_us)

typedef struct msg_percentiles {
    int64_t count;
#define X(name) int64_t name;
    PERCENTILE_LIST(X)
#undef X
} msg_percentiles;

typedef struct msg_bucket { /* counts what took less than below_us and fits in no earlier bucket */
    int64_t below_us, count;
} msg_bucket;

typedef struct msg_series { /* how long a step took */
    const char *name;       /* a step of TIME_LIST, "queue" or "commit" */
    int64_t sum_us;
    msg_percentiles all, minute; /* since the start, and in the last 60 to 65 seconds */
    const msg_bucket *buckets;   /* since the start; ascending powers of two, without empty ones */
    size_t bucket_count;
} msg_series;

typedef struct msg_activity {
    msg_counts second, minute;
    const msg_series *series;
    size_t series_count;
} msg_activity;

typedef struct msg_status {
    const char *version;
    const char *pipe;
    const char *database;
    const char *audit_state;   /* "working", "full", "failing" */
    const char *audit_trouble; /* why the audit is not working, or "" */
    /* As audit_head_text writes it, and the key that signs it as PEM; "" for a caller that may not read all.
     */
    const char *audit_head, *audit_public_key;
#define X(name) int64_t name;
    STATUS_LIST(X)
    STATUS_QUEUE_LIST(X)
#undef X
    /* The policy in force: the SHA-256 of its file in hexadecimal, "" for the built-in one; why that is not
     * what policy.json says now, or ""; and when it came into force. An older broker sends none of these. */
    const char *policy_sha256, *policy_trouble;
    int64_t policy_since;
    bool has_policy;
    bool has_activity; /* false from an older broker, which sends no STATUS_QUEUE_LIST either */
    msg_activity activity;
} msg_status;

#endif
