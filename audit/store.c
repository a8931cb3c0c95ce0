#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char opening[] = "opening the audit database";

/* Whether the file is a database of ours that this program knows; *ret_empty: it is none yet. */
static bool check_identity(db *d, bool *ret_empty, audit_error *ret_error) {
    int64_t application, version, objects;
    char reason[128];
    if (!db_number(d, opening, "PRAGMA application_id", &application, ret_error) ||
        !db_number(d, opening, "PRAGMA user_version", &version, ret_error) ||
        !db_number(d, opening, "SELECT count(*) FROM sqlite_schema", &objects, ret_error))
        return false;
    *ret_empty = !application && !version && !objects;
    if (*ret_empty) return true;
    if (application != SCHEMA_APPLICATION_ID)
        return db_refuse(d, DB_NOT_A_DATABASE, opening, "it is a database of another program", ret_error);
    if (version != SCHEMA_VERSION) {
        snprintf(reason, sizeof reason, "its version is %lld, this program knows %d", (long long)version,
                 SCHEMA_VERSION);
        return db_refuse(d, DB_ERROR, opening, reason, ret_error);
    }
    return true;
}

/* All or nothing: a file that is cut off here is empty, and made by the next audit_open. */
static bool create(db *d, audit_error *ret_error) {
    static const char doing[] = "making the audit database";
    char identity[96];
    snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
    /* Only before there are tables: lets space that pruning frees be given back in small steps. */
    if (!db_run(d, doing, "PRAGMA auto_vacuum = INCREMENTAL", ret_error) ||
        !db_run(d, doing, "BEGIN IMMEDIATE", ret_error))
        return false;
    for (const char *const *sql = schema_create; *sql; sql++) {
        if (!db_run(d, doing, *sql, ret_error)) return false;
    }
    return db_run(d, doing, identity, ret_error) && db_run(d, doing, "COMMIT", ret_error);
}

/* FULL: a commit is on the disk when it returns. The WAL is moved into the database every 16 MiB. */
static bool set_up_writer(db *d, audit_error *ret_error) {
    char mode[16];
    if (!db_text(d, opening, "PRAGMA journal_mode = WAL", mode, sizeof mode, ret_error)) return false;
    if (strcmp(mode, "wal") != 0)
        return db_refuse(d, DB_ERROR, opening, "it cannot be used in WAL mode", ret_error);
    db_keep_wal(d);
    return db_run(d, opening,
                  "PRAGMA synchronous = FULL;"
                  "PRAGMA cell_size_check = ON;"
                  "PRAGMA wal_autocheckpoint = 4096;"
                  "PRAGMA journal_size_limit = 67108864",
                  ret_error);
}

static bool prepare(audit_store *store, int first, audit_error *ret_error) {
    for (int i = first; i < SCHEMA_STATEMENT_COUNT; i++) {
        if (!db_prepare(store->main, schema_statements[i], &store->statements[i], ret_error)) return false;
    }
    return true;
}

/* An empty database beside the real one, locked by an open transaction: the system ends it when the process
 * dies. The real one cannot be locked so, since others read it. */
static bool lock(const char *path, db **ret, audit_error *ret_error) {
    db *d = NULL;
    bool ok = false;
    size_t size = strlen(path) + sizeof ".lock";
    char *lock_path = malloc(size);
    if (!lock_path) {
        db_refuse(NULL, DB_NO_MEMORY, opening, "out of memory", ret_error);
        goto done;
    }
    snprintf(lock_path, size, "%s.lock", path);
    if (!db_open(lock_path, DB_FOR_LOCKING, &d, ret_error)) goto done;
    if (!db_run(d, "locking the audit database, which another broker may be using", "BEGIN EXCLUSIVE",
                ret_error))
        goto done;
    *ret = d;
    d = NULL; /* moved */
    ok = true;
done:
    free(lock_path);
    db_close(&d);
    return ok;
}

