/* The messages: JSON-RPC 2.0 requests and replies as C structs. docs/protocol.md is the specification.
 *
 * Text is UTF-8, NUL-terminated, without NUL inside. A pointer that may be NULL says so. What a decoded
 * message points to lives until the message is freed. Encoders return a malloc'd frame (header and payload,
 * free() it) and its whole length, or NULL when memory ran out, text is not UTF-8 or the payload would exceed
 * LIMIT_FRAME_BYTES.
 * Unknown fields: in a request an error (an option that is silently ignored is a hole), in a reply skipped
 * (so that newer brokers can say more). */
#ifndef SB_PROTO_MESSAGE_H
#define SB_PROTO_MESSAGE_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/proto_limits.h"
#include "proto/json_tree.h" /* TREE_INTEGER_MAX */

#include <stdbool.h>
#include <stdint.h>

#define METHOD_LIST(X)                \
    X(HELLO, "hello")                 \
    X(SPAWN, "spawn")                 \
    X(LIST, "list")                   \
    X(STATUS, "status")               \
    X(AUDIT_QUERY, "audit.query")     \
    X(AUDIT_SUMMARY, "audit.summary") \
    X(AUDIT_PRUNE, "audit.prune")     \
    X(KILL, "kill")                   \
    X(POLICY_RELOAD, "policy.reload") \
    X(POLICY_EXPLAIN, "policy.explain")

typedef enum msg_method {
    MSG_NONE,
#define X(id, name) MSG_##id,
    METHOD_LIST(X)
#undef X
} msg_method;

#define LIFETIME_LIST(X) \
    X(CALLER, "caller")  \
    X(BROKER, "broker")  \
    X(DETACHED, "detached")

/* Numbered as sb_lifetime. */
typedef enum msg_lifetime {
#define X(id, name) MSG_LIFETIME_##id,
    LIFETIME_LIST(X)
#undef X
} msg_lifetime;

/* NULL for a number that is not one. */
const char *msg_lifetime_name(msg_lifetime lifetime);

/* An id is an integer, less than 2^53 either way, or a string of at most LIMIT_ID_CHARS bytes; is_null in
 * replies to requests whose id could not be read. */
typedef struct msg_id {
    bool is_null;
    bool is_text;
    int64_t number;
    char text[LIMIT_ID_CHARS + 1];
} msg_id;

/* ---- requests ---- */

typedef struct msg_hello {
    uint32_t protocol;  /* the version that the client speaks */
    const char *client; /* name and version for the log, such as "spawn_broker 1.0.0" */
} msg_hello;

typedef struct msg_handle {
    const char *name;
    uint32_t value;  /* in the caller; the low 32 bits, Windows sign-extends them */
    uint32_t access; /* 0: the same access */
    int fd;          /* 0: none, else 3..LIMIT_FD */
    bool fd_text;    /* the descriptor begins in text mode */
} msg_handle;

typedef struct msg_limits { /* 0: none */
    uint64_t process_memory_bytes;
    uint64_t job_memory_bytes;
    uint32_t cpu_percent; /* 1..100 */
    uint32_t max_processes;
} msg_limits;

typedef struct msg_attributes { /* 0: none, so those of any child of the broker */
    uint64_t affinity;          /* a bit for each processor that the child may run on */
    uint64_t mitigations[2];    /* PROCESS_CREATION_MITIGATION_POLICY_..., and ..._POLICY2_... */
    bool no_child_processes;
} msg_attributes;

typedef struct msg_reduce {         /* what the child's token lacks of its caller's */
    bool drop_privileges;           /* all privileges but SeChangeNotify */
    const char *const *deny_groups; /* SIDs by which it only is denied */
    size_t deny_group_count;
    bool low_integrity;
    bool restricted; /* what everybody, users, restricted code and its logon session may, at most */
} msg_reduce;

enum { MSG_STD_INPUT, MSG_STD_OUTPUT, MSG_STD_ERROR, MSG_STD_COUNT };

typedef struct msg_spawn {
    const char *application;        /* what the caller resolved; the launch requires it to be absolute */
    const char *command_line;       /* NULL: the application, quoted */
    bool expand;                    /* replace {handle:NAME} in the command line by values in the child */
    const char *directory;          /* absolute */
    const char *const *environment; /* NAME=VALUE */
    size_t environment_count;
    const msg_handle *handles;
    size_t handle_count;
    uint32_t std[MSG_STD_COUNT]; /* values in the caller; 0: NUL in the child */
    uint32_t creation_flags;
    msg_lifetime lifetime;
    msg_limits limits;
    const char *desktop; /* NULL: winsta0\default */
    uint32_t timeout_ms; /* 0: none */
    msg_attributes attributes;
    msg_reduce reduce;
    bool job; /* the caller wants a handle of the child's job */
} msg_spawn;

