#include "service/audit/files.h"
#include "service/audit/chain_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 1100 };

static const char opening[] = "opening the audit database";

/* Checks that the file is a database of a version that this program knows. *ret_version: 0 if it has no
 * content yet. A version that is too old fails like damage, so that the file is set aside. */
static bool check_identity(db *d, int *ret_version, audit_error *ret_error) {
    int64_t application, version, objects;
    char reason[128];
    if (!db_number(d, opening, "PRAGMA application_id", &application, ret_error) ||
        !db_number(d, opening, "PRAGMA user_version", &version, ret_error) ||
        !db_number(d, opening, "SELECT count(*) FROM sqlite_schema", &objects, ret_error))
        return false;
    *ret_version = 0;
    if (!application && !version && !objects) return true;
    if (application != SCHEMA_APPLICATION_ID)
        return db_refuse(d, DB_MISMATCH, opening, "it is a database of another program", ret_error);
    if (version < SCHEMA_FIRST_VERSION || version > SCHEMA_VERSION) {
        snprintf(reason, sizeof reason, "its version is %lld, this program knows %d to %d",
                 (long long)version, SCHEMA_FIRST_VERSION, SCHEMA_VERSION);
        return db_refuse(d, version < SCHEMA_VERSION ? DB_FORMAT : DB_MISMATCH, opening, reason, ret_error);
    }
    *ret_version = (int)version;
    return true;
}

static bool add_origin(db *d, const audit_opening *how, audit_error *ret_error) {
    static const char doing[] = "beginning the audit's chain";
    chain_origin origin = {.created_at = how->now};
    db_statement *s = NULL;
    if (!crypto_random(origin.id, sizeof origin.id) || !crypto_export_public(how->key, origin.public_key))
        return db_refuse(d, DB_ERROR, doing, "the system gives no random numbers or no key", ret_error);
    if (!db_prepare(d, "INSERT INTO chain (id, created_at, public_key) VALUES (?, ?, ?)", &s, ret_error))
        return false;
    db_args args = db_with(s);
    db_put_blob(&args, origin.id, sizeof origin.id);
    db_put(&args, origin.created_at);
    db_put_blob(&args, origin.public_key, sizeof origin.public_key);
    bool ok = db_execute(&args, doing, ret_error);
    db_finalize(&s);
    return ok;
}

/* Sets the version and commits. */
static bool make_current(db *d, const char *doing, audit_error *ret_error) {
    char identity[96];
    snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
    return db_run(d, doing, identity, ret_error) && db_run(d, doing, "COMMIT", ret_error);
}

/* Creates everything in one transaction. If it is cut off, the file stays empty and the next audit_open
 * creates it. */
static bool create(db *d, const audit_opening *how, audit_error *ret_error) {
    static const char doing[] = "making the audit database";
    /* auto_vacuum must come before any table. Lets pruning give space back in small steps. */
    return db_run(d, doing, "PRAGMA auto_vacuum = INCREMENTAL", ret_error) &&
           db_run(d, doing, "BEGIN IMMEDIATE", ret_error) && db_run_all(d, doing, schema_create, ret_error) &&
           db_run_all(d, doing, schema_upgrade, ret_error) && add_origin(d, how, ret_error) &&
           make_current(d, doing, ret_error);
}

/* Upgrades a database of an older version in one transaction. Its records and their hashes stay as they are.
 */
static bool upgrade(db *d, audit_error *ret_error) {
    static const char doing[] = "upgrading the audit database";
    return db_run(d, doing, "BEGIN IMMEDIATE", ret_error) &&
           db_run_all(d, doing, schema_upgrade, ret_error) && make_current(d, doing, ret_error);
}

/* Sets up durable commits: with synchronous = FULL a commit is on the disk when it returns. SQLite moves the
 * WAL into the database every 16 MiB. */
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
        const char *sql = schema_statement_of((schema_statement)i, store->version);
        if (sql && !db_prepare(store->main, sql, &store->statements[i], ret_error)) return false;
    }
    return true;
}

/* Locks an empty database beside the real one by an open transaction, which the system ends if the process
 * dies. The real one cannot be locked like this, since others read it. */
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

static bool no_fit(audit_store *store, const char *what, int64_t seq, audit_error *ret_error) {
    char reason[96];
    snprintf(reason, sizeof reason, "record %lld %s", (long long)seq, what);
    return db_refuse(store->main, DB_CORRUPT, "looking at the end of the audit", reason, ret_error);
}