/* Every audit_open decides what the one before left undecided, so it need not look further back than that. */
static bool record_interrupted(audit_store *store, int64_t now, int *ret_count, audit_error *ret_error) {
    static const char doing[] = "looking for interrupted launches";
    int64_t launch;
    int count = 0;
    char detail[64];
    if (!db_number(store->main, doing, "SELECT seq FROM event WHERE kind = 'open' ORDER BY seq DESC LIMIT 1",
                   &launch, ret_error) ||
        !audit_begin(store, ret_error))
        return false;
    for (;; count++) {
        db_args args = db_with(store->statements[SCHEMA_NEXT_UNDECIDED]);
        db_row row;
        bool found = false;
        db_put(&args, launch);
        bool ok = db_next(&args, doing, &row, &found, ret_error);
        if (ok && found) launch = db_get(&row);
        db_end(&args);
        if (!ok) {
            audit_rollback(store);
            return false;
        }
        if (!found) break;
        if (!store_add_interrupted(store, launch, now, ret_error)) return false;
    }
    snprintf(detail, sizeof detail, "%d interrupted", count);
    if (!audit_add_event(store, now, "open", detail, ret_error) || !audit_commit(store, ret_error))
        return false;
    *ret_count = count;
    return true;
}

bool audit_open(const char *path, int64_t now, audit_store **ret, int *ret_interrupted,
                audit_error *ret_error) {
    audit_store *store = calloc(1, sizeof *store);
    bool empty, ok = false;
    int interrupted;
    if (!store) return db_refuse(NULL, DB_NO_MEMORY, opening, "out of memory", ret_error);
    if (!path || !*path) {
        db_refuse(NULL, DB_CANNOT_OPEN, opening, "it has no path", ret_error);
        goto done;
    }
    if (!lock(path, &store->lock, ret_error)) goto done;
    if (!db_open(path, DB_FOR_WRITING, &store->main, ret_error)) goto done;
    if (!check_identity(store->main, &empty, ret_error)) goto done;
    if (empty && !create(store->main, ret_error)) goto done;
    if (!set_up_writer(store->main, ret_error)) goto done;
    if (!prepare(store, 0, ret_error)) goto done;
    if (!db_number(store->main, opening, schema_last_seq, &store->committed_seq, ret_error)) goto done;
    store->last_seq = store->committed_seq;
    if (!record_interrupted(store, now, &interrupted, ret_error)) goto done;
    if (ret_interrupted) *ret_interrupted = interrupted;
    *ret = store;
    store = NULL; /* moved */
    ok = true;
done:
    audit_close(&store);
    return ok;
}

bool audit_open_reader(const char *path, audit_store **ret, audit_error *ret_error) {
    audit_store *store = calloc(1, sizeof *store);
    bool empty, ok = false;
    if (!store) return db_refuse(NULL, DB_NO_MEMORY, opening, "out of memory", ret_error);
    if (!db_open(path, DB_FOR_READING, &store->main, ret_error)) goto done;
    if (!check_identity(store->main, &empty, ret_error)) goto done;
    if (empty) {
        db_refuse(store->main, DB_NOT_A_DATABASE, opening, "it is empty", ret_error);
        goto done;
    }
    if (!db_run(store->main, opening, "PRAGMA query_only = ON; PRAGMA cell_size_check = ON", ret_error))
        goto done;
    if (!prepare(store, SCHEMA_FIRST_READING, ret_error)) goto done;
    *ret = store;
    store = NULL; /* moved */
    ok = true;
done:
    audit_close(&store);
    return ok;
}

void audit_close(audit_store **store) {
    audit_store *s = *store;
    *store = NULL;
    if (!s) return;
    audit_rollback(s);
    for (int i = 0; i < SCHEMA_STATEMENT_COUNT; i++) db_finalize(&s->statements[i]);
    if (s->main && s->lock) db_checkpoint(s->main);
    db_close(&s->main);
    db_close(&s->lock);
    free(s);
}
