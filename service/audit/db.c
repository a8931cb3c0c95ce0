#include "service/audit/db.h"

#include "proto/utf.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* Older versions can corrupt a database in WAL mode: https://sqlite.org/wal.html, "The WAL-Reset Bug". */
enum { OLDEST_SQLITE = 3051003, WAIT_MS = 2000 };

static_assert(SQLITE_VERSION_NUMBER >= OLDEST_SQLITE, "SQLite 3.51.3 or newer is needed");
static_assert(DB_ERROR == SQLITE_ERROR && DB_NO_MEMORY == SQLITE_NOMEM && DB_READ_ONLY == SQLITE_READONLY &&
                  DB_CORRUPT == SQLITE_CORRUPT && DB_NOT_FOUND == SQLITE_NOTFOUND &&
                  DB_CANNOT_OPEN == SQLITE_CANTOPEN && DB_MISMATCH == SQLITE_MISMATCH &&
                  DB_MISUSE == SQLITE_MISUSE && DB_FORMAT == SQLITE_FORMAT &&
                  DB_NOT_A_DATABASE == SQLITE_NOTADB,
              "the codes are SQLite's");

static bool fail(int code, const char *doing, const char *reason, const char *path, audit_error *ret_error) {
    if (!ret_error) return false;
    char message[2048];
    int length = path && *path ? snprintf(message, sizeof message, "%s: %s (%s)", doing, reason, path)
                               : snprintf(message, sizeof message, "%s: %s", doing, reason);
    size_t written = length < 0 ? 0 : (size_t)length < sizeof message ? (size_t)length : sizeof message - 1;
    size_t kept = utf8_cut(message, written, sizeof ret_error->message - 1);
    ret_error->code = code;
    memcpy(ret_error->message, message, kept);
    ret_error->message[kept] = 0;
    return false;
}

bool db_refuse(db *d, int code, const char *doing, const char *reason, audit_error *ret_error) {
    return fail(code, doing, reason, d ? sqlite3_db_filename(d, "main") : NULL, ret_error);
}

static bool fail_last(db *d, const char *doing, audit_error *ret_error) {
    return db_refuse(d, sqlite3_extended_errcode(d), doing, sqlite3_errmsg(d), ret_error);
}

/* Turns off what a prepared file could otherwise make this program do: https://sqlite.org/security.html */
static int harden(db *d) {
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 1}, {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int code = sqlite3_db_config(d, options[i].option, options[i].value, (int *)NULL);
        if (code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
}

bool db_open(const char *path, db_use use, db **ret, audit_error *ret_error) {
    static const char doing[] = "opening the audit database";
    db *d = NULL;
    bool ok = false;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= use == DB_FOR_READING ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_libversion_number() < OLDEST_SQLITE)
        return fail(DB_ERROR, doing, "SQLite older than 3.51.3 can corrupt it", sqlite3_libversion(),
                    ret_error);
    if (!path || !*path) return fail(DB_CANNOT_OPEN, doing, "it has no path", NULL, ret_error);

    int code = sqlite3_open_v2(path, &d, flags, NULL);
    if (code != SQLITE_OK) {
        fail(code, doing, d ? sqlite3_errmsg(d) : sqlite3_errstr(code), path, ret_error);
        goto done;
    }
    const char *file = sqlite3_db_filename(d, "main");
    if (!file || !*file) {
        fail(DB_CANNOT_OPEN, doing, "that is not a file's path", path, ret_error);
        goto done;
    }
    if (use != DB_FOR_READING && sqlite3_db_readonly(d, "main")) {
        fail(DB_READ_ONLY, doing, "the file is write-protected", path, ret_error);
        goto done;
    }
    if ((code = harden(d)) != SQLITE_OK) {
        fail(code, doing, sqlite3_errstr(code), path, ret_error);
        goto done;
    }
    sqlite3_busy_timeout(d, use == DB_FOR_LOCKING ? 0 : WAIT_MS);
    *ret = d;
    d = NULL; /* moved */
    ok = true;
done:
    sqlite3_close(d);
    return ok;
}