/* Checks the records from the last checkpoint on, for which the next checkpoint will vouch: they must fit
 * together. */
static bool check_end(audit_store *store, audit_error *ret_error) {
    chain_link link;
    chain_reader w;
    chain_item item;
    bool found = true, ok;
    int64_t after = store->now.checkpoint_seq ? store->now.checkpoint_seq - 1 : 0;

    if (!chain_read_link(store, after, &link, ret_error)) return false;
    ok = chain_reader_start(&w, store, after + 1, ret_error);
    while (ok && (ok = chain_reader_next(&w, &link, &item, &found, ret_error)) && found) {
        if (item.table == CHAIN_STRAY_HANDLE)
            ok = no_fit(store, "is a launch's that is not there", item.seq, ret_error);
        else if (item.seq != link.seq + 1) ok = no_fit(store, "is missing", link.seq + 1, ret_error);
        else if (!item.has_hash || memcmp(item.hash, item.computed, sizeof item.hash) != 0)
            ok = no_fit(store, "does not fit the one before it", item.seq, ret_error);
        else if (item.table == SCHEMA_CHECKPOINT &&
                 (!item.has_signature || !crypto_verify(store->key, item.digest, item.signature)))
            ok = no_fit(store, "is not signed by this broker's key", item.seq, ret_error);
        link.seq = item.seq;
        memcpy(link.hash, item.hash, sizeof link.hash);
    }

    chain_reader_end(&w);
    if (ok) store->now.head = link;
    return ok;
}

/* Reads the end of the chain from the file. */
static bool find_position(audit_store *store, audit_error *ret_error) {
    static const char newest[] = "SELECT requested_at FROM launch ORDER BY seq DESC LIMIT 1";
    chain_origin origin;
    uint8_t own[CRYPTO_PUBLIC_BYTES];
    db_args args = db_with(store->statements[SCHEMA_LAST_CHECKPOINT]);
    db_row row;
    bool found = false;

    if (!chain_read_origin(store, &origin, &found, ret_error)) return false;
    if (!found || !crypto_export_public(store->key, own) || memcmp(own, origin.public_key, sizeof own) != 0)
        return db_refuse(store->main, DB_CORRUPT, opening, "its chain is of another key", ret_error);

    chain_link begin;
    if (!chain_begin(&origin, &begin))
        return db_refuse(store->main, DB_ERROR, opening, "its hash cannot be computed", ret_error);
    store->origin = origin;
    memcpy(store->origin_hash, begin.hash, sizeof store->origin_hash);
    bool ok = db_next(&args, opening, &row, &found, ret_error);
    if (ok && found) {
        store->now.checkpoint_seq = db_get(&row);
        store->now.checkpoint_at = db_get(&row);
    }

    db_end(&args);
    if (!ok || !db_number(store->main, opening, newest, &store->now.latest_request, ret_error)) return false;
    if (store->now.latest_request)
        store->now.latest_request += STORE_DISORDER_US; /* the highest that an earlier launch can have */
    if (!check_end(store, ret_error)) return false;
    store->committed = store->now;

    return true;
}

/* Finds the next launch without an outcome; 0: there is none. */
static bool next_undecided(audit_store *store, int64_t *ret, audit_error *ret_error) {
    db_args args = db_with(store->statements[SCHEMA_NEXT_UNDECIDED]);
    db_row row;
    bool found = false;
    bool ok = db_next(&args, "looking for interrupted launches", &row, &found, ret_error);
    if (ok) *ret = found ? db_get(&row) : 0;
    db_end(&args);
    return ok;
}

/* Records the outcome of a launch that a broker has left without one. */
static bool decide(audit_store *store, const audit_opening *how, int64_t seq, int *count,
                   audit_error *ret_error) {
    arena a = {0};
    msg_launch launch;
    uint32_t tid;
    audit_outcome outcome = {
        .at = how->now, .outcome = AUDIT_STARTED, .attested = -1, .create_us = -1, .total_us = -1};
    bool ok = !how->has_started || audit_launch(store, seq, &a, &launch, &tid, ret_error);
    bool started = ok && how->has_started && how->has_started(&launch, &outcome);
    *count += !started;
    ok = ok && (started ? store_add_outcome(store, seq, &outcome, ret_error)
                        : store_add_interrupted(store, seq, how->now, ret_error));
    arena_free(&a);
    return ok;
}

