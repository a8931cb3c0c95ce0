/* Checks what is recorded, how the views show it, and that rows are only added. */
#include "tests/audit/fixture.h"

#include <stdlib.h>

static void a_new_database(void) {
    const char *path = fixture_path("new.db");
    audit_store *store = fixture_open(path);
    CHECK_TEXT(fixture_sql(path, "PRAGMA application_id"), "1396855345");
    CHECK_TEXT(fixture_sql(path, "PRAGMA user_version"), "3");
    CHECK_TEXT(fixture_sql(path, "PRAGMA journal_mode"), "wal");
    CHECK_TEXT(fixture_sql(path, "PRAGMA auto_vacuum"), "2");
    CHECK_TEXT(
        fixture_sql(path, "SELECT group_concat(name, ', ') FROM pragma_table_info('launches')"),
        "launch_id, requested_at, caller_pid, caller_image, caller_sid, caller_user, caller_session, "
        "application, command_line, directory, rule, outcome, stage, error_code, error_message, "
        "child_pid, attested, started_at, exited_at, exit_code, create_us, total_us, seq, "
        "caller_started_at, child_created_at, lifetime, creation_flags, environment_names, environment_hash, "
        "caller_integrity, caller_elevated, caller_services, launch_key, label, exited_after, user_us, "
        "kernel_us, peak_memory_bytes, read_bytes, written_bytes, processes");
    CHECK_TEXT(fixture_sql(path, "SELECT group_concat(name, ', ') FROM pragma_table_info('launch_handles')"),
               "launch_id, position, name, type, granted_access, caller_value, child_value, fd");
    CHECK_TEXT(fixture_sql(path, "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND schema = "
                                 "'main' AND NOT strict AND name NOT LIKE 'sqlite%'"),
               "0");
    audit_close(&store);
    CHECK(store == NULL);
    audit_close(&store);

    store = fixture_open(path);
    audit_close(&store);
    CHECK_TEXT(fixture_sql(path, "SELECT group_concat(seq || kind || detail) FROM event"),
               "1open0 interrupted,3open0 interrupted");
}

#define ROW                                                                                              \
    "SELECT concat_ws('|', outcome, ifnull(stage, '-'), ifnull(error_code, '-'), ifnull(error_message, " \
    "'-'),"                                                                                              \
    " ifnull(child_pid, '-'), ifnull(attested, '-'), ifnull(started_at, '-'), ifnull(exited_at, '-'),"   \
    " ifnull(exit_code, '-'), ifnull(create_us, '-'), ifnull(total_us, '-'), seq) FROM launches WHERE "  \
    "launch_id = "

static const char *row(const char *path, int number) {
    char sql[1024];
    snprintf(sql, sizeof sql, ROW "'%s'", fixture_id(number));
    return fixture_sql(path, sql);
}

