/* What the broker does when it cannot write the audit: nothing runs without a record (unless the policy
 * allows it), one event reports the gap, and the audit recovers by itself. With --small DIR, a directory on a
 * disk of a few megabytes, the test also fills that disk. */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

typedef struct place {
    test_broker broker;
    sb_client *client;
    char database[AUDIT_PATH_BYTES];
} place;

static bool open_place(place *p, const wchar_t *data, const char *policy) {
    *p = (place){0};
    wchar_t made[MAX_PATH], path[MAX_PATH + 16];
    if (!data) {
        if (!CHECK(directory_make_data(made, L"faults"))) return false;
        data = made;
    }
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data);
    if (policy && !CHECK(file_write(path, policy, strlen(policy)))) return false;
    if (!CHECK(broker_start(&p->broker, data))) return false;
    audit_path(p->broker.data, L"audit.db", p->database);
    p->client = broker_connect(p->broker.pipe);
    return CHECK(p->client != NULL);
}

static void close_place(place *p, bool keep) {
    sb_disconnect(p->client);
    if (keep) CHECK_INT(broker_stop_keep(&p->broker), 0);
    else CHECK_INT(broker_stop(&p->broker), 0);
}

/* Launches a child that exits at once, and returns the launch's error. */
static DWORD launch(const place *p, sb_error *ret_error) {
    wchar_t line[1024];
    sb_spawn_options options = helper_options(L"exit:0", line, 1024);
    sb_process process;
    DWORD err = sb_spawn(p->client, &options, &process, ret_error);
    if (err) return err;
    WaitForSingleObject(process.process, TEST_DEADLINE_MS);
    sb_process_close(&process);
    return ERROR_SUCCESS;
}

typedef struct wanted {
    const place *p;
    const char *state;
    char got[32];
} wanted;

static bool state_is(void *context) {
    wanted *w = context;
    msg_status status;
    raw_client client;
    msg_reply reply;
    size_t length;
    bool same = false;

    if (!raw_open(&client, w->p->broker.pipe)) return false;
    if (raw_hello(&client)) {
        char *frame = msg_encode_status(client.next_id++, &length);
        if (raw_call(&client, frame, length, &reply)) {
            if (msg_reply_status(&reply, &status)) {
                snprintf(w->got, sizeof w->got, "%s", status.audit_state);
                same = !strcmp(status.audit_state, w->state);
            }
            msg_reply_free(&reply);
        }
    }
    raw_close(&client);
    return same;
}

static void state_becomes(const place *p, const char *state) {
    wanted w = {.p = p, .state = state};
    poll_until(state_is, &w, TEST_DEADLINE_MS);
    CHECK_TEXT(w.got, state);
}

/* ---- another program holds a lock ---- */

static db *lock(const place *p) {
    audit_error error = {0};
    db *d = NULL;
    if (!CHECK(db_open(p->database, DB_FOR_WRITING, &d, &error)) ||
        !CHECK(db_run(d, "locking", "BEGIN IMMEDIATE", &error)))
        printf("    %s\n", error.message);
    return d;
}

static void unlock(db **d) {
    db_run(*d, "unlocking", "ROLLBACK", NULL);
    db_close(d);
}

static void a_lock(void) {
    place p;
    sb_error error;

    check_about("the database is locked by another program");
    if (!open_place(&p, NULL, NULL)) return;
    CHECK_INT(launch(&p, &error), 0);
    db *locked = lock(&p);
    CHECK_INT(launch(&p, &error), ERROR_LOCK_VIOLATION);
    CHECK_INT(error.stage, SB_STAGE_RECORD);
    state_becomes(&p, "failing");
    uint64_t before = GetTickCount64();
    CHECK_INT(launch(&p, &error), ERROR_LOCK_VIOLATION);
    CHECK(GetTickCount64() - before < 1500); /* the broker does not wait for the lock again */
    audit_becomes(p.database, "SELECT group_concat(outcome) FROM launches",
                  "started"); /* the existing records can be read */
    unlock(&locked);
    state_becomes(&p, "working");
    CHECK_INT(launch(&p, &error), 0);
    audit_becomes(p.database, "SELECT group_concat(outcome) FROM launches", "started,started");
    audit_becomes(p.database,
                  "SELECT json_extract(detail, '$.launches_refused') FROM event WHERE kind = 'gap'", "2");
    close_place(&p, true);
    CHECK_INT(audit_findings(p.database, p.broker.data), 0);
    directory_remove(p.broker.data);
}