bool db_open_memory(db **ret, audit_error *ret_error) {
    static const char doing[] = "making a database in memory";
    db *d = NULL;
    int code = sqlite3_open_v2(":memory:", &d,
                               SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) code = harden(d);
    if (code == SQLITE_OK) {
        *ret = d;
        return true;
    }
    fail(code, doing, sqlite3_errstr(code), NULL, ret_error);
    sqlite3_close(d);
    return false;
}

void db_close(db **d) {
    sqlite3_close(*d);
    *d = NULL;
}

bool db_in_transaction(db *d) {
    return !sqlite3_get_autocommit(d);
}

void db_keep_wal(db *d) {
    int keep = 1;
    sqlite3_file_control(d, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

void db_leave_wal(db *d) {
    sqlite3_db_config(d, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
}

void db_checkpoint(db *d) {
    sqlite3_wal_checkpoint_v2(d, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* Copies some thousand pages a step (https://sqlite.org/backup.html). A commit between two steps makes SQLite
 * begin again, but seldom comes in time more than a few times; after three restarts the last step copies all
 * that is left. */
bool db_copy(db *from, db *to, void (*progress)(void *context, int64_t done, int64_t total), void *context,
             audit_error *ret_error) {
    enum { STEP_PAGES = 8192, STEPS_MOST = 100000 };
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int code = SQLITE_OK, restarts = 0, left = -1;
    if (!backup) return fail_last(to, "copying the audit database", ret_error);

    for (int step = 0;
         step < STEPS_MOST && (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED); step++) {
        code = sqlite3_backup_step(backup, restarts < 3 ? STEP_PAGES : -1);
        int total = sqlite3_backup_pagecount(backup), remaining = sqlite3_backup_remaining(backup);
        restarts += left >= 0 && remaining > left;
        left = remaining;
        if (progress) progress(context, total - remaining, total);
    }

    int closed = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE && closed == SQLITE_OK) return true;
    return fail(code == SQLITE_DONE ? closed : code, "copying the audit database",
                sqlite3_errstr(code == SQLITE_DONE ? closed : code), sqlite3_db_filename(to, "main"),
                ret_error);
}

bool db_run(db *d, const char *doing, const char *sql, audit_error *ret_error) {
    return sqlite3_exec(d, sql, NULL, NULL, NULL) == SQLITE_OK || fail_last(d, doing, ret_error);
}

bool db_run_all(db *d, const char *doing, const char *const *sql, audit_error *ret_error) {
    for (; *sql; sql++)
        if (!db_run(d, doing, *sql, ret_error)) return false;
    return true;
}

bool db_number(db *d, const char *doing, const char *sql, int64_t *ret, audit_error *ret_error) {
    sqlite3_stmt *s = NULL;
    int64_t number = 0;
    int code = sqlite3_prepare_v2(d, sql, -1, &s, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) number = sqlite3_column_int64(s, 0);
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE;
    if (ok) *ret = number;
    else fail_last(d, doing, ret_error);
    sqlite3_finalize(s);
    return ok;
}

bool db_text(db *d, const char *doing, const char *sql, char *ret, size_t size, audit_error *ret_error) {
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(d, sql, -1, &s, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(s);
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE;
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    if (ok) snprintf(ret, size, "%s", text ? text : "");
    else fail_last(d, doing, ret_error);
    sqlite3_finalize(s);
    return ok;
}

bool db_prepare(db *d, const char *sql, db_statement **ret, audit_error *ret_error) {
    return sqlite3_prepare_v3(d, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) == SQLITE_OK ||
           fail_last(d, "preparing a statement", ret_error);
}

int64_t db_steps(db_statement *s) {
    return (unsigned)sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 0);
}

void db_finalize(db_statement **s) {
    sqlite3_finalize(*s);
    *s = NULL;
}

db_args db_with(db_statement *s) {
    return (db_args){.statement = s};
}

static void keep_first(db_args *args, int code) {
    if (args->code == SQLITE_OK) args->code = code;
}

void db_put(db_args *args, int64_t number) {
    keep_first(args, sqlite3_bind_int64(args->statement, ++args->count, number));
}

void db_put_null(db_args *args) {
    keep_first(args, sqlite3_bind_null(args->statement, ++args->count));
}

void db_put_if(db_args *args, bool present, int64_t number) {
    if (present) db_put(args, number);
    else db_put_null(args);
}

void db_put_text(db_args *args, const char *text) {
    int index = ++args->count;
    keep_first(args, !text ? sqlite3_bind_null(args->statement, index)
                           : sqlite3_bind_text64(args->statement, index, text, strlen(text), SQLITE_STATIC,
                                                 SQLITE_UTF8));
}

void db_put_blob(db_args *args, const void *bytes, size_t length) {
    int index = ++args->count;
    keep_first(args, !bytes ? sqlite3_bind_null(args->statement, index)
                            : sqlite3_bind_blob64(args->statement, index, bytes, length, SQLITE_STATIC));
}

bool db_next(db_args *args, const char *doing, db_row *ret, bool *ret_found, audit_error *ret_error) {
    db *d = sqlite3_db_handle(args->statement);
    if (args->code != SQLITE_OK)
        return db_refuse(d, args->code, doing, sqlite3_errstr(args->code), ret_error);
    int code = sqlite3_step(args->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return fail_last(d, doing, ret_error);
    *ret_found = code == SQLITE_ROW;
    *ret = (db_row){.statement = args->statement};
    return true;
}

void db_end(db_args *args) {
    sqlite3_reset(args->statement);
    sqlite3_clear_bindings(args->statement);
}

bool db_execute(db_args *args, const char *doing, audit_error *ret_error) {
    db_row row;
    bool found;
    bool ok = db_next(args, doing, &row, &found, ret_error);
    db_end(args);
    return ok;
}

int64_t db_get(db_row *row) {
    return sqlite3_column_int64(row->statement, row->column++);
}

int64_t db_get_if(db_row *row, bool *ret_present) {
    *ret_present = sqlite3_column_type(row->statement, row->column) != SQLITE_NULL;
    return db_get(row);
}

const char *db_get_text(db_row *row) {
    return (const char *)sqlite3_column_text(row->statement, row->column++);
}

const void *db_get_blob(db_row *row, size_t length) {
    int column = row->column++;
    const void *bytes = sqlite3_column_blob(row->statement, column);
    return bytes && (size_t)sqlite3_column_bytes(row->statement, column) == length ? bytes : NULL;
}

int db_columns(const db_row *row) {
    return sqlite3_column_count(row->statement);
}

const char *db_column_name(const db_row *row) {
    return sqlite3_column_name(row->statement, row->column);
}

db_value db_get_value(db_row *row) {
    sqlite3_stmt *s = row->statement;
    int column = row->column++;
    db_value v = {0};
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_NULL: v.type = DB_NULL; break;
    case SQLITE_INTEGER: v.type = DB_INTEGER, v.integer = sqlite3_column_int64(s, column); break;
    case SQLITE_TEXT: v.type = DB_TEXT, v.bytes = sqlite3_column_text(s, column); break;
    case SQLITE_BLOB: v.type = DB_BLOB, v.bytes = sqlite3_column_blob(s, column); break;
    default: v.type = DB_OTHER;
    }
    if (v.type == DB_TEXT || v.type == DB_BLOB) v.length = (size_t)sqlite3_column_bytes(s, column);
    return v;
}

bool audit_is_damaged(const audit_error *error) {
    switch (error->code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT: return true;
    default: return false;
    }
}

static_assert(AUDIT_CODE_FULL == SQLITE_FULL && AUDIT_CODE_LOCKED == SQLITE_BUSY, "the codes are SQLite's");

bool audit_is_full(const audit_error *error) {
    return (error->code & 0xff) == SQLITE_FULL;
}

bool audit_is_foreign(const audit_error *error) {
    return error->code == DB_MISMATCH;
}

bool audit_is_locked(const audit_error *error) {
    return (error->code & 0xff) == SQLITE_BUSY || (error->code & 0xff) == SQLITE_LOCKED;
}

bool audit_is_missing(const audit_error *error) {
    return error->code == DB_NOT_FOUND;
}

bool audit_may_retry(const audit_error *error) {
    switch (error->code & 0xff) { /* the primary result code */
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: return true;
    default: return false;
    }
}
