/* Tests what cannot be opened and the errors that say why, and what a failed or wrong transaction leaves. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "service/audit/files.h"
#include "service/audit/upkeep.h"
#include "tests/audit/tamper.h"

#include <stdlib.h>

static void refused(bool opened, const audit_error *error, int code, const char *reason) {
    CHECK(!opened);
    CHECK_INT(error->code & 0xff, code);
    if (!CHECK(strstr(error->message, reason) != NULL))
        fprintf(stderr, "    got    %s\n    wanted %s\n", error->message, reason);
}

static void json_writer_is_refused(const char *path, int code, const char *reason) {
    audit_store *untouched = (audit_store *)&path, *store = untouched;
    int count = 42;
    audit_error error = {0};
    bool opened = fixture_try(path, FIXTURE_NOW, &store, &count, &error);
    refused(opened, &error, code, reason);
    if (opened) audit_close(&store);
    CHECK(store == untouched);
    CHECK_INT(count, 42);
}

static void reader_is_refused(const char *path, int code, const char *reason) {
    audit_store *store = NULL;
    audit_error error = {0};
    bool opened = audit_open_reader(path, &store, &error);
    refused(opened, &error, code, reason);
    audit_close(&store);
}

static void not_ours(void) {
    const char *path = fixture_path("text.db");
    fixture_write(path,
                  "This is a text that somebody wrote, and longer than the hundred bytes which SQLite's "
                  "header has, so that it is read.");
    reader_is_refused(path, 26, "file is not a database");
    reader_is_refused(path, 26, "text.db)");

    path = fixture_path("foreign.db");
    CHECK_TEXT(fixture_write_sql(path, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES ('kept')"), "");
    json_writer_is_refused(path, 20, "it is a database of another program");
    reader_is_refused(path, 20, "it is a database of another program");
    CHECK_TEXT(fixture_sql(path, "SELECT x FROM theirs"), "kept");
    CHECK_TEXT(fixture_sql(path, "PRAGMA journal_mode"), "delete");

    path = fixture_path("foreign_wal.db");
    CHECK_TEXT(fixture_write_sql(path, "PRAGMA journal_mode = WAL; CREATE TABLE theirs (x)"), "");
    json_writer_is_refused(path, 20, "it is a database of another program");
    char wal[1024];
    snprintf(wal, sizeof wal, "%s-wal", path);
    CHECK(!fixture_exists(wal));

    path = fixture_path("foreign_id.db");
    CHECK_TEXT(fixture_write_sql(path, "PRAGMA application_id = 252006673"), "");
    json_writer_is_refused(path, 20, "it is a database of another program");

    path = fixture_path("foreign_version.db"); /* of a program that counts its versions as we do */
    CHECK_TEXT(fixture_write_sql(path, "PRAGMA application_id = 252006673; PRAGMA user_version = 2"), "");
    json_writer_is_refused(path, 20, "it is a database of another program");
    reader_is_refused(path, 20, "it is a database of another program");

    path = fixture_path("newer.db");
    audit_store *store = fixture_open(path);
    audit_close(&store);
    CHECK_TEXT(fixture_write_sql(path, "PRAGMA user_version = 4"), "");
    json_writer_is_refused(path, 20, "its version is 4, this program knows 2 to 3");
    reader_is_refused(path, 20, "its version is 4, this program knows 2 to 3");

    path = fixture_path("empty.db");
    fixture_write(path, "");
    reader_is_refused(path, 26, "it is empty");
    store = fixture_open(path); /* an empty file is a database without tables */
    audit_close(&store);
}

static void no_such_place(void) {
    char path[1024];
    snprintf(path, sizeof path, "%s/no-such-directory/audit.db", fixture_directory());
    json_writer_is_refused(path, 14, "unable to open database file");
    reader_is_refused(path, 14, "unable to open database file");
    json_writer_is_refused("", 14, "it has no path");
    json_writer_is_refused(NULL, 14, "it has no path");
    reader_is_refused(fixture_path("missing.db"), 14, "unable to open database file");
    CHECK(!fixture_exists(fixture_path("missing.db")));
}

