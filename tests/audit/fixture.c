#include "tests/audit/fixture.h"

#include <stdlib.h>

static const char *directory = ".";

void fixture_begin(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc > 1) directory = argv[1];
}

const char *fixture_directory(void) {
    return directory;
}

const char *fixture_path(const char *name) {
    static char paths[4][1024];
    static unsigned next;
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char *path = paths[next++ % 4];
    for (size_t i = sizeof endings / sizeof *endings; i-- > 0;) {
        snprintf(path, sizeof paths[0], "%s/%s%s", directory, name, endings[i]);
        remove(path);
    }
    return path;
}

void fixture_write(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    fputs(text, file);
    fclose(file);
}

bool fixture_exists(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

const char *fixture_id(int number) {
    static char ids[4][40];
    static unsigned next;
    char *id = ids[next++ % 4];
    snprintf(id, sizeof ids[0], "00000000-0000-4000-8000-%012d", number);
    return id;
}

audit_request fixture_request(const char *id) {
    return (audit_request){.launch_id = id,
                           .requested_at = FIXTURE_NOW,
                           .caller_pid = 4321,
                           .caller_started_at = FIXTURE_NOW - 1000,
                           .caller_session = 1,
                           .caller_image = "C:\\tools\\host.exe",
                           .caller_sid = "S-1-5-21-1-2-3-1001",
                           .caller_user = "BOX\\ann",
                           .application = "C:\\Windows\\System32\\where.exe",
                           .command_line = "where.exe /q x",
                           .directory = "C:\\tools",
                           .environment_names = "PATH\nTEMP",
                           .lifetime = "caller",
                           .rule = "default"};
}

audit_outcome fixture_started(const char *id) {
    return (audit_outcome){.launch_id = id,
                           .at = FIXTURE_NOW + 9,
                           .outcome = AUDIT_STARTED,
                           .child_pid = 777,
                           .child_tid = 778,
                           .attested = 1,
                           .started_at = FIXTURE_NOW + 8,
                           .create_us = 1500,
                           .total_us = 2500};
}

audit_outcome fixture_refused(const char *id, audit_result result) {
    return (audit_outcome){.launch_id = id,
                           .at = FIXTURE_NOW + 9,
                           .outcome = result,
                           .stage = "decide",
                           .error_code = 5,
                           .error_message = "no",
                           .attested = -1,
                           .create_us = -1,
                           .total_us = 40};
}

static void must(bool ok, const audit_error *error, const char *what) {
    if (ok) return;
    fprintf(stderr, "%s failed: %d %s\n", what, error->code, error->message);
    exit(1);
}

const crypto_key *fixture_key(void) {
    static crypto_key *key;
    audit_error none = {.message = "no key"};
    if (!key) must(crypto_key_make(&key), &none, "crypto_key_make");
    return key;
}

bool fixture_try(const char *path, int64_t now, audit_store **ret, int *ret_interrupted,
                 audit_error *ret_error) {
    const audit_opening how = {.path = path, .now = now, .key = fixture_key()};
    audit_opened opened = {0};
    bool ok = audit_open(&how, ret, &opened, ret_error);
    if (ok && ret_interrupted) *ret_interrupted = opened.interrupted;
    return ok;
}

audit_store *fixture_open(const char *path) {
    audit_store *store = NULL;
    audit_error error = {0};
    must(fixture_try(path, FIXTURE_NOW, &store, NULL, &error), &error, "audit_open");
    return store;
}

void fixture_add_launch(audit_store *store, int number) {
    audit_error error = {0};
    audit_request request = fixture_request(fixture_id(number));
    must(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
             audit_commit(store, &error),
         &error, "adding a launch");
}

void fixture_add_whole(audit_store *store, int number) {
    audit_error error = {0};
    const char *id = fixture_id(number);
    audit_handle handle = {.position = 0, .name = "log", .type = "File", .granted_access = 0x120116};
    audit_request request = fixture_request(id);
    audit_outcome outcome = fixture_started(id);
    audit_exit gone = {.launch_id = id, .exited_at = FIXTURE_NOW, .exit_code = 0};
    request.handles = &handle;
    request.handle_count = 1;
    must(audit_add_request(store, &request, &error) && audit_add_outcome(store, &outcome, &error) &&
             audit_add_exit(store, &gone, &error),
         &error, "adding a whole launch");
}

const char *fixture_sql(const char *path, const char *sql) {
    static char text[8192];
    audit_error error = {0};
    db *d = NULL;
    if (!db_open(path, DB_FOR_READING, &d, &error) || !db_text(d, "asking", sql, text, sizeof text, &error))
        snprintf(text, sizeof text, "%s", error.message);
    db_close(&d);
    return text;
}

const char *fixture_write_sql(const char *path, const char *sql) {
    static char text[256];
    audit_error error = {0};
    db *d = NULL;
    bool ok = db_open(path, DB_FOR_WRITING, &d, &error) && db_run(d, "doing", sql, &error);
    snprintf(text, sizeof text, "%s", ok ? "" : error.message);
    db_close(&d);
    return text;
}