/* What launches are looked for by, all of it at once; docs/protocol.md, "Filters". A text that is NULL and a
 * number that is not there (has_...) are not asked for. */
#define FILTER_TEXT_LIST(X) \
    X(user)                 \
    X(caller_image)         \
    X(image)                \
    X(outcome)              \
    X(rule)                 \
    X(handle_name)          \
    X(handle_type)          \
    X(grep)                 \
    X(launch_id)
/* X(name, least, most) */
#define FILTER_NUMBER_LIST(X)                                 \
    X(since, -TREE_INTEGER_MAX, TREE_INTEGER_MAX)             \
    X(until, -TREE_INTEGER_MAX, TREE_INTEGER_MAX)             \
    X(caller_pid, 0, UINT32_MAX)                              \
    X(child_pid, 0, UINT32_MAX)                               \
    X(exit_code, 0, UINT32_MAX)                               \
    X(caller_started_at, -TREE_INTEGER_MAX, TREE_INTEGER_MAX) \
    X(child_created_at, -TREE_INTEGER_MAX, TREE_INTEGER_MAX)

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

/* How a launch can stand: the values of the column outcome. */
#define OUTCOME_LIST(X) \
    X(started)          \
    X(denied)           \
    X(failed)           \
    X(interrupted)      \
    X(pending)