static void a_lock_but_degraded(void) {
    place p;
    sb_error error;

    check_about("locked, and launches are allowed without a record");
    if (!open_place(&p, NULL,
                    "{\"version\":1,\"default\":\"allow\",\"audit\":{\"on_failure\":\"allow_degraded\"}}"))
        return;

    db *locked = lock(&p);
    for (int i = 0; i < 3; i++) CHECK_INT(launch(&p, &error), 0);
    state_becomes(&p, "failing");
    unlock(&locked);
    state_becomes(&p, "working");

    /* The records come late, but complete, with outcome and exit code. */
    audit_becomes(p.database, "SELECT group_concat(outcome || coalesce(exit_code, '-')) FROM launches",
                  "started0,started0,started0");
    audit_becomes(p.database,
                  "SELECT json_extract(detail, '$.launches_recorded_late') FROM event WHERE kind = 'gap'",
                  "3");
    close_place(&p, true);
    CHECK_INT(audit_findings(p.database, p.broker.data), 0);
    directory_remove(p.broker.data);
}

/* The outcome, too, is on disk before the launch returns. */
static void the_outcome_first(void) {
    place p;
    sb_error error;
    check_about("the launch waits for its outcome");
    if (!open_place(&p, NULL, "{\"version\":1,\"default\":\"allow\",\"audit\":{\"wait\":\"outcome\"}}"))
        return;
    CHECK_INT(launch(&p, &error), 0);
    char text[AUDIT_TEXT_BYTES];
    audit_text(p.database, "SELECT outcome || (child_pid IS NOT NULL) FROM launches", text);
    CHECK_TEXT(text, "started1"); /* without waiting */
    close_place(&p, false);
}

/* ---- the file ---- */

static bool find_set_aside(const wchar_t *data, char path[AUDIT_PATH_BYTES]) {
    wchar_t pattern[MAX_PATH + 32];
    WIN32_FIND_DATAW found;
    swprintf(pattern, MAX_PATH + 32, L"%ls\\audit.damaged-*.db", data);
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE) return false;
    FindClose(search);
    audit_path(data, found.cFileName, path);
    return true;
}

static void altered(void) {
    place p;
    sb_error error;
    char aside[AUDIT_PATH_BYTES];
    audit_error why = {0};
    db *d = NULL;

    check_about("another program deletes the last records");
    if (!open_place(&p, NULL, NULL)) return;
    CHECK_INT(launch(&p, &error), 0);
    audit_becomes(p.database, "SELECT exit_code FROM launches", "0");
    CHECK(db_open(p.database, DB_FOR_WRITING, &d, &why));
    CHECK(db_run(d, "tampering", "DROP TRIGGER exit_is_not_deleted; DELETE FROM exit", &why));
    db_close(&d);
    CHECK_INT(launch(&p, &error), 0); /* it has a record in a new chain */
    audit_becomes(p.database, "SELECT count(*) || max(outcome) FROM launches", "1started");
    audit_becomes(p.database, "SELECT count(*) FROM event WHERE kind = 'chain'", "1");
    close_place(&p, true);
    CHECK_INT(audit_findings(p.database, p.broker.data), 0);
    if (CHECK(find_set_aside(p.broker.data, aside))) {
        printf("what was set aside does not verify:\n");
        CHECK(audit_findings(aside, p.broker.data) > 0);
    }
    directory_remove(p.broker.data);
}

