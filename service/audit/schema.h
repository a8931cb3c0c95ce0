/* The SQL: the definition of the database, and the statements that a store keeps prepared. */
#ifndef SB_SERVICE_AUDIT_SCHEMA_H
#define SB_SERVICE_AUDIT_SCHEMA_H

enum {
    SCHEMA_APPLICATION_ID = 0x53425231, /* "SBR1": the file is an audit database of ours */
    SCHEMA_VERSION = 3,                 /* user_version */
    SCHEMA_FIRST_VERSION = 2            /* the oldest that can be read and upgraded */
};

/* The statements that define everything of version 2 in an empty database, and those that make version 3 of
 * version 2. Run them in one transaction. Each list ends with NULL. A new database is made of both, so that
 * it is the same as one that was upgraded. */
extern const char *const schema_create[];
extern const char *const schema_upgrade[];

/* Selects the seq of the last record of any kind; 0 if there is none. */
extern const char schema_last_seq[];

/* The tables whose rows are records. The bytes of a record begin with this letter (chain.h). */
enum {
    SCHEMA_LAUNCH = 'L',
    SCHEMA_OUTCOME = 'O',
    SCHEMA_EXIT = 'X',
    SCHEMA_EVENT = 'E',
    SCHEMA_CHECKPOINT = 'C'
};

typedef enum schema_statement {
    SCHEMA_ADD_LAUNCH,
    SCHEMA_ADD_HANDLE,
    SCHEMA_ADD_OUTCOME,
    SCHEMA_ADD_EXIT,
    SCHEMA_ADD_EVENT,
    SCHEMA_ADD_CHECKPOINT,
    SCHEMA_FIND_LAUNCH,    /* launch_id -> seq */
    SCHEMA_NEXT_UNDECIDED, /* the first launch without an outcome */
    SCHEMA_DATA_VERSION,
    SCHEMA_CHECKPOINT_BEFORE, /* at -> the last checkpoint before the first one of that time or a later one */
    SCHEMA_FIRST_PRUNING,     /* this one to SCHEMA_LAST_PRUNED remove the records up to a seq */
    SCHEMA_LAST_PRUNED = SCHEMA_FIRST_PRUNING + 5,
    /* readers prepare only these */
    SCHEMA_FIRST_READING,
    /* from a seq on -> each column of AUDIT_..._FIRST in hashed order, the hash, the added columns */
    SCHEMA_READ_LAUNCHES = SCHEMA_FIRST_READING,
    SCHEMA_READ_HANDLES, /* from a launch's seq on -> that seq, then each column */
    SCHEMA_READ_OUTCOMES,
    SCHEMA_READ_EXITS,
    SCHEMA_READ_EVENTS,
    SCHEMA_READ_CHECKPOINTS,
    SCHEMA_LAST_CHECKPOINT, /* seq, at */
    SCHEMA_LAST_PRUNING,    /* pruned_through, pruned_hash */
    SCHEMA_HASH_OF,         /* seq -> the hash of that record */
    SCHEMA_ORIGIN,          /* id, created_at, public_key */
    SCHEMA_FIND_KEY,        /* launch_key, caller_sid, caller_pid, caller_started_at -> seq */
    SCHEMA_NEXT_RUNNING,    /* a launch's seq -> that of the next one whose child has no exit on record */
    SCHEMA_CHILD_THREAD,    /* a launch's seq -> child_tid */
    SCHEMA_STATEMENT_COUNT
} schema_statement;

extern const char *const schema_statements[SCHEMA_STATEMENT_COUNT];

/* The statement for a database of that version; NULL: it has no such columns. */
const char *schema_statement_of(schema_statement which, int version);

#endif
