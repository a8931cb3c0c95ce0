/* The SQL: what the database looks like, and the statements that the store keeps prepared. */
#ifndef SB_AUDIT_SCHEMA_H
#define SB_AUDIT_SCHEMA_H

enum {
    SCHEMA_APPLICATION_ID = 0x53425231, /* "SBR1": the file is an audit database of ours */
    SCHEMA_VERSION = 1                  /* user_version */
};

/* Make everything in an empty database, inside a transaction; ends with NULL. */
extern const char *const schema_create[];

/* The seq of the last record of any kind; 0 when there is none. */
extern const char schema_last_seq[];

typedef enum schema_statement {
    SCHEMA_ADD_LAUNCH,
    SCHEMA_ADD_HANDLE,
    SCHEMA_ADD_OUTCOME,
    SCHEMA_ADD_EXIT,
    SCHEMA_ADD_EVENT,
    SCHEMA_FIND_LAUNCH,                   /* launch_id -> seq */
    SCHEMA_NEXT_UNDECIDED,                /* after seq -> the next launch without an outcome */
    SCHEMA_FIRST_READING,                 /* the following need no right to write */
    SCHEMA_NEWEST = SCHEMA_FIRST_READING, /* before, limit -> the launches of everybody */
    SCHEMA_NEWEST_OF,                     /* caller_sid, before, limit -> the launches of one user */
    SCHEMA_HANDLES,                       /* launch_id -> its handles */
    SCHEMA_STATEMENT_COUNT
} schema_statement;

extern const char *const schema_statements[SCHEMA_STATEMENT_COUNT];

#endif