static void only_touched(void) {
    place p;
    sb_error error;
    audit_error why = {0};
    db *d = NULL;
    check_about("another program writes into the database");
    if (!open_place(&p, NULL, NULL)) return;
    CHECK_INT(launch(&p, &error), 0);
    CHECK(db_open(p.database, DB_FOR_WRITING, &d, &why) &&
          db_run(d, "writing", "INSERT INTO pending VALUES (900000)", &why));
    db_close(&d);
    CHECK_INT(launch(&p, &error), 0);
    audit_becomes(p.database, "SELECT count(*) FROM event WHERE kind = 'altered'", "1");
    close_place(&p, false);
}

/* The next launch finds what was done to the audit: it is set aside, and a new chain begins. Ends the place.
 */
static void set_aside_by_next_launch(place *p) {
    sb_error error;
    char aside[AUDIT_PATH_BYTES];
    CHECK_INT(launch(p, &error), 0);
    audit_becomes(p->database, "SELECT count(*) FROM event WHERE kind = 'chain'", "1");
    CHECK(find_set_aside(p->broker.data, aside));
    close_place(p, true);
    CHECK_INT(audit_findings(p->database, p->broker.data), 0);
    directory_remove(p->broker.data);
}

/* Changes the last record in place. Triggers are off, as an attacker would have them, so no table changes. */
static void last_record_changed(void) {
    place p;
    sb_error error;
    sqlite3 *d = NULL;

    check_about("another program changes the last record");
    if (!open_place(&p, NULL, NULL)) return;
    CHECK_INT(launch(&p, &error), 0);
    audit_becomes(p.database, "SELECT exit_code FROM launches", "0");
    CHECK_INT(sqlite3_open(p.database, &d), SQLITE_OK);
    CHECK_INT(sqlite3_db_config(d, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL), SQLITE_OK);
    CHECK_INT(sqlite3_exec(d, "UPDATE exit SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM exit)",
                           NULL, NULL, NULL),
              SQLITE_OK);
    CHECK_INT(sqlite3_changes(d), 1);
    sqlite3_close(d);

    set_aside_by_next_launch(&p);
}

/* A change that would prevent all recording is noticed when the next record is written. */
static void tables_changed(void) {
    static const char *const changes[] = {"DROP TABLE handle",
                                          "INSERT INTO event SELECT max(seq) + 1, 0, 'forged', NULL, "
                                          "zeroblob(32) FROM (SELECT max(seq) AS seq FROM launch "
                                          "UNION SELECT max(seq) FROM outcome UNION SELECT max(seq) FROM "
                                          "exit UNION SELECT max(seq) FROM event UNION SELECT "
                                          "max(seq) FROM checkpoint)"};

    check_about("another program changes tables, or adds a record");
    for (int i = 0; i < 2; i++) {
        place p;
        sb_error error;
        audit_error why = {0};
        db *d = NULL;
        if (!open_place(&p, NULL, NULL)) return;
        CHECK_INT(launch(&p, &error), 0);
        audit_becomes(p.database, "SELECT exit_code FROM launches", "0");
        if (!CHECK(db_open(p.database, DB_FOR_WRITING, &d, &why) && db_run(d, "changing", changes[i], &why)))
            printf("    %s\n", why.message);
        db_close(&d);
        set_aside_by_next_launch(&p);
    }
}

/* If a launch fails while the database is locked, its outcome is recorded late. */
static void a_failure_while_locked(void) {
    place p;
    sb_error error;
    wchar_t line[1024];
    sb_process process;
    check_about("a launch that fails while the database is locked");
    if (!open_place(&p, NULL,
                    "{\"version\":1,\"default\":\"allow\",\"audit\":{\"on_failure\":\"allow_degraded\"}}"))
        return;
    db *locked = lock(&p);
    sb_spawn_options options = helper_options(L"exit:0", line, 1024);
    options.directory = L"C:\\no\\such\\directory";
    CHECK(sb_spawn(p.client, &options, &process, &error) != 0);
    unlock(&locked);
    state_becomes(&p, "working");
    audit_becomes(p.database, "SELECT group_concat(outcome) FROM launches", "failed");
    close_place(&p, false);
}