static void every_outcome(void) {
    const char *path = fixture_path("outcomes.db");
    audit_store *store = fixture_open(path); /* adds seq 1 and 2 */
    audit_error error = {0};
    for (int i = 1; i <= 5; i++) fixture_add_launch(store, i); /* these are 3 to 7 */
    CHECK_TEXT(row(path, 1), "pending|-|-|-|-|-|-|-|-|-|-|3");

    audit_outcome started = fixture_started(fixture_id(1)), unattested = fixture_started(fixture_id(2));
    audit_outcome denied = fixture_refused(fixture_id(3), AUDIT_DENIED);
    audit_outcome failed = fixture_refused(fixture_id(4), AUDIT_FAILED);
    audit_exit gone = {.launch_id = fixture_id(1), .exited_at = FIXTURE_NOW + 99, .exit_code = 0xC0000005};
    started.stage = "create"; /* is not recorded, since the launch started */
    started.error_code = 87;
    started.error_message = "left over";
    unattested.attested = -1;
    fixture_ok(audit_begin(store, &error) && audit_add_outcome(store, &started, &error) &&
                   audit_add_outcome(store, &unattested, &error) &&
                   audit_add_outcome(store, &denied, &error) && audit_add_outcome(store, &failed, &error) &&
                   audit_add_exit(store, &gone, &error) && audit_commit(store, &error),
               &error, "outcomes");
    CHECK_TEXT(row(path, 1), "started|-|-|-|777|1|1700000008|1700000099|3221225477|1500|2500|3");
    CHECK_TEXT(row(path, 2), "started|-|-|-|777|-|1700000008|-|-|1500|2500|4");
    CHECK_TEXT(row(path, 3), "denied|decide|5|no|-|-|-|-|-|-|40|5");
    CHECK_TEXT(row(path, 4), "failed|decide|5|no|-|-|-|-|-|-|40|6");
    audit_close(&store);

    int interrupted = -1;
    fixture_ok(fixture_try(path, FIXTURE_NOW + 500, &store, &interrupted, &error), &error, "reopened");
    CHECK_INT(interrupted, 1);
    CHECK_TEXT(row(path, 5), "interrupted|-|-|the broker ended before it knew|-|-|-|-|-|-|-|7");
    CHECK_TEXT(fixture_sql(path, "SELECT at FROM outcome WHERE outcome = 'interrupted'"), "1700000500");
    fixture_add_launch(store, 6);
    audit_close(&store);
    fixture_ok(fixture_try(path, FIXTURE_NOW, &store, &interrupted, &error), &error, "reopened again");
    CHECK_INT(interrupted, 1);
    CHECK_TEXT(fixture_sql(path,
                           "SELECT count(*) || ' ' || min(seq) || ' ' || max(seq) FROM (SELECT seq FROM "
                           "launch UNION SELECT seq FROM outcome UNION SELECT seq FROM exit UNION "
                           "SELECT seq FROM event UNION SELECT seq FROM checkpoint)"),
               "19 1 19");
    audit_close(&store);
}

static void absent_text_is_null(void) {
    const char *path = fixture_path("null.db");
    audit_store *store = fixture_open(path);
    audit_error error = {0};
    audit_handle handle = {.position = 0, .name = "log"};
    audit_request request = {.launch_id = fixture_id(1), .handles = &handle, .handle_count = 1};
    fixture_ok(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
                   audit_commit(store, &error),
               &error, "nothing but an id");
    CHECK_TEXT(fixture_sql(path, "SELECT coalesce(caller_started_at, caller_image, caller_sid, caller_user, "
                                 "application, command_line, directory, environment_names, lifetime, rule, "
                                 "'all NULL') FROM launch"),
               "all NULL");
    CHECK_TEXT(fixture_sql(path, "SELECT name || position || ifnull(type, '-') || ifnull(fd, '-') "
                                 "FROM launch_handles"),
               "log0--");
    audit_close(&store);
}