static bool decide_all(audit_store *store, const audit_opening *how, int *ret_count, audit_error *ret_error) {
    int64_t launch = 0;
    int count = 0;
    do {
        if (!next_undecided(store, &launch, ret_error)) return false;
        if (launch && !decide(store, how, launch, &count, ret_error)) return false;
    } while (launch);
    *ret_count = count;
    return true;
}

/* Adds the records that every opening begins with, in one transaction. */
static bool record_opening(audit_store *store, const audit_opening *how, audit_opened *opened,
                           audit_error *ret_error) {
    char detail[sizeof opened->set_aside + sizeof opened->why + 64];
    bool ok = audit_begin(store, ret_error) && decide_all(store, how, &opened->interrupted, ret_error);
    snprintf(detail, sizeof detail, "another chain is in %s: %s",
             *opened->set_aside ? opened->set_aside : "another file", opened->why);
    if (ok && *opened->why) ok = audit_add_event(store, how->now, "chain", detail, ret_error);
    snprintf(detail, sizeof detail, "%d interrupted%s", opened->interrupted,
             opened->upgraded ? ", the database was upgraded" : "");
    ok = ok && audit_add_event(store, how->now, "open", detail, ret_error) &&
         audit_add_checkpoint(store, how->now, ret_error) && audit_commit(store, ret_error);
    audit_rollback(store); /* a no-op after a commit */
    return ok;
}

/* Notes SQLite's versions, so that audit_look_for_others notices what others do from here on. */
static bool note_versions(audit_store *store, audit_error *ret_error) {
    if (!db_number(store->main, opening, "PRAGMA data_version", &store->now.data_version, ret_error) ||
        !db_number(store->main, opening, "PRAGMA schema_version", &store->now.schema_version, ret_error))
        return false;
    store->committed = store->now;
    return true;
}

#define LAST_OF(table, at) "coalesce((SELECT " at " FROM " table " ORDER BY seq DESC LIMIT 1), 0)"

/* Reads the time of the last record. */
static bool find_last_time(audit_store *store, int64_t *ret, audit_error *ret_error) {
    return db_number(
        store->main, opening,
        "SELECT max(" LAST_OF("launch", "requested_at") ", " LAST_OF("outcome", "at") ", " LAST_OF(
            "exit", "exited_at") ", " LAST_OF("event", "at") ", " LAST_OF("checkpoint", "at") ")",
        ret, ret_error);
}

/* Opens the database itself. The caller holds its lock. */
static bool open_main(audit_store *store, const audit_opening *how, audit_opened *opened,
                      audit_error *ret_error) {
    int version = 0;
    if (!db_open(how->path, DB_FOR_WRITING, &store->main, ret_error) ||
        !check_identity(store->main, &version, ret_error) ||
        (!version && !create(store->main, how, ret_error)) || !set_up_writer(store->main, ret_error))
        return false;

    store->version = SCHEMA_VERSION;
    opened->upgraded = version && version < SCHEMA_VERSION;
    return (!opened->upgraded || upgrade(store->main, ret_error)) && prepare(store, 0, ret_error) &&
           find_position(store, ret_error) && find_last_time(store, &opened->last_at, ret_error) &&
           record_opening(store, how, opened, ret_error) && note_versions(store, ret_error);
}

static void close_main(audit_store *store) {
    for (int i = 0; i < SCHEMA_STATEMENT_COUNT; i++) db_finalize(&store->statements[i]);
    db_close(&store->main);
    store->now = store->committed = (store_position){0};
}

/* Names the note beside the database that says why the database is set aside and, afterwards, under which
 * name. It stays until the new database says so itself. */
static void note_path(const audit_opening *how, char ret[PATH_BYTES]) {
    snprintf(ret, PATH_BYTES, "%s.aside", how->path);
}

static bool write_note(const audit_opening *how, const audit_opened *opened) {
    char path[PATH_BYTES], text[sizeof *opened + 2];
    note_path(how, path);
    int length = snprintf(text, sizeof text, "%s\n%s\n", opened->why, opened->set_aside);
    return files_write(path, text, (size_t)length);
}

/* Reads the note of an earlier attempt; opened->why is "" if there is none. */
static void read_note(const audit_opening *how, audit_opened *opened) {
    char path[PATH_BYTES], text[sizeof *opened + 2] = "", *line;
    note_path(how, path);
    files_read(path, text, sizeof text);
    if (!(line = strchr(text, '\n'))) return;
    *line++ = 0;
    line[strcspn(line, "\n")] = 0;
    snprintf(opened->why, sizeof opened->why, "%s", text);
    snprintf(opened->set_aside, sizeof opened->set_aside, "%s", line);
}