static void one_writer(void) {
    const char *path = fixture_path("locked.db");
    audit_store *store = fixture_open(path), *reader = NULL;
    audit_error error = {0};
    json_writer_is_refused(path, 5, "another broker may be using");
    json_writer_is_refused(path, 5, "locked.db.lock)");
    fixture_add_launch(store, 1);
    fixture_ok(audit_open_reader(path, &reader, &error), &error, "a reader beside the writer");
    CHECK(!audit_begin(reader, &error));
    CHECK_INT(error.code, 8);
    audit_close(&reader);
    audit_close(&store);
    store = fixture_open(path);
    audit_close(&store);
}

static void failures_roll_back(void) {
    const char *path = fixture_path("failures.db");
    audit_store *store = fixture_open(path);
    audit_error error = {0};
    audit_request request = fixture_request(fixture_id(1)), bad = fixture_request("too short");
    audit_outcome outcome = fixture_started(fixture_id(1)), unknown = fixture_started(fixture_id(9));
    audit_exit gone = {.launch_id = fixture_id(9)};

    refused(audit_add_request(store, &request, &error), &error, 21, "no transaction is open");
    refused(audit_commit(store, &error), &error, 21, "no transaction is open");
    audit_rollback(store);
    CHECK(audit_begin(store, &error) && audit_add_request(store, &request, &error));
    refused(audit_begin(store, &error), &error, 21, "one is open already");
    refused(audit_add_request(store, &bad, &error), &error, 19, "CHECK constraint failed");
    refused(audit_add_outcome(store, &outcome, &error), &error, 21, "no transaction is open");
    refused(audit_commit(store, &error), &error, 21, "no transaction is open");
    CHECK_TEXT(fixture_sql(path, "SELECT count(*) FROM launch"), "0");

    CHECK(audit_begin(store, &error) && audit_add_request(store, &request, &error));
    refused(audit_add_outcome(store, &unknown, &error), &error, 12, "its launch is not recorded");
    CHECK(audit_begin(store, &error) && audit_add_request(store, &request, &error));
    refused(audit_add_exit(store, &gone, &error), &error, 12, "its launch is not recorded");
    CHECK(audit_begin(store, &error) && audit_add_request(store, &request, &error));
    refused(audit_add_request(store, &request, &error), &error, 19, "there is one already");
    CHECK(audit_begin(store, &error) && audit_add_request(store, &request, &error));
    refused(audit_add_event(store, 1, NULL, NULL, &error), &error, 19, "NOT NULL constraint failed");
    CHECK(audit_begin(store, &error) && audit_add_request(store, &request, &error));
    audit_rollback(store);
    CHECK_TEXT(fixture_sql(path, "SELECT count(*) FROM launch"), "0");

    fixture_ok(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
                   audit_add_outcome(store, &outcome, &error) && audit_commit(store, &error),
               &error, "after the failures");
    CHECK(audit_begin(store, &error));
    refused(audit_add_outcome(store, &outcome, &error), &error, 19, "there is one already");
    CHECK_TEXT(fixture_sql(path, "SELECT seq FROM launches"), "3");
    CHECK(audit_begin(store, &error) && audit_add_event(store, 1, "lost", NULL, &error));
    audit_close(&store);
    CHECK_TEXT(fixture_sql(path, "SELECT count(*) FROM event WHERE kind = 'lost'"), "0");
}

