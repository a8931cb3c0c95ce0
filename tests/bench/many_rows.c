#include "tests/bench/many_rows.h"

#include "service/audit/db.h"
#include "service/audit/schema.h"

#include <stdio.h>
#include <string.h>

static const char doing[] = "making a large database";

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned limit) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % limit;
}

/* Runs the statements of a part of the schema that begin with `what`. */
static bool run(db *d, const char *const *sql, const char *what, audit_error *ret_error) {
    for (; *sql; sql++)
        if (!strncmp(*sql, what, strlen(what)) && !db_run(d, doing, *sql, ret_error)) return false;
    return true;
}

static bool create(db *d, const char *what, audit_error *ret_error) {
    return run(d, schema_create, what, ret_error);
}

static bool upgrade(db *d, const char *what, audit_error *ret_error) {
    return run(d, schema_upgrade, what, ret_error);
}

enum { ADD_LAUNCH, ADD_HANDLE, ADD_OUTCOME, ADD_EXIT, ADD_EVENT, ADD_COUNT };

typedef struct maker {
    db *d;
    db_statement *add[ADD_COUNT];
    int64_t seq, launch, count; /* of the last record, of the last launch, and how many launches to make */
    audit_error *error;
} maker;

static bool add_launch(maker *m, int64_t i, int64_t at, bool rare) {
    char id[48], sid[48], user[24], image[64], caller[64], line[96], rule[16];
    unsigned who = rare ? 99 : below(below(40) + 1), program = below(below(300) + 1);
    db_args args = db_with(m->add[ADD_LAUNCH]);

    snprintf(id, sizeof id, "%08x-%04x-7000-8000-%012llx", (unsigned)(at / 1000 >> 16),
             (unsigned)(at / 1000) & 0xFFFF, (unsigned long long)i);
    snprintf(sid, sizeof sid, "S-1-5-21-1004336348-1177238915-%u", 1000 + who);
    snprintf(user, sizeof user, rare ? "OFFICE\\Rare" : "OFFICE\\User%u", who);
    snprintf(image, sizeof image, rare ? "C:\\Tools\\rare.exe" : "C:\\Tools\\bin\\program%u.exe", program);
    snprintf(caller, sizeof caller, rare ? "C:\\Hosts\\rare-host.exe" : "C:\\Hosts\\host%u.exe", below(40));
    snprintf(line, sizeof line, "%s.exe --job %lld --target %s", rare ? "rare" : "program", (long long)i,
             program % 2 ? "release" : "debug");
    snprintf(rule, sizeof rule, rare ? "rare" : "rule-%u", who % 12);
    m->launch = ++m->seq;
    db_put(&args, m->seq);
    db_put_text(&args, id);
    db_put(&args, at);
    db_put(&args, rare ? 400000 : 4 * (int64_t)below(15000));
    db_put_text(&args, caller);
    db_put_text(&args, sid);
    db_put_text(&args, user);
    db_put_text(&args, image);
    db_put_text(&args, line);
    db_put_text(&args, rule);

    return db_execute(&args, doing, m->error);
}

static bool add_handles(maker *m, bool rare) {
    static const char *const names[] = {"stdin", "stdout", "log", "frames"}, *const types[] = {"File", "File",
                                                                                               "File",
                                                                                               "Section"};
    unsigned count = below(5);
    for (unsigned i = 0; i < count + rare; i++) {
        db_args args = db_with(m->add[ADD_HANDLE]);
        db_put(&args, m->launch);
        db_put(&args, i);
        db_put_text(&args, i == count ? "rare" : names[i]);
        db_put_text(&args, i == count ? "Token" : types[i]);
        if (!db_execute(&args, doing, m->error)) return false;
    }
    return true;
}

static bool add_end(maker *m, int64_t i, int64_t at, bool rare) {
    unsigned luck = below(1000);
    const char *outcome = rare ? "interrupted" : luck < 20 ? "denied" : luck < 40 ? "failed" : "started";
    bool started = !rare && luck >= 40;

    if (i + 3 > m->count) return true; /* the last ones are pending */
    db_args args = db_with(m->add[ADD_OUTCOME]);
    db_put(&args, ++m->seq);
    db_put(&args, m->launch);
    db_put(&args, at + 5000);
    db_put_text(&args, outcome);
    db_put_if(&args, started, 4 * (int64_t)below(15000));
    db_put_if(&args, started, at + 3000);
    db_put(&args, 3000 + below(3000));
    if (!db_execute(&args, doing, m->error)) return false;
    if (!started || i + 100 > m->count) return true; /* the newest children still run */
    args = db_with(m->add[ADD_EXIT]);
    db_put(&args, ++m->seq);
    db_put(&args, m->launch);
    db_put(&args, at + 900000);
    db_put(&args, i % 10000 == 7 ? 0xC0000005 : below(20) ? 0 : 1);

    return db_execute(&args, doing, m->error);
}