/* Changes bytes in the middle of the file while no broker runs. */
static void damaged(void) {
    place p;
    sb_error error;
    char aside[AUDIT_PATH_BYTES], junk[65536];

    check_about("a damaged file");
    if (!open_place(&p, NULL, NULL)) return;
    for (int i = 0; i < 5; i++) CHECK_INT(launch(&p, &error), 0);
    close_place(&p, true);
    wchar_t data[MAX_PATH];
    wcscpy(data, p.broker.data);
    memset(junk, 0xA5, sizeof junk);

    FILE *file = fopen(p.database, "r+b");
    if (CHECK(file != NULL)) {
        fseek(file, 4096, SEEK_SET);
        CHECK(fwrite(junk, 1, sizeof junk, file) == sizeof junk);
        fclose(file);
    }

    if (!open_place(&p, data, NULL)) return;
    CHECK_INT(launch(&p, &error), 0);
    CHECK(find_set_aside(data, aside));
    audit_becomes(p.database, "SELECT count(*) FROM event WHERE kind = 'chain'", "1");
    close_place(&p, true);
    CHECK_INT(audit_findings(p.database, data), 0);
    directory_remove(data);
}

/* ---- a disk that fills up ---- */

static void fill(const wchar_t *path) {
    static char bytes[16384];
    DWORD written, size = sizeof bytes;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    while (size >= 512)
        if (!WriteFile(file, bytes, size, &written, NULL) || written < size) size /= 2;
    CloseHandle(file);
}

static void a_full_disk(const wchar_t *small) {
    place p;
    sb_error error = {0};
    wchar_t data[MAX_PATH], filler[MAX_PATH], line[1024];
    sb_process sleeper;
    DWORD err = ERROR_SUCCESS;
    int launches = 0;

    check_about("a disk that fills up");
    swprintf(data, MAX_PATH, L"%ls\\data", small);
    swprintf(filler, MAX_PATH, L"%ls\\filler", small);
    if (!open_place(&p, data, NULL)) return;
    sb_spawn_options options = helper_options(L"sleep:600000", line, 1024);
    CHECK_INT(sb_spawn(p.client, &options, &sleeper, &error), 0);
    fill(filler);
    for (; launches < 2000 && !err; launches++) err = launch(&p, &error);
    printf("full after %d launches: error %lu, %ls\n", launches, err, error.message);
    CHECK_INT(err, ERROR_DISK_FULL);
    CHECK_INT(error.stage, SB_STAGE_RECORD);
    state_becomes(&p, "full");

    /* The broker still records what runs, in the reserved space. Status and queries work. */
    TerminateProcess(sleeper.process, 77);
    audit_becomes(p.database, "SELECT count(*) FROM launches WHERE exit_code = 77", "1");
    CHECK_INT(launch(&p, &error), ERROR_DISK_FULL);
    raw_audit audit;
    CHECK(raw_audit_read(p.broker.pipe, 0, 10, &audit) && audit.count >= 2);
    raw_audit_free(&audit);
    DeleteFileW(filler);
    state_becomes(&p, "working");
    CHECK_INT(launch(&p, &error), 0);
    audit_becomes(p.database,
                  "SELECT json_extract(detail, '$.launches_refused') >= 2 FROM event WHERE kind = 'gap'",
                  "1");
    sb_process_close(&sleeper);
    close_place(&p, true);
    CHECK_INT(audit_findings(p.database, p.broker.data), 0);
    directory_remove(data);
}

int wmain(int argc, wchar_t **argv) {
    a_lock();
    a_lock_but_degraded();
    the_outcome_first();
    altered();
    only_touched();
    tables_changed();
    last_record_changed();
    a_failure_while_locked();
    damaged();
    if (argc == 3 && !wcscmp(argv[1], L"--small")) a_full_disk(argv[2]);
    else printf("a disk that fills up: not tried; give one with --small DIR\n");
    return check_report();
}