static bool set_aside(const audit_opening *how, const char *why, audit_opened *opened,
                      audit_error *ret_error) {
    static const char doing[] = "setting the damaged audit database aside";
    *opened->set_aside = 0;
    if (why != opened->why) snprintf(opened->why, sizeof opened->why, "%s", why);
    for (char *p = opened->why; *p; p++)
        if (*p == '\n') *p = ' ';
    if (!write_note(how, opened))
        return db_refuse(NULL, DB_CANNOT_OPEN, doing, "no note of it can be written", ret_error);
    if (!files_set_aside(how->path, how->now, opened->set_aside, sizeof opened->set_aside))
        return db_refuse(NULL, DB_CANNOT_OPEN, doing, "it cannot be moved; another program may have it open",
                         ret_error);
    return write_note(how, opened) ||
           db_refuse(NULL, DB_CANNOT_OPEN, doing, "no note of it can be written", ret_error);
}

/* Returns why to set the existing file aside, or NULL. */
static const char *why_aside(const audit_opening *how, audit_opened *opened) {
    char wal[PATH_BYTES];
    snprintf(wal, sizeof wal, "%s-wal", how->path);
    read_note(how, opened);
    if (how->set_aside) return how->set_aside;
    if (*opened->why && !*opened->set_aside && files_exist(how->path)) return opened->why;
    /* SQLite would ignore a WAL without its main file. */
    return files_size(wal) && !files_size(how->path) ? "its main file is missing" : NULL;
}

static bool open_or_set_aside(audit_store *store, const audit_opening *how, audit_opened *opened,
                              audit_error *ret_error) {
    char note[PATH_BYTES];
    audit_error error = {0};
    const char *why = why_aside(how, opened);
    bool ok = !why && open_main(store, how, opened, &error);
    if (!why && !ok) {
        close_main(store);
        if (audit_is_damaged(&error)) why = error.message;
        else if (ret_error) *ret_error = error;
    }
    if (why) ok = set_aside(how, why, opened, ret_error) && open_main(store, how, opened, ret_error);
    note_path(how, note);
    if (ok && *opened->why) files_remove(note); /* the event "chain" says so now */
    return ok;
}

bool audit_open(const audit_opening *how, audit_store **ret, audit_opened *ret_opened,
                audit_error *ret_error) {
    audit_store *store = calloc(1, sizeof *store);
    audit_opened opened = {0};
    bool ok = false;

    if (!store) return db_refuse(NULL, DB_NO_MEMORY, opening, "out of memory", ret_error);
    if (!how->path || !*how->path) {
        db_refuse(NULL, DB_CANNOT_OPEN, opening, "it has no path", ret_error);
        goto done;
    }

    store->key = how->key;
    if (!lock(how->path, &store->lock, ret_error)) goto done;
    if (!open_or_set_aside(store, how, &opened, ret_error)) goto done;
    if (ret_opened) *ret_opened = opened;
    *ret = store;
    store = NULL; /* moved */
    ok = true;

done:
    audit_close(&store);
    return ok;
}

bool audit_open_reader(const char *path, audit_store **ret, audit_error *ret_error) {
    audit_store *store = calloc(1, sizeof *store);
    bool ok = false;
    if (!store) return db_refuse(NULL, DB_NO_MEMORY, opening, "out of memory", ret_error);
    if (!db_open(path, DB_FOR_READING, &store->main, ret_error)) goto done;
    if (!check_identity(store->main, &store->version, ret_error)) goto done;
    if (!store->version) {
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

static void close_store(audit_store **store, bool as_it_is) {
    audit_store *s = *store;
    *store = NULL;
    if (!s) return;
    audit_rollback(s);
    if (s->main && s->lock && as_it_is) db_leave_wal(s->main);
    if (s->main && s->lock && !as_it_is) db_checkpoint(s->main);
    close_main(s);
    db_close(&s->lock);
    chain_free(&s->record);
    free(s);
}

void audit_close(audit_store **store) {
    close_store(store, false);
}

void audit_close_as_it_is(audit_store **store) {
    close_store(store, true);
}

void audit_move_wal(audit_store *store) {
    db_checkpoint(store->main);
}
