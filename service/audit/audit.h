/* The audit store: a SQLite database to which every launch, denial and exit adds rows, and which changes
 * none. docs/audit.md describes the views that people read.
 *
 * Threads: one writer uses the store of audit_open; each reader has its own store of audit_open_reader. Text
 * is UTF-8. The store reads what its arguments point to during the call only. */
#ifndef SB_SERVICE_AUDIT_AUDIT_H
#define SB_SERVICE_AUDIT_AUDIT_H

#include "service/audit/crypto.h"
#include "proto/audit_columns.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct audit_store audit_store;

/* An error: message says what was attempted and why it failed; code is SQLite's extended result code. */
typedef struct audit_error {
    int code;
    char message[256];
} audit_error;

/* Returns whether the same record may be written later, because the disk, the file or a lock is at fault. */
bool audit_may_retry(const audit_error *error);
/* Returns whether the file is damaged. The next audit_open sets it aside and begins another. */
bool audit_is_damaged(const audit_error *error);
/* Returns whether the database is another program's, or of a newer version. */
bool audit_is_foreign(const audit_error *error);
/* Returns whether the disk is full. */
enum { AUDIT_CODE_LOCKED = 5, AUDIT_CODE_FULL = 13 };
bool audit_is_full(const audit_error *error);
/* Returns whether another program holds a lock on the database. */
bool audit_is_locked(const audit_error *error);
/* Returns whether the database lacks the launch that a record is about. */
bool audit_is_missing(const audit_error *error);

/* The structs of records have a member for each column (proto/audit_columns.h), of which NULL text is stored
 * as NULL. What they point to is only read. */
typedef msg_launch_handle audit_handle;

/* The request of a launch: the first record about it. */
typedef struct audit_request {
    AUDIT_REQUEST_COLUMNS(AUDIT_SHOWN_MEMBER, AUDIT_MEMBER)
    const audit_handle *handles;
    size_t handle_count;
} audit_request;

typedef enum audit_result { AUDIT_STARTED, AUDIT_DENIED, AUDIT_FAILED, AUDIT_INTERRUPTED } audit_result;

/* Returns the result's name in the views. */
const char *audit_result_name(audit_result result);

/* The outcome of a launch: the second record, at most one a launch. A launch that started has no stage and no
 * error, and only one that was denied or failed has an error code, whatever these members say. */
typedef struct audit_outcome {
    const char *launch_id;
    AUDIT_OUTCOME_COLUMNS(AUDIT_SHOWN_MEMBER, AUDIT_MEMBER)
} audit_outcome;

/* The exit of a child: the last record about a launch. exit_code -1: nobody knows it. */
typedef struct audit_exit {
    const char *launch_id;
    AUDIT_EXIT_COLUMNS(AUDIT_SHOWN_MEMBER, AUDIT_MEMBER)
} audit_exit;

/* For the initialiser of an exit of which it is not known what the child used. */
#define AUDIT_USE_UNKNOWN                                                                           \
    .user_us = -1, .kernel_us = -1, .peak_memory_bytes = -1, .read_bytes = -1, .written_bytes = -1, \
    .processes = -1

/* What the one writer opens. */
typedef struct audit_opening {
    const char *path; /* UTF-8; created if it is missing */
    int64_t now;
    const crypto_key *key; /* signs checkpoints; must live until audit_close */
    const char *set_aside; /* why to set the existing file aside; NULL: audit_open decides */
    /* Asked for each launch without an outcome. Returns whether it is known to have started, and then fills
     * in what is known of the child: *ret is an outcome of which nothing is. NULL: it never is. */
    bool (*has_started)(const msg_launch *launch, audit_outcome *ret);
} audit_opening;

typedef struct audit_opened {
    int interrupted;      /* launches without an outcome, which were recorded as interrupted */
    char set_aside[1024]; /* where the earlier file is now; "" when the store continues it */
    char why[256];        /* why it was set aside */
    bool upgraded;        /* it was of an older version */
    int64_t last_at;      /* the time of the last record that was there; 0: there was none */
} audit_opened;

/* Opens the database for its one writer, and adds an event "open" and a checkpoint.
 *
 * Fails if the file is another program's (application_id), is of a newer version, or is in use by another
 * broker, which holds an exclusive lock on a file beside it. Sets a database aside and begins a new chain,
 * whose first event says so, if it is damaged, its last records do not fit together, or another key signed
 * them. */
bool audit_open(const audit_opening *opening, audit_store **ret, audit_opened *ret_opened,
                audit_error *ret_error);
/* Opens the database for queries; a writer may use it at the same time. */
bool audit_open_reader(const char *path, audit_store **ret, audit_error *ret_error);
/* Closes the store and sets *store to NULL; NULL is fine. A writer moves the WAL into the database first. */
void audit_close(audit_store **store);
/* Closes the store but leaves the WAL as it is: a damaged database is evidence. */
void audit_close_as_it_is(audit_store **store);
/* Moves the WAL into the database, so that its space can be used again. */
void audit_move_wal(audit_store *store);

/* Begin, any number of adds and commit make one durable transaction. A failed add or commit rolls all of it
 * back. */
