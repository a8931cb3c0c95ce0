/* audit.query, audit.summary and audit.prune. docs/protocol.md, and docs/audit.md for the columns. */
#ifndef SB_PROTO_MESSAGE_AUDIT_H
#define SB_PROTO_MESSAGE_AUDIT_H

#include "proto/audit_columns.h"
#include "proto/fault.h"
#include "proto/json_tree.h" /* JSON_INTEGER_MAX */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What launches are searched by; docs/protocol.md, "Filters". A launch must match all of it. A text that is
 * NULL and a number whose has_... is false are not searched by. */
#define FILTER_TEXT_LIST(X) \
    X(user)                 \
    X(caller_image)         \
    X(image)                \
    X(outcome)              \
    X(rule)                 \
    X(label)                \
    X(handle_name)          \
    X(handle_type)          \
    X(grep)                 \
    X(launch_id)
/* X(name, least, most) */
#define FILTER_NUMBER_LIST(X)                                 \
    X(since, -JSON_INTEGER_MAX, JSON_INTEGER_MAX)             \
    X(until, -JSON_INTEGER_MAX, JSON_INTEGER_MAX)             \
    X(caller_pid, 0, UINT32_MAX)                              \
    X(child_pid, 0, UINT32_MAX)                               \
    X(exit_code, 0, UINT32_MAX)                               \
    X(caller_started_at, -JSON_INTEGER_MAX, JSON_INTEGER_MAX) \
    X(child_created_at, -JSON_INTEGER_MAX, JSON_INTEGER_MAX)

typedef struct msg_filter {
#define X(name) const char *name;
    FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) int64_t name;
    FILTER_NUMBER_LIST(X)
#undef X
#define X(name, least, most) bool has_##name;
    FILTER_NUMBER_LIST(X)
#undef X
} msg_filter;

/* The values of the column outcome. */
#define OUTCOME_LIST(X) \
    X(started)          \
    X(denied)           \
    X(failed)           \
    X(interrupted)      \
    X(pending)

typedef struct msg_query {
    uint32_t limit;    /* most launches in the reply, 1..LIMIT_QUERY_ROWS; 0, as when it is absent: 50 */
    int64_t before;    /* only launches with a smaller seq; 0: from the newest */
    int64_t after;     /* only launches with a larger seq; 0: from the oldest */
    bool oldest_first; /* else the newest first */
    msg_filter filter;
} msg_query;

/* What a summary groups by. */
#define SUMMARY_LIST(X) \
    X(user)             \
    X(image)            \
    X(caller)           \
    X(rule)             \
    X(outcome)          \
    X(hour)

typedef enum msg_by {
#define X(name) MSG_BY_##name,
    SUMMARY_LIST(X)
#undef X
        MSG_BY_COUNT
} msg_by;

/* Returns NULL for a number that is not in SUMMARY_LIST. */
const char *msg_by_name(msg_by by);
/* Returns MSG_BY_COUNT for a name that is not in SUMMARY_LIST. */
msg_by msg_by_from_name(const char *name);

typedef struct msg_summary {
    const char *by; /* one of SUMMARY_LIST */
    int64_t before; /* as in msg_query */
    msg_filter filter;
} msg_summary;

/* Which records to remove: older ones, or the oldest until the database is small enough. 0: not by that. At
 * least one is set. */
typedef struct msg_prune {
    int64_t max_age_us, max_bytes;
} msg_prune;

/* Check the parameters beyond their shape. A fault names its field as "params.NAME"; *ret_fault is written
 * only if there is a fault. msg_decode_request calls these; code that reads a database without a broker calls
 * them itself. */
fault_kind msg_filter_check(const msg_filter *filter, fault *ret_fault);
fault_kind msg_query_check(const msg_query *query, fault *ret_fault);
fault_kind msg_summary_check(const msg_summary *summary, fault *ret_fault);
fault_kind msg_prune_check(const msg_prune *prune, fault *ret_fault);

/* A row of the view launch_handles. Where a number is NULL it is 0. */
typedef struct msg_launch_handle {
    AUDIT_HANDLE_COLUMNS(AUDIT_MEMBER)
} msg_launch_handle;

#define MSG_COLUMN_TEXT(name) const char *name;
#define MSG_COLUMN_TEXT_OR_NULL(name) const char *name;
#define MSG_COLUMN_HASH_OR_NULL(name) const char *name;
#define MSG_COLUMN_RESULT(name) const char *name;
#define MSG_COLUMN_NUMBER(name) int64_t name;
#define MSG_COLUMN_MAYBE(name) \
    bool has_##name;           \
    int64_t name;
#define MSG_COLUMN_NUMBER_OR_0(name) MSG_COLUMN_MAYBE(name)
#define MSG_COLUMN_NUMBER_OR_MINUS(name) MSG_COLUMN_MAYBE(name)
#define MSG_SHOWN(name, kind, place, check) MSG_COLUMN_##kind(name)
#define MSG_SHOWN_LATER(name, kind, place, check) MSG_COLUMN_MAYBE(name)
#define MSG_HIDDEN(name, kind, check)

/* A row of the view launches, with its handles. has_...: the column is not NULL. Text that is NULL is NULL.
 */
typedef struct msg_launch {
    int64_t seq;
    AUDIT_REQUEST_COLUMNS(MSG_SHOWN, MSG_HIDDEN)
    AUDIT_OUTCOME_COLUMNS(MSG_SHOWN, MSG_HIDDEN)
    AUDIT_EXIT_COLUMNS(MSG_SHOWN_LATER, MSG_HIDDEN) /* NULL until the child has exited */
    const msg_launch_handle *handles;
    size_t handle_count;
} msg_launch;

/* A page of launches in the order of the query. If the rows do not fit in a frame, the encoder sends as many
 * of the first as do, sets more, and sets next to the last of them. */
typedef struct msg_page {
    const msg_launch *rows;
    size_t count;
    bool more;       /* other launches may follow */
    int64_t next;    /* if more: the next query's before, or its after if the oldest come first */
    int64_t settled; /* the outcome of every launch up to this seq is known */
} msg_page;

/* Counts the launches that took more than the previous up_to_us, and at most this one. */
typedef struct msg_latency {
    int64_t up_to_us, launches;
} msg_latency;

typedef struct msg_group {
    const char *key; /* NULL: the column is NULL */
#define X(name) int64_t name;
    OUTCOME_LIST(X)
#undef X
    const msg_latency *latency; /* ascending; only those that count launches */
    size_t latency_count;
} msg_group;

/* A part of a summary: of the launches from before down to next. Add up the groups of all parts by key. */
typedef struct msg_groups {
    const msg_group *list;
    size_t count;
    bool more;
    int64_t next; /* if more: the next request's before */
} msg_groups;

typedef struct msg_pruned {
    int64_t removed; /* records */
    bool more;       /* records remain to be pruned: send another request */
} msg_pruned;

#endif
