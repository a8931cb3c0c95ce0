/* The audit store: every launch, refusal and exit as rows that are only ever added. SQLite behind it, and
 * nothing of Windows. docs/audit.md describes the views that people read.
 *
 * Threads: one writer uses the store of audit_open; each reader has its own audit_open_reader. Text is UTF-8;
 * pointers given in are only read during the call. */
#ifndef SB_SERVICE_AUDIT_AUDIT_H
#define SB_SERVICE_AUDIT_AUDIT_H

#include "service/audit/crypto.h"
#include "proto/message.h" /* msg_launch: a row of the view launches */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct audit_store audit_store;

/* What went wrong: what was attempted and SQLite's words. code is SQLite's extended result code. */
typedef struct audit_error {
    int code;
    char message[256];
} audit_error;

/* Whether the same record could be written later: the disk, the file or a lock is at fault, not the record.
 */
bool audit_may_retry(const audit_error *error);
/* Whether the file itself is damaged: opened again, it is set aside and another one begun. */
bool audit_is_damaged(const audit_error *error);
/* Whether it is another program's database, or one of a newer version. */
bool audit_is_foreign(const audit_error *error);
/* Whether there is no room on the disk. */
enum { AUDIT_CODE_LOCKED = 5, AUDIT_CODE_FULL = 13 };
bool audit_is_full(const audit_error *error);
/* Whether another program holds a lock on the database. */
bool audit_is_locked(const audit_error *error);
/* Whether the launch that a record is about is not in the database. */
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

/* The exit of a child: the last record about a launch. */
typedef struct audit_exit {
    const char *launch_id;
    AUDIT_EXIT_COLUMNS(AUDIT_SHOWN_MEMBER, AUDIT_MEMBER)
} audit_exit;

/* How the one writer opens the database. */
typedef struct audit_opening {
    const char *path; /* UTF-8; made when it is missing */
    int64_t now;
    const crypto_key *key; /* signs; must stay until audit_close */
    const char
        *set_aside; /* why the file that is there is not to be gone on with; NULL: its own look decides */
} audit_opening;

typedef struct audit_opened {
    int interrupted;      /* launches that had no outcome: recorded as interrupted */
    char set_aside[1024]; /* where the file that was there is now; "" when it is gone on with */
    char why[256];        /* it was set aside */
} audit_opened;

/* Refuses, with an error that says which: a file that is another program's (application_id), is of a newer
 * version, or another broker's (it holds an exclusive lock beside the database). One that is damaged, whose
 * last records do not fit together or are signed by another key, is set aside and a new chain is begun, which
 * says so. Adds an event "open" and a checkpoint of its own. */
bool audit_open(const audit_opening *opening, audit_store **ret, audit_opened *ret_opened,
                audit_error *ret_error);
/* Read-only, for queries, while a writer may be at work. */
bool audit_open_reader(const char *path, audit_store **ret, audit_error *ret_error);
/* Checkpoints the WAL (writer) and closes. NULL is fine; sets *store to NULL. */
void audit_close(audit_store **store);
/* The same without moving the WAL into the database: one that is damaged is evidence. */
void audit_close_as_it_is(audit_store **store);
/* Moves the WAL into the database, so that its room can be used again. */
void audit_move_wal(audit_store *store);

/* One durable transaction: begin, any number of adds, commit. A failed add or commit rolls all of it back. */
bool audit_begin(audit_store *store, audit_error *ret_error);
bool audit_add_request(audit_store *store, const audit_request *request, audit_error *ret_error);
bool audit_add_outcome(audit_store *store, const audit_outcome *outcome, audit_error *ret_error);
bool audit_add_exit(audit_store *store, const audit_exit *exit, audit_error *ret_error);
/* The broker's own doings: "start", "stop"; detail is text or NULL. */
bool audit_add_event(audit_store *store, int64_t at, const char *kind, const char *detail,
                     audit_error *ret_error);
/* A signed record: whoever changes one before it cannot sign again. Due every so many records or so much
 * time. */
enum { AUDIT_CHECKPOINT_RECORDS = 1000 };
#define AUDIT_CHECKPOINT_US (60 * INT64_C(1000000))
bool audit_checkpoint_due(const audit_store *store, int64_t now);
bool audit_add_checkpoint(audit_store *store, int64_t at, audit_error *ret_error);
bool audit_commit(audit_store *store, audit_error *ret_error);
void audit_rollback(audit_store *store);

/* The last record that is committed. Kept elsewhere, it proves later that nothing up to it is gone. */
typedef struct audit_head {
    uint8_t chain[16]; /* its id */
    int64_t seq;
    uint8_t hash[CRYPTO_HASH_BYTES];
} audit_head;

audit_head audit_head_of(const audit_store *store);
int64_t audit_checkpoint_at(const audit_store *store);
/* "ID:SEQ:HASH" in hexadecimal, SEQ in decimal. */
enum { AUDIT_HEAD_SIZE = 2 * 16 + 2 * CRYPTO_HASH_BYTES + 24 };
void audit_head_text(const audit_head *head, char ret[AUDIT_HEAD_SIZE]);
bool audit_head_read(const char *text, audit_head *ret);

/* The last record of a file, as it says itself. */
bool audit_head_of_file(const char *path, audit_head *ret, audit_error *ret_error);

/* Whether another program has written to the database since the last look. An error when the last record is
 * not what it was: then the file is damaged. Inside a transaction. */
bool audit_look_for_others(audit_store *store, bool *ret_others, audit_error *ret_error);

/* What may go: 0 for what does not matter. */
typedef struct audit_retention {
    int64_t max_age_us;
    int64_t max_bytes; /* of the database */
} audit_retention;

/* One small step, a transaction of its own: gives up the oldest records, some hundred of them, if they are
 * too old or the database is too large, with a signed checkpoint that names the last of them. *ret_removed:
 * how many; 0: nothing is to be pruned. Launches that are not decided stay. */
bool audit_prune_step(audit_store *store, const audit_retention *retention, int64_t now, int64_t *ret_removed,
                      audit_error *ret_error);

typedef struct audit_filter {
    const char *caller_sid; /* NULL: everybody's; besides what where asks for */
    int64_t before, after;  /* seq below and above these; before 0: to the newest */
    uint32_t limit;
    bool oldest_first; /* else the newest first */
    uint32_t work;    /* how much a page or a part may take, in steps of SQLite's machine; 0: some tenths of a
                         second */
    msg_filter where; /* its texts live during the call */
} audit_filter;

/* Calls each launch with its handles, in order; the callback returns false to stop. What the row points to
 * lives until the callback returns. */
bool audit_query(audit_store *store, const audit_filter *filter,
                 bool (*each)(const msg_launch *row, void *context), void *context, audit_error *ret_error);

/* At most filter->limit launches, and about that many bytes as a reply, in the arena. The work is bounded: a
 * page may have few rows, or none, and more. */
bool audit_page(audit_store *store, const audit_filter *filter, size_t bytes, arena *a, msg_page *ret,
                audit_error *ret_error);

/* A part of a summary, of bounded work and size: from filter->before down. filter->limit, after and the order
 * do not matter. */
bool audit_summary(audit_store *store, const audit_filter *filter, msg_by by, size_t bytes, arena *a,
                   msg_groups *ret, audit_error *ret_error);

#endif
