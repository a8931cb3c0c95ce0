/* What is recorded, how it reads in the views, and that rows are only added. */
#include "fixture.h"

#include <stdlib.h>

static void a_new_database(void) {
    const char *path = fixture_path("new.db");
    audit_store *store = fixture_open(path);
    CHECK_TEXT(fixture_sql(path, "PRAGMA application_id"), "1396855345");
    CHECK_TEXT(fixture_sql(path, "PRAGMA user_version"), "1");
    CHECK_TEXT(fixture_sql(path, "PRAGMA journal_mode"), "wal");
    CHECK_TEXT(fixture_sql(path, "PRAGMA auto_vacuum"), "2");
    CHECK_TEXT(fixture_sql(path, "SELECT group_concat(name, ', ') FROM pragma_table_info('launches')"),
               "launch_id, requested_at, caller_pid, caller_image, caller_sid, caller_user, caller_session, "
               "application, command_line, directory, rule, outcome, stage, error_code, error_message, "
               "child_pid, attested, started_at, exited_at, exit_code, create_us, total_us, seq");
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
               "1open0 interrupted,2open0 interrupted");
}

#define ROW                                                                                                  \
    "SELECT concat_ws('|', outcome, ifnull(stage, '-'), ifnull(error_code, '-'), ifnull(error_message, "     \
    "'-'),"                                                                                                  \
    " ifnull(child_pid, '-'), ifnull(attested, '-'), ifnull(started_at, '-'), ifnull(exited_at, '-'),"       \
    " ifnull(exit_code, '-'), ifnull(create_us, '-'), ifnull(total_us, '-'), seq) FROM launches WHERE "      \
    "launch_id = "

static const char *row(const char *path, int number) {
    char sql[1024];
    snprintf(sql, sizeof sql, ROW "'%s'", fixture_id(number));
    return fixture_sql(path, sql);
}

static void every_outcome(void) {
    const char *path = fixture_path("outcomes.db");
    audit_store *store = fixture_open(path); /* seq 1 */
    audit_error error = {0};
    for (int i = 1; i <= 5; i++) fixture_add_launch(store, i); /* 2 to 6 */
    CHECK_TEXT(row(path, 1), "pending|-|-|-|-|-|-|-|-|-|-|2");

    audit_outcome started = fixture_started(fixture_id(1)), unattested = fixture_started(fixture_id(2));
    audit_outcome denied = fixture_refused(fixture_id(3), AUDIT_DENIED);
    audit_outcome failed = fixture_refused(fixture_id(4), AUDIT_FAILED);
    audit_exit gone = {.launch_id = fixture_id(1), .exited_at = FIXTURE_NOW + 99, .exit_code = 0xC0000005};
    started.stage = "create"; /* a launch that started has no error, whatever is left in the struct */
    started.error_code = 87;
    started.error_message = "left over";
    unattested.attested = -1;
    fixture_ok(audit_begin(store, &error) && audit_add_outcome(store, &started, &error) &&
                   audit_add_outcome(store, &unattested, &error) &&
                   audit_add_outcome(store, &denied, &error) && audit_add_outcome(store, &failed, &error) &&
                   audit_add_exit(store, &gone, &error) && audit_commit(store, &error),
               &error, "outcomes");
    CHECK_TEXT(row(path, 1), "started|-|-|-|777|1|1700000008|1700000099|3221225477|1500|2500|2");
    CHECK_TEXT(row(path, 2), "started|-|-|-|777|-|1700000008|-|-|1500|2500|3");
    CHECK_TEXT(row(path, 3), "denied|decide|5|no|-|-|-|-|-|-|40|4");
    CHECK_TEXT(row(path, 4), "failed|decide|5|no|-|-|-|-|-|-|40|5");
    audit_close(&store);

    int interrupted = -1;
    fixture_ok(audit_open(path, FIXTURE_NOW + 500, &store, &interrupted, &error), &error, "reopened");
    CHECK_INT(interrupted, 1);
    CHECK_TEXT(row(path, 5), "interrupted|-|-|the broker ended before it knew|-|-|-|-|-|-|-|6");
    CHECK_TEXT(fixture_sql(path, "SELECT at FROM outcome WHERE outcome = 'interrupted'"), "1700000500");
    fixture_add_launch(store, 6);
    audit_close(&store);
    fixture_ok(audit_open(path, FIXTURE_NOW, &store, &interrupted, &error), &error, "reopened again");
    CHECK_INT(interrupted, 1);
    CHECK_TEXT(fixture_sql(path,
                           "SELECT count(*) || ' ' || min(seq) || ' ' || max(seq) FROM (SELECT seq FROM "
                           "launch UNION SELECT seq FROM outcome UNION SELECT seq FROM exit UNION "
                           "SELECT seq FROM event)"),
               "16 1 16");
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
        {"REPLACE INTO launch SELECT * FROM launch", "launch: there is one already"},
        {"REPLACE INTO launch SELECT 6, launch_id, requested_at, caller_pid, NULL, 0, NULL, NULL, NULL, "
         "NULL, "
         "NULL, NULL, NULL, NULL, 0, NULL FROM launch",
         "launch: there is one already"},
        {"REPLACE INTO outcome (seq, launch, at, outcome) VALUES (6, 2, 0, 'denied')",
         "outcome: there is one already"},
        {"REPLACE INTO exit VALUES (6, 2, 0, 0)", "exit: there is one already"},
        {"REPLACE INTO handle SELECT * FROM handle", "handle: there is one already"},
        {"INSERT INTO handle VALUES (2, 9, 'late', NULL, 0, 0, 0, NULL)", "handle: not the next record"},
        {"INSERT INTO event VALUES (7, 0, 'x', NULL)", "event: not the next record"},
        {"INSERT INTO event (at, kind) VALUES (0, 'x')", "event: not the next record"},
        {"INSERT INTO exit VALUES (6, 99, 0, 0)", "FOREIGN KEY constraint failed"},
        {"INSERT INTO event VALUES (6, 'soon', 'x', NULL)",
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

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    a_new_database();
    every_outcome();
    absent_text_is_null();
    rows_are_only_added();
    return check_report();
}