static bool add_clock(maker *m, int64_t at) {
    db_args args = db_with(m->add[ADD_EVENT]);
    db_put(&args, ++m->seq);
    db_put(&args, at);
    db_put_text(&args, "clock");
    return db_execute(&args, doing, m->error);
}

static bool add_all(maker *m) {
    static const char
        launch[] =
            "INSERT INTO launch (seq, launch_id, requested_at, caller_pid, caller_session, "
            "caller_image, caller_sid, caller_user, application, command_line, rule, creation_flags, hash, "
            "caller_integrity, caller_elevated) "
            "VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, 0, zeroblob(32), 8192, 0)",
        outcome[] = "INSERT INTO outcome (seq, launch, at, outcome, child_pid, started_at, total_us, hash) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, zeroblob(32))";
    static const char *const sql[] = {
        [ADD_LAUNCH] = launch,
        [ADD_HANDLE] = "INSERT INTO handle VALUES (?, ?, ?, ?, 0x120116, 400, 80, NULL)",
        [ADD_OUTCOME] = outcome,
        [ADD_EXIT] =
            "INSERT INTO exit (seq, launch, exited_at, exit_code, hash) VALUES (?, ?, ?, ?, zeroblob(32))",
        [ADD_EVENT] = "INSERT INTO event VALUES (?, ?, ?, NULL, zeroblob(32))"};
    bool ok = db_run(m->d, doing, "BEGIN", m->error);
    int64_t back = 0;
    for (int i = 0; ok && i < ADD_COUNT; i++) ok = db_prepare(m->d, sql[i], &m->add[i], m->error);

    for (int64_t i = 1; ok && i <= m->count; i++) {
        bool rare = i % (1000000 / MANY_RARE) == 5000;
        if (i % (m->count / 6 + 1) == m->count / 6) {
            back += 7200 * INT64_C(1000000); /* the clock is set back by two hours */
            ok = add_clock(m, MANY_END - (m->count - i) * MANY_STEP_US - back);
        }
        int64_t at = MANY_END - (m->count - i) * MANY_STEP_US - back;
        ok = ok && add_launch(m, i, at, rare) && add_handles(m, rare) && add_end(m, i, at, rare);
    }
    for (int i = 0; i < ADD_COUNT; i++) db_finalize(&m->add[i]);
    return ok && db_run(m->d, doing, "COMMIT", m->error);
}

static void tell(const char *name) {
    printf("  %s\n", name);
    fflush(stdout);
}

bool many_rows(const char *path, int64_t launches, audit_error *ret_error) {
    static const char begin[] =
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
        "PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF";
    char end[200];
    maker m = {.count = launches, .error = ret_error};
    bool ok = db_open(path, DB_FOR_WRITING, &m.d, ret_error) && db_run(m.d, doing, begin, ret_error) &&
              create(m.d, "CREATE TABLE", ret_error) && create(m.d, "CREATE VIRTUAL", ret_error) &&
              upgrade(m.d, "ALTER", ret_error);

    if (ok) tell("rows");
    ok = ok && add_all(&m);
    if (ok) tell("indexes");
    ok = ok && create(m.d, "CREATE INDEX", ret_error) &&
         db_run(m.d, doing,
                "INSERT INTO pending SELECT seq FROM launch WHERE seq NOT IN (SELECT launch FROM outcome)",
                ret_error);
    if (ok) tell("texts");
    ok = ok && db_run(m.d, doing, "INSERT INTO launch_text (launch_text) VALUES ('rebuild')", ret_error);
    snprintf(end, sizeof end,
             "PRAGMA application_id = %d; PRAGMA user_version = %d; PRAGMA journal_mode = WAL",
             SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
    ok = ok && create(m.d, "CREATE TRIGGER", ret_error) && create(m.d, "CREATE VIEW", ret_error) &&
         upgrade(m.d, "CREATE INDEX", ret_error) && upgrade(m.d, "CREATE TABLE", ret_error) &&
         upgrade(m.d, "INSERT", ret_error) && upgrade(m.d, "CREATE TRIGGER", ret_error) &&
         upgrade(m.d, "DROP VIEW", ret_error) && upgrade(m.d, "CREATE VIEW", ret_error) &&
         db_run(m.d, doing, end, ret_error);
    if (m.d) db_keep_wal(m.d);
    db_close(&m.d);

    return ok;
}
