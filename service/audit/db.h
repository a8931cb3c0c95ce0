/* A thin, typed layer over SQLite. Only db.c includes sqlite3.h.
 *
 * A function that fails returns false and fills *ret_error (may be NULL) with what was attempted (`doing`,
 * such as "adding an exit"), SQLite's words and the file. One thread at a time uses a connection. */
#ifndef SB_SERVICE_AUDIT_DB_H
#define SB_SERVICE_AUDIT_DB_H

#include "service/audit/audit.h"

typedef struct sqlite3 db;
typedef struct sqlite3_stmt db_statement;

/* The result codes of SQLite that this code uses itself. https://sqlite.org/rescode.html */
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
    DB_FOR_WRITING, /* creates a missing file */
    DB_FOR_READING,
    DB_FOR_LOCKING /* as for writing, but fails at once if another holds the lock */
} db_use;

bool db_open(const char *path, db_use use, db **ret, audit_error *ret_error);
/* Opens an empty database in memory. */
bool db_open_memory(db **ret, audit_error *ret_error);
/* Closes *d and sets it to NULL; NULL is fine. Finalize its statements first. */
void db_close(db **d);
bool db_in_transaction(db *d);
/* Keeps the WAL files, emptied, when the last connection closes: readers without the right to write need
 * them. */
void db_keep_wal(db *d);
/* Leaves the WAL as it is when the database is closed. */
void db_leave_wal(db *d);
/* Moves what it can of the WAL into the database, and empties the WAL unless readers prevent it. */
void db_checkpoint(db *d);

/* Copies `from` over `to` page by page, in steps between which others can write. */
bool db_copy(db *from, db *to, void (*progress)(void *context, int64_t done, int64_t total), void *context,
             audit_error *ret_error);

/* Fills in an error of this program about the database, which is NULL before it is open. Returns false. */
bool db_refuse(db *d, int code, const char *doing, const char *reason, audit_error *ret_error);

/* Runs statements whose rows, if any, are ignored. */
bool db_run(db *d, const char *doing, const char *sql, audit_error *ret_error);
/* Runs a list of them that ends with NULL. */
bool db_run_all(db *d, const char *doing, const char *const *sql, audit_error *ret_error);
/* Reads the first column of the first row as a number; 0 if it is NULL or there is no row. */
bool db_number(db *d, const char *doing, const char *sql, int64_t *ret, audit_error *ret_error);
/* Reads the same as text, cut to size bytes including its NUL. */
bool db_text(db *d, const char *doing, const char *sql, char *ret, size_t size, audit_error *ret_error);

/* Prepares a statement that is used repeatedly. */
bool db_prepare(db *d, const char *sql, db_statement **ret, audit_error *ret_error);
/* Counts the steps of SQLite's virtual machine since the statement was prepared. */
int64_t db_steps(db_statement *s);
/* Sets *s to NULL; NULL is fine. */
void db_finalize(db_statement **s);

/* Arguments, in the order of the statement's parameters. A text is not copied and must live until the
 * statement has run. If an argument cannot be bound, running the statement fails. */
typedef struct db_args {
    db_statement *statement;
    int count;
    int code;
} db_args;

db_args db_with(db_statement *s);
void db_put(db_args *args, int64_t number);
void db_put_null(db_args *args);
/* Puts the number, or NULL if present is false. */
void db_put_if(db_args *args, bool present, int64_t number);
/* Puts a text; NULL is NULL. */
void db_put_text(db_args *args, const char *text);
/* Puts a blob; NULL is NULL. */
void db_put_blob(db_args *args, const void *bytes, size_t length);
/* Runs a statement that gives no row, and clears its arguments. */
bool db_execute(db_args *args, const char *doing, audit_error *ret_error);

/* A row, read column by column. Its text lives until the next row or db_end. */
typedef struct db_row {
    db_statement *statement;
    int column;
} db_row;

/* Reads the next row; *ret_found is false after the last one. Call db_end after a failure or the last row,
 * and always before using the statement again. */
bool db_next(db_args *args, const char *doing, db_row *ret, bool *ret_found, audit_error *ret_error);
void db_end(db_args *args);
int64_t db_get(db_row *row);
/* Reads a number; *ret_present is false if it is NULL. */
int64_t db_get_if(db_row *row, bool *ret_present);
const char *db_get_text(db_row *row);
/* Returns a blob of this length, or NULL. */
const void *db_get_blob(db_row *row, size_t length);

/* A value as it is stored. Its text or blob lives as long as db_get_text's. */
typedef enum db_type { DB_NULL, DB_INTEGER, DB_TEXT, DB_BLOB, DB_OTHER } db_type;
typedef struct db_value {
    db_type type;
    int64_t integer;
    const void *bytes;
    size_t length;
} db_value;
int db_columns(const db_row *row);
/* The name of the column that is read next. */
const char *db_column_name(const db_row *row);
db_value db_get_value(db_row *row);

#endif