typedef struct msg_query {
    uint32_t limit;    /* launches to give, 1..LIMIT_QUERY_ROWS; 0 when absent: 50 */
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

/* NULL for a number that is not one; MSG_BY_COUNT for a name that is not one. */
const char *msg_by_name(msg_by by);
msg_by msg_by_from_name(const char *name);

typedef struct msg_summary {
    const char *by; /* one of SUMMARY_LIST */
    int64_t before; /* as in msg_query */
    msg_filter filter;
} msg_summary;

/* What is to be given up; 0: it does not matter. At least one of them is set. */
typedef struct msg_prune {
    int64_t max_age_us, max_bytes;
} msg_prune;

typedef struct msg_kill {
    const char *launch_id; /* of a live child: a process id could be another's by now */
    uint32_t exit_code;    /* that its processes end with; 0 when absent: 1 */
} msg_kill;

/* A launch that is only asked about. */
typedef struct msg_explain {
    const char *application;  /* absolute, not checked otherwise */
    const char *command_line; /* NULL: the application, quoted */
    uint32_t handle_count;
    msg_lifetime lifetime;
    const char *as;            /* SID of another user; NULL: the caller */
    const char *const *groups; /* SIDs of that user's groups */
    size_t group_count;
} msg_explain;

typedef struct msg_request {
    msg_id id;
    msg_method method; /* MSG_NONE when it could not be read */
    fault fault;       /* kind is FAULT_NONE when the request is good */
    union {
        msg_hello hello;
        msg_spawn spawn; /* after a fault: what had been decoded before it, so that it can be recorded */
        msg_query query;
        msg_summary summary;
        msg_prune prune;
        msg_kill kill;
        msg_explain explain;
    } u;
    void *tree;  /* owned: what the strings point into */
    arena arena; /* owned: the arrays; the request's own memory for whoever serves it */
} msg_request;

/* Always fills *ret: look at ret->fault.kind. Free it in either case. */
void msg_decode_request(const char *text, size_t length, msg_request *ret);
void msg_request_free(msg_request *request);

/* Checks everything about a spawn that does not need Windows, in this order: application, command line
 * (before expansion: whoever expands it checks the length again), directory, environment, handles (names,
 * values, descriptors, duplicates), standard handles, flags, lifetime, limits, desktop, groups. ret_fault is
 * written only when there is one. msg_decode_request has done it; the mode without a broker calls it by
 * itself. */
fault_kind msg_spawn_check(const msg_spawn *spawn, fault *ret_fault);

/* Checks the texts of a filter and gives the field at fault as "params.NAME"; ret_fault is written only when
 * there is one. msg_decode_request has done it; who reads a database without a broker calls it by itself. */
fault_kind msg_filter_check(const msg_filter *filter, fault *ret_fault);
/* The same of a summary, and what it groups by. */
fault_kind msg_summary_check(const msg_summary *summary, fault *ret_fault);

char *msg_encode_hello(int64_t id, const msg_hello *hello, size_t *ret_length);
char *msg_encode_spawn(int64_t id, const msg_spawn *spawn, size_t *ret_length);
char *msg_encode_list(int64_t id, size_t *ret_length);
char *msg_encode_status(int64_t id, size_t *ret_length);
char *msg_encode_query(int64_t id, const msg_query *query, size_t *ret_length);
fault_kind msg_prune_check(const msg_prune *prune, fault *ret_fault);
char *msg_encode_prune(int64_t id, const msg_prune *prune, size_t *ret_length);
char *msg_encode_summary(int64_t id, const msg_summary *summary, size_t *ret_length);
char *msg_encode_kill(int64_t id, const msg_kill *kill, size_t *ret_length);
char *msg_encode_reload(int64_t id, size_t *ret_length);
char *msg_encode_explain(int64_t id, const msg_explain *explain, size_t *ret_length);

/* ---- replies ---- */

typedef struct msg_hello_result {
    uint32_t protocol;
    const char *broker;  /* name and version */
    uint32_t process_id; /* the broker's */
    const char *user;    /* the caller as the broker knows it: DOMAIN\name */
    const char *sid;
    uint32_t session;
    uint32_t caller_pid;
    /* "limits" (every LIMIT_ of proto_limits.h that concerns a client) is added by the encoder */
} msg_hello_result;

/* The steps that are timed, in microseconds, each from the end of the one before. */
#define TIME_LIST(X) \
    X(identify) X(decide) X(adopt) X(create) X(attest) X(record) X(hand_back) X(resume) X(total)

typedef struct msg_times {
#define X(name) uint32_t name;
    TIME_LIST(X)
#undef X
} msg_times;

typedef struct msg_spawn_result {
    const char *launch_id;
    uint32_t process_id;
    uint32_t thread_id;
    uint32_t process; /* handle values in the caller */
    uint32_t thread;
    uint32_t job; /* 0: none */
    int attested; /* 1, 0, or -1 when the policy turned it off */
    msg_times times_us;
} msg_spawn_result;

typedef struct msg_child { /* a live child, in the reply to list */
    const char *launch_id;
    uint32_t process_id;
    uint32_t caller_pid;
    const char *user;
    const char *application;
    int64_t started_at; /* microseconds since 1970 */
    uint32_t handles;
    msg_lifetime lifetime;
} msg_child;

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

/* The same, of brokers that tell of their activity. */
#define STATUS_QUEUE_LIST(X) \
    X(queued)                \
    X(launching)             \
    X(launches_at_once)

/* How a launch that was asked for can end. */
#define ACTIVITY_OUTCOME_LIST(X) X(started) X(denied) X(failed)

typedef struct msg_counts { /* of whole seconds: as many as there were, at most those of the window */
    int64_t seconds;
#define X(name) int64_t name;
    ACTIVITY_OUTCOME_LIST(X)
#undef X
} msg_counts;

/* Each is never too small, and at most a sixteenth too large. */
#define PERCENTILE_LIST(X) X(p50_us) X(p95_us) X(p99_us) X(max_us)

typedef struct msg_percentiles {
    int64_t count;
#define X(name) int64_t name;
    PERCENTILE_LIST(X)
#undef X
} msg_percentiles;

typedef struct msg_bucket { /* how many took less than that, and not less than those of the bucket before */
    int64_t below_us, count;
} msg_bucket;

typedef struct msg_series { /* how long something took */
    const char *name;       /* a step of TIME_LIST, "queue" or "commit" */
    int64_t sum_us;
    msg_percentiles all, minute; /* since the start, and of the last 60 to 65 seconds */
    const msg_bucket *buckets;   /* since the start; ascending, those that are not empty; powers of two */
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
    const char *audit_trouble; /* why it is not working, or "" */
    const char *audit_head; /* audit_head_text, and the key that it is signed with as PEM; "" for who may not
                               read all */
    const char *audit_public_key;
#define X(name) int64_t name;
    STATUS_LIST(X)
    STATUS_QUEUE_LIST(X)
#undef X
    bool has_activity; /* and the queue's numbers; an older broker does not say */
    msg_activity activity;
} msg_status;

/* A row of the view "launches" with its rows of "launch_handles". Names are the views' (docs/audit.md).
 * has_...: the column is not NULL. Text that is NULL is NULL. */
typedef struct msg_launch_handle {
    int64_t position;
    const char *name, *type;
    int64_t granted_access, caller_value, child_value;
    int64_t fd; /* 0: NULL */
} msg_launch_handle;

typedef struct msg_launch {
    int64_t seq, requested_at;
    int64_t caller_pid, caller_session;
    const char *launch_id, *caller_image, *caller_sid, *caller_user;
    const char *application, *command_line, *directory, *rule;
    const char *outcome, *stage, *error_message;
    bool has_error_code, has_child_pid, has_attested, has_started_at, has_exited_at, has_exit_code;
    bool has_create_us, has_total_us, has_caller_started_at, has_child_created_at;
    int64_t error_code, child_pid, attested, started_at, exited_at, exit_code, create_us, total_us;
    int64_t caller_started_at, child_created_at, creation_flags;
    const char *lifetime, *environment_names;
    const char *environment_hash; /* 64 hexadecimal digits */
    const msg_launch_handle *handles;
    size_t handle_count;
} msg_launch;

/* A page of launches in the order that was asked for. */
typedef struct msg_page {
    const msg_launch *rows;
    size_t count;
    bool more;       /* there may be others behind these */
    int64_t next;    /* where more: what before (after, when the oldest come first) is for the next page */
    int64_t settled; /* of all launches up to this seq the outcome is known */
} msg_page;

/* Launches by how long they took: more than the limit before, at most up_to_us. */
typedef struct msg_latency {
    int64_t up_to_us, launches;
} msg_latency;

typedef struct msg_group {
    const char *key; /* NULL: the column is NULL */
#define X(name) int64_t name;
    OUTCOME_LIST(X)
#undef X
    const msg_latency *latency; /* ascending, those with launches */
    size_t latency_count;
} msg_group;

/* A part of a summary: the launches from before down to next. Groups of the parts with one key add up. */
typedef struct msg_groups {
    const msg_group *list;
    size_t count;
    bool more;
    int64_t next; /* where more: what before is for the next part */
} msg_groups;

/* What one request to prune came to. */
typedef struct msg_pruned {
    int64_t removed; /* records */
    bool more;       /* there is more to be pruned: ask again */
} msg_pruned;

/* What would happen to a launch: docs/policy.md. condition, wanted and got are NULL where the rule matched.
 */
typedef struct msg_step {
    const char *rule;
    bool matched;
    const char *condition, *wanted, *got;
} msg_step;

typedef struct msg_explained {
    const char *decision; /* "allow", "deny" or "unknown" */
    const char *rule, *reason;
    bool attest;
    msg_limits limits;
    const msg_step *steps; /* the rules that were looked at, in order */
    size_t step_count;
} msg_explained;

/* launch_id: NULL when there was no launch. */
char *msg_encode_fault(const msg_id *id, const fault *f, const char *launch_id, size_t *ret_length);
char *msg_encode_hello_result(const msg_id *id, const msg_hello_result *r, size_t *ret_length);
char *msg_encode_spawn_result(const msg_id *id, const msg_spawn_result *r, size_t *ret_length);
/* The first of children, as many as fit in a frame; where not all do, the reply says so ("more"). */
char *msg_encode_list_result(const msg_id *id, const msg_child *children, size_t count, size_t *ret_length);
/* process_id: the child that was ended, with all its descendants. */
char *msg_encode_kill_result(const msg_id *id, uint32_t process_id, size_t *ret_length);
/* rules: of the policy that holds now. */
char *msg_encode_reload_result(const msg_id *id, uint32_t rules, size_t *ret_length);
char *msg_encode_explain_result(const msg_id *id, const msg_explained *r, size_t *ret_length);
char *msg_encode_status_result(const msg_id *id, const msg_status *r, size_t *ret_length);
/* The first of the page's rows, as many as fit in a frame; where not all do, more becomes true and next is
 * the last of them. */
char *msg_encode_query_result(const msg_id *id, const msg_page *page, size_t *ret_length);
char *msg_encode_prune_result(const msg_id *id, const msg_pruned *result, size_t *ret_length);
char *msg_encode_summary_result(const msg_id *id, const msg_groups *groups, size_t *ret_length);

typedef struct msg_reply {
    int64_t id;         /* -1 when it was null */
    fault fault;        /* the broker's error, or what is wrong with the reply itself (stage STAGE_REPLY) */
    char launch_id[37]; /* of an error that has one, else "" */
    void *tree;
    arena arena;
} msg_reply;

/* Reads id and error. Always fills *ret; free it in either case. A reply that is not JSON-RPC has
 * FAULT_INVALID_REQUEST (or the scan's fault), stage STAGE_REPLY and id -1. */
void msg_decode_reply(const char *text, size_t length, msg_reply *ret);
void msg_reply_free(msg_reply *reply);

/* Read the result of a good reply; false (and reply->fault set) when it is not of the shape. Pointers live
 * as long as the reply. */
bool msg_reply_hello(msg_reply *reply, msg_hello_result *ret);
bool msg_reply_spawn(msg_reply *reply, msg_spawn_result *ret);
bool msg_reply_list(msg_reply *reply, const msg_child **ret, size_t *ret_count);
bool msg_reply_status(msg_reply *reply, msg_status *ret);
bool msg_reply_kill(msg_reply *reply, uint32_t *ret_process_id);
bool msg_reply_reload(msg_reply *reply, uint32_t *ret_rules);
bool msg_reply_explain(msg_reply *reply, msg_explained *ret);
bool msg_reply_query(msg_reply *reply, msg_page *ret);
bool msg_reply_prune(msg_reply *reply, msg_pruned *ret);
bool msg_reply_summary(msg_reply *reply, msg_groups *ret);
/* The result as JSON text, malloc'd, indented for people or on one line; for programs that print it. NULL
 * when there is none or memory ran out. */
char *msg_reply_result_json(const msg_reply *reply, bool indented);

#endif