/* Returns what the new chain says about the one before; "" if there is none. */
static const char *chain_event(const char *path, const crypto_key *key) {
    static char text[2048];
    audit_store *store = NULL;
    audit_error error = {0};
    audit_opened opened = {0};
    const audit_opening how = {
        .path = path, .now = INT64_C(1790000000000000), .key = key ? key : fixture_key()};
    if (!fixture_ok(audit_open(&how, &store, &opened, &error), &error, path)) return "";
    audit_close(&store);
    snprintf(text, sizeof text, "%s", fixture_sql(path, "SELECT detail FROM event WHERE kind = 'chain'"));
    CHECK(!*opened.why || *text);
    if (*opened.set_aside == '/') CHECK(files_exist(opened.set_aside));
    return text;
}

static void says(const char *event, const char *wanted) {
    if (!CHECK(strstr(event, wanted) != NULL))
        fprintf(stderr, "    got    %s\n    wanted %s\n", event, wanted);
}

/* An older database, or an end that does not fit, is never gone on with. */
static void ends(void) {
    static const struct {
        const char *what, *sql;
        bool rehash;
        const char *why;
    } cases[] = {
        {"as it was", "SELECT 1", false, ""},
        {"an older version", "PRAGMA user_version = 1", false, "its version is 1, this program knows 2 to 3"},
        {"a change after the last checkpoint", "UPDATE launch SET rule = 'x' WHERE seq = 3", false,
         "record 3 does not fit the one before it"},
        {"a change of the last checkpoint", "UPDATE checkpoint SET at = at + 1", false,
         "record 2 does not fit the one before it"},
        {"another signature", "UPDATE checkpoint SET signature = zeroblob(64)", true,
         "record 2 is not signed by this broker's key"},
        {"a checkpoint of another time, with its hash", "UPDATE checkpoint SET at = at + 1", true,
         "record 2 is not signed by this broker's key"},
        {"a record that is missing", "DELETE FROM event WHERE seq = 4", false, "record 4 is missing"},
        {"a handle of no launch", "INSERT INTO handle VALUES (4, 0, 'x', NULL, 0, 0, 0, NULL)", false,
         "record 4 is a launch's that is not there"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[1024];
        audit_error error = {0};
        check_case("%s", cases[i].what);
        snprintf(path, sizeof path, "%s", fixture_path("end.db"));
        audit_store *store = fixture_open(path); /* 1 is an event, 2 a checkpoint */
        fixture_add_launch(store, 1);
        fixture_ok(audit_begin(store, &error) && audit_add_event(store, FIXTURE_NOW, "a", NULL, &error) &&
                       audit_add_event(store, FIXTURE_NOW, "b", NULL, &error) && audit_commit(store, &error),
                   &error, "two events");
        audit_close(&store);
        tamper(path, cases[i].sql);
        if (cases[i].rehash) tamper_hashes(path);
        const char *event = chain_event(path, NULL);
        if (*cases[i].why) says(event, cases[i].why);
        else CHECK_TEXT(event, "");
    }

    check_case("");
}

/* A file that is not gone on with is kept, and the new one says so, whatever comes in between. */
static void set_aside(void) {
    char path[1024], other[1100], wal[1100];
    crypto_key *key = NULL;
    snprintf(path, sizeof path, "%s", fixture_path("aside.db"));
    fixture_write(path,
                  "This is a text that somebody wrote, and longer than the hundred bytes which SQLite's "
                  "header has, so that it is read.");
    says(chain_event(path, NULL), "file is not a database");
    CHECK_TEXT(chain_event(path, NULL), fixture_sql(path, "SELECT detail FROM event WHERE kind = 'chain'"));

    CHECK(crypto_key_make(&key));
    says(chain_event(path, key), "of another key");
    crypto_key_free(&key);

    /* The broker stopped in the middle of setting a file aside. */
    snprintf(path, sizeof path, "%s", fixture_path("undone.db"));
    snprintf(other, sizeof other, "%s.aside", path);
    CHECK_TEXT(chain_event(path, NULL), "");
    CHECK(files_write(other, "its end was cut\n\n", 17));
    says(chain_event(path, NULL), "its end was cut");
    CHECK(!files_exist(other));

    snprintf(path, sizeof path, "%s", fixture_path("done.db"));
    snprintf(other, sizeof other, "%s.aside", path);
    CHECK(files_write(other, "its end was cut\nover-there.db\n", 31));
    says(chain_event(path, NULL), "over-there.db: its end was cut");
    CHECK(!files_exist(other));

    /* A -wal without its database has the records. SQLite would delete it. */
    snprintf(other, sizeof other, "%s", fixture_path("whole-wal.db"));
    audit_store *store = fixture_open(other);
    fixture_add_launch(store, 1);
    snprintf(path, sizeof path, "%s", fixture_path("only-wal.db"));
    snprintf(wal, sizeof wal, "%s-wal", path);
    strcat(other, "-wal");
    tamper_copy(other, wal);
    audit_close(&store);
    fixture_write(path, "");
    int64_t size = files_size(wal);
    CHECK(size > 1000);
    says(chain_event(path, NULL), "its main file is missing");
    const char *aside = fixture_sql(
        path, "SELECT substr(detail, 21, instr(detail, ': ') - 21) FROM event WHERE kind = 'chain'");
    snprintf(wal, sizeof wal, "%s-wal", aside);
    CHECK_INT(files_size(wal), size);
}

/* A backup is whole, and never takes the place of a file. */
static void a_backup(void) {
    char path[1024], copy[1024];
    audit_error error = {0};
    snprintf(path, sizeof path, "%s", fixture_path("backup.db"));
    snprintf(copy, sizeof copy, "%s", fixture_path("backup_copy.db"));
    audit_store *store = fixture_open(path);
    fixture_add_launch(store, 1);
    fixture_ok(audit_backup(path, copy, NULL, NULL, &error), &error, "a backup");
    CHECK_TEXT(tamper_found(copy, NULL, NULL, NULL), "");
    CHECK_TEXT(fixture_sql(copy, "SELECT count(*) FROM launches"), "1");

    fixture_write(copy, "kept");
    refused(audit_backup(path, copy, NULL, NULL, &error), &error, 14, "there is a file of that name already");
    CHECK_INT(files_size(copy), 4);
    audit_close(&store);
}

#ifndef _WIN32
/* Runs as a user who may only read, because root may always write. */
static void only_reading_is_allowed(void) {
    char directory[900], path[1024], other[1024];
    audit_error error = {0};
    snprintf(directory, sizeof directory, "%s/read-only", fixture_directory());
    mkdir(directory, 0755);
    chmod(directory, 0755);
    fixture_path("read-only/audit.db");
    snprintf(path, sizeof path, "%s/audit.db", directory);
    snprintf(other, sizeof other, "%s/other.db", directory);
    audit_store *store = fixture_open(path);
    fixture_add_launch(store, 1);
    audit_close(&store);
    chmod(directory, 0555);
    fflush(stderr);

    pid_t child = fork();
    if (child == 0) {
        check_failures = 0;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
        if (access(path, R_OK) != 0) _exit(2);
        json_writer_is_refused(path, 8, "the file is write-protected");
        json_writer_is_refused(other, 14, "unable to open database file");
        CHECK_TEXT(fixture_sql(path, "SELECT count(*) FROM launches"), "1");
        fixture_ok(audit_open_reader(path, &store, &error), &error, "reading while no broker runs");
        audit_close(&store);
        _exit(check_failures != 0);
    }

    int status = -1;
    waitpid(child, &status, 0);
    chmod(directory, 0755);
    bool reached = !(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    if (check_part("other_user", reached ? NULL : "another user cannot reach the directory"))
        CHECK_INT(status, 0);
}
#endif

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    not_ours();
    no_such_place();
    one_writer();
    failures_roll_back();
    set_aside();
    ends();
    a_backup();
#ifndef _WIN32
    only_reading_is_allowed();
#else
    check_part("other_user", "acting as another user takes Unix");
#endif
    return check_report();
}