bool audit_begin(audit_store *store, audit_error *ret_error);
bool audit_add_request(audit_store *store, const audit_request *request, audit_error *ret_error);
bool audit_add_outcome(audit_store *store, const audit_outcome *outcome, audit_error *ret_error);
bool audit_add_exit(audit_store *store, const audit_exit *exit, audit_error *ret_error);
/* Adds an event, which is something that the broker itself did, such as "start". detail is text or NULL. */
bool audit_add_event(audit_store *store, int64_t at, const char *kind, const char *detail,
                     audit_error *ret_error);
/* A checkpoint is a signed record: whoever changes a record before it cannot sign again. One is due after so
 * many records or so much time. */
enum { AUDIT_CHECKPOINT_RECORDS = 1000 };
#define AUDIT_CHECKPOINT_US (60 * INT64_C(1000000))
bool audit_checkpoint_due(const audit_store *store, int64_t now);
bool audit_add_checkpoint(audit_store *store, int64_t at, audit_error *ret_error);
bool audit_commit(audit_store *store, audit_error *ret_error);
void audit_rollback(audit_store *store);

/* The last committed record. A head kept elsewhere shows later whether any record up to it is missing. */
typedef struct audit_head {
    uint8_t chain[16]; /* its id */
    int64_t seq;
    uint8_t hash[CRYPTO_HASH_BYTES];
} audit_head;

audit_head audit_head_of(const audit_store *store);
int64_t audit_checkpoint_at(const audit_store *store);
/* Writes and reads a head as "ID:SEQ:HASH": ID and HASH in hexadecimal, SEQ in decimal. */
enum { AUDIT_HEAD_SIZE = 2 * 16 + 2 * CRYPTO_HASH_BYTES + 24 };
void audit_head_text(const audit_head *head, char ret[AUDIT_HEAD_SIZE]);
bool audit_head_read(const char *text, audit_head *ret);

/* Reads the head of a database file, without verifying it. */
bool audit_head_of_file(const char *path, audit_head *ret, audit_error *ret_error);

/* Sets *ret_others to whether another program has written to the database since the last call. Fails as for a
 * damaged file if the last record has changed. Call inside a transaction. */
bool audit_look_for_others(audit_store *store, bool *ret_others, audit_error *ret_error);

/* What to keep; 0 sets no limit. */
typedef struct audit_retention {
    int64_t max_age_us;
    int64_t max_bytes; /* of the database */
} audit_retention;

/* Prunes one step: if the oldest records are too old, or the database is too large, removes some hundred of
 * them in a transaction of its own, with a signed checkpoint that names the last of them. Launches without an
 * outcome stay. *ret_removed is the number of records; 0: there is nothing to prune. */
bool audit_prune_step(audit_store *store, const audit_retention *retention, int64_t now, int64_t *ret_removed,
                      audit_error *ret_error);

/* A process that asks, and what it is. It sees its own launches and, if it is not sandboxed, those of callers
 * of its user that were nothing more: of no higher integrity level, elevated only if it is, and of no service
 * that it is not. Launches of version 2 of the database do not say what their caller was. */
typedef struct audit_viewer {
    const char *sid;
    int64_t pid, started_at;
    bool sandboxed, elevated;
    int64_t integrity;
    const char *services; /* as in the column caller_services, or NULL */
} audit_viewer;

/* A launch as the process that asked for it names it. */
typedef struct audit_key {
    const char *key, *sid;
    int64_t pid, started_at;
} audit_key;

/* Finds the launch of a key. *ret_seq 0: there is none. The store is the writer's, or a reader of a database
 * that a broker of this version has opened. */
bool audit_find_key(audit_store *store, const audit_key *key, int64_t *ret_seq, audit_error *ret_error);
/* Finds the next launch after a seq whose child has no exit on record. *ret_seq 0: there is none. */
bool audit_next_running(audit_store *store, int64_t after, int64_t *ret_seq, audit_error *ret_error);
/* Reads a launch into the arena. *ret_thread_id: the child's first thread; 0: it is not known. */
bool audit_launch(audit_store *store, int64_t seq, arena *a, msg_launch *ret, uint32_t *ret_thread_id,
                  audit_error *ret_error);

typedef struct audit_filter {
    const audit_viewer *viewer; /* only launches that it sees; NULL: all. where may narrow them further */
    int64_t before, after;      /* launches whose seq is between these; before 0: up to the newest */
    uint32_t limit;
    bool oldest_first;
    uint32_t work; /* what a page or a part may cost, in steps of SQLite's virtual machine; 0: some tenths of
                      a second */
    msg_filter where; /* its texts live during the call */
} audit_filter;

/* Reads a page: at most filter->limit launches, which take about `bytes` in a reply, into the arena. The work
 * is bounded, so a page may have few rows, or none, and still say that there are more. */
bool audit_page(audit_store *store, const audit_filter *filter, size_t bytes, arena *a, msg_page *ret,
                audit_error *ret_error);

/* Sums up one part of the launches, from filter->before down, within bounded work and size. Ignores
 * filter->limit, after and the order. */
bool audit_summary(audit_store *store, const audit_filter *filter, msg_by by, size_t bytes, arena *a,
                   msg_groups *ret, audit_error *ret_error);

#endif