static void rows_are_only_added(void) {
    static const char *const refused[][2] = {
        {"UPDATE launch SET rule = 'x'", "launch: rows are only added"},
        {"UPDATE handle SET name = 'x'", "handle: rows are only added"},
        {"UPDATE outcome SET at = 1", "outcome: rows are only added"},
        {"UPDATE exit SET exit_code = 0", "exit: rows are only added"},
        {"UPDATE event SET kind = 'x'", "event: rows are only added"},
        {"DELETE FROM launch", "launch: rows are only added"},
        {"DELETE FROM handle", "handle: rows are only added"},
        {"DELETE FROM outcome", "outcome: rows are only added"},
        {"DELETE FROM exit", "exit: rows are only added"},
        {"DELETE FROM event", "event: rows are only added"},
        {"REPLACE INTO launch (seq, launch_id, requested_at, caller_pid, caller_session, creation_flags, hash) "
         "SELECT seq, launch_id, 0, 0, 0, 0, hash FROM launch",
         "launch: there is one already"},
        {"REPLACE INTO launch (seq, launch_id, requested_at, caller_pid, caller_session, creation_flags, hash) "
         "SELECT 7, launch_id, 0, 0, 0, 0, hash FROM launch",
         "launch: there is one already"},
        {"REPLACE INTO outcome (seq, launch, at, outcome, hash) VALUES (7, 3, 0, 'denied', zeroblob(32))",
         "outcome: there is one already"},
        {"REPLACE INTO exit (seq, launch, exited_at, exit_code, hash) VALUES (7, 3, 0, 0, zeroblob(32))",
         "exit: there is one already"},
        {"REPLACE INTO handle SELECT * FROM handle", "handle: there is one already"},
        {"INSERT INTO handle VALUES (3, 9, 'late', NULL, 0, 0, 0, NULL)", "handle: not the next record"},
        {"INSERT INTO event VALUES (8, 0, 'x', NULL, zeroblob(32))", "event: not the next record"},
        {"INSERT INTO event (at, kind, hash) VALUES (0, 'x', zeroblob(32))", "event: not the next record"},
        {"INSERT INTO exit (seq, launch, exited_at, exit_code, hash) VALUES (7, 99, 0, 0, zeroblob(32))",
         "exit: its launch is not recorded"},
        {"INSERT INTO outcome (seq, launch, at, outcome, hash) VALUES (7, 99, 0, 'denied', zeroblob(32))",
         "outcome: its launch is not recorded"},
        {"INSERT INTO event VALUES (7, 0, 'x', NULL, x'00')", "CHECK constraint failed"},
        {"DELETE FROM checkpoint", "checkpoint: rows are only added"},
        {"UPDATE checkpoint SET at = 1", "checkpoint: rows are only added"},
        {"DELETE FROM chain", "chain: "},
        {"UPDATE chain SET created_at = 1", "chain: "},
        {"INSERT INTO chain SELECT * FROM chain", "chain: there is one already"},
        {"INSERT INTO event VALUES (7, 'soon', 'x', NULL, zeroblob(32))",
         "cannot store TEXT value in INTEGER column event.at"},
    };
    const char *path = fixture_path("only.db");
    audit_store *store = fixture_open(path);
    audit_error error = {0};
    audit_handle handle = {.position = 0, .name = "log"};
    audit_request request = fixture_request(fixture_id(1));
    audit_outcome outcome = fixture_started(fixture_id(1));
    audit_exit gone = {.launch_id = fixture_id(1)};

    request.handles = &handle;
    request.handle_count = 1;
    fixture_ok(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
                   audit_add_outcome(store, &outcome, &error) && audit_add_exit(store, &gone, &error) &&
                   audit_add_event(store, 1, "start", NULL, &error) && audit_commit(store, &error),
               &error, "one of each");

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char wanted[1024];
        snprintf(wanted, sizeof wanted, "doing: %s", refused[i][1]);
        const char *got = fixture_write_sql(path, refused[i][0]);
        if (!CHECK(strncmp(got, wanted, strlen(wanted)) == 0))
            fprintf(stderr, "    %s\n    got    %s\n    wanted %s\n", refused[i][0], got, wanted);
    }

    audit_close(&store);
}

/* The broker signs when the store says that it is time to. */
static void when_to_sign(void) {
    audit_store *store = fixture_open(fixture_path("due.db")); /* signed at FIXTURE_NOW */
    audit_error error = {0};
    CHECK(!audit_checkpoint_due(store, FIXTURE_NOW));
    CHECK(!audit_checkpoint_due(store, FIXTURE_NOW + AUDIT_CHECKPOINT_US - 1));
    CHECK(audit_checkpoint_due(store, FIXTURE_NOW + AUDIT_CHECKPOINT_US));
    CHECK(audit_checkpoint_due(store, FIXTURE_NOW - 1)); /* the clock was set back */

    CHECK(audit_begin(store, &error));
    for (int i = 1; i < AUDIT_CHECKPOINT_RECORDS; i++)
        fixture_ok(audit_add_event(store, FIXTURE_NOW, "note", NULL, &error), &error, "an event");
    CHECK(!audit_checkpoint_due(store, FIXTURE_NOW));
    fixture_ok(audit_add_event(store, FIXTURE_NOW, "note", NULL, &error), &error, "an event");
    CHECK(audit_checkpoint_due(store, FIXTURE_NOW));
    fixture_ok(audit_add_checkpoint(store, FIXTURE_NOW - 1, &error), &error, "a checkpoint");
    CHECK(!audit_checkpoint_due(store, FIXTURE_NOW));
    audit_rollback(store);
    CHECK(!audit_checkpoint_due(store, FIXTURE_NOW));
    audit_close(&store);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    a_new_database();
    every_outcome();
    absent_text_is_null();
    rows_are_only_added();
    when_to_sign();
    return check_report();
}
