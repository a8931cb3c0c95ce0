/* A thin, typed layer over SQLite: db.c is the one file that includes sqlite3.h.
 *
 * What fails returns false and fills *ret_error (may be NULL): what was attempted (doing, such as "adding an
 * exit"), SQLite's words, and the file. A connection is used by one thread at a time. */
#ifndef SB_SERVICE_AUDIT_DB_H
#define SB_SERVICE_AUDIT_DB_H

#include "service/audit/audit.h"

typedef struct sqlite3 db;
typedef struct sqlite3_stmt db_statement;

/* The result codes of SQLite that this code gives by itself. https://sqlite.org/rescode.html */
enum {
    DB_ERROR = 1,
    DB_NO_MEMORY = 7,
    DB_READ_ONLY = 8,
    DB_NOT_FOUND = 12,
    DB_CORRUPT = 11,
    DB_CANNOT_OPEN = 14,
    DB_MISMATCH = 20,
    DB_MISUSE = 21,
    DB_FORMAT = 24,
    DB_NOT_A_DATABASE = 26
};

typedef enum db_use {
    DB_FOR_WRITING, /* made when it is missing */
    DB_FOR_READING,
    DB_FOR_LOCKING /* as for writing, but a lock that somebody holds is not waited for */
} db_use;

bool db_open(const char *path, db_use use, db **ret, audit_error *ret_error);
/* An empty one in memory. */
bool db_open_memory(db **ret, audit_error *ret_error);
/* Closes *d unless it is NULL, and sets it to NULL. Its statements must be gone. */
void db_close(db **d);
bool db_in_transaction(db *d);
/* The WAL files stay, emptied, when the last connection closes: who may only read needs them. */
void db_keep_wal(db *d);
/* When it is closed, the WAL is not moved into the database. */
void db_leave_wal(db *d);
/* Moves what it can from the WAL into the database and empties the WAL; readers may prevent it. */
void db_checkpoint(db *d);

/* Makes to what from is, page by page, in steps between which others may write. */
bool db_copy(db *from, db *to, void (*progress)(void *context, int64_t done, int64_t total), void *context,
             audit_error *ret_error);

/* An error of our own about this database, or NULL before there is one. Returns false. */
bool db_refuse(db *d, int code, const char *doing, const char *reason, audit_error *ret_error);

/* Runs statements that give no rows or whose rows do not matter. */
bool db_run(db *d, const char *doing, const char *sql, audit_error *ret_error);
/* The first column of the first row as a number; 0 when it is NULL or there is no row. */
bool db_number(db *d, const char *doing, const char *sql, int64_t *ret, audit_error *ret_error);
/* The same as text, cut to size bytes with its NUL. */
bool db_text(db *d, const char *doing, const char *sql, char *ret, size_t size, audit_error *ret_error);

/* For a statement that is used again and again. */
bool db_prepare(db *d, const char *sql, db_statement **ret, audit_error *ret_error);
/* How many steps of SQLite's machine it has taken since it was prepared. */
int64_t db_steps(db_statement *s);
/* NULL is fine; sets *s to NULL. */
void db_finalize(db_statement **s);

/* Arguments in the order of the statement's parameters. Text is not copied: it must live until the statement
 * has run. An argument that cannot be given fails the run. */
typedef struct db_args {
    db_statement *statement;
    int count;
    int code;
} db_args;

db_args db_with(db_statement *s);
void db_put(db_args *args, int64_t number);
void db_put_null(db_args *args);
/* number, or NULL when present is false. */
void db_put_if(db_args *args, bool present, int64_t number);
/* NULL text is NULL. */
void db_put_text(db_args *args, const char *text);
/* NULL bytes are NULL. */
void db_put_blob(db_args *args, const void *bytes, size_t length);
/* Runs a statement that gives no row, and forgets the arguments. */
bool db_execute(db_args *args, const char *doing, audit_error *ret_error);

/* A row's columns in their order. Text lives until the next row or db_end. */
typedef struct db_row {
    db_statement *statement;
    int column;
} db_row;

/* The next row of what args began: *ret_found is whether there is one. After a failure or the last row, and
 * in any case before the statement is used again: db_end. */
bool db_next(db_args *args, const char *doing, db_row *ret, bool *ret_found, audit_error *ret_error);
void db_end(db_args *args);
int64_t db_get(db_row *row);
/* *ret_present: it is not NULL. */
int64_t db_get_if(db_row *row, bool *ret_present);
const char *db_get_text(db_row *row);
/* The bytes of a blob with this length, or NULL. */
const void *db_get_blob(db_row *row, size_t length);

/* A column as it is stored. Text and blobs live as db_get_text's. */
typedef enum db_type { DB_NULL, DB_INTEGER, DB_TEXT, DB_BLOB, DB_OTHER } db_type;
typedef struct db_value {
    db_type type;
    int64_t integer;
    const void *bytes;
    size_t length;
} db_value;
int db_columns(const db_row *row);
db_value db_get_value(db_row *row);

#endif
