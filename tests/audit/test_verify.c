/* Checks what verifying finds, and where, in an audit that was tampered with; and that it finds nothing in a
 * whole one. */
#include "tests/audit/tamper.h"

#include <inttypes.h>
#include <stdlib.h>

static char whole[1024]; /* a closed database with every kind of record */
static audit_head whole_head;

static void has(const char *got, const char *wanted, const char *what) {
    if (!CHECK(strstr(got, wanted) != NULL))
        fprintf(stderr, "    %s\n    got    %s\n    wanted %s\n", what, got, wanted);
}

static void add_checkpoint(audit_store *store) {
    audit_error error = {0};
    fixture_ok(audit_begin(store, &error) && audit_add_checkpoint(store, FIXTURE_NOW, &error) &&
                   audit_commit(store, &error),
               &error, "a checkpoint");
}

static void make_whole(void) {
    audit_error error = {0};
    snprintf(whole, sizeof whole, "%s", fixture_path("whole.db"));
    audit_store *store = fixture_open(whole);
    for (int i = 0; i < 4; i++) {
        fixture_ok(audit_begin(store, &error), &error, "begin");
        for (int k = 1; k <= 3; k++) fixture_add_whole(store, 10 * i + k);
        fixture_ok(audit_add_event(store, FIXTURE_NOW, "note", "of something", &error) &&
                       audit_commit(store, &error),
                   &error, "a group");
        add_checkpoint(store);
    }
    fixture_add_launch(store, 99);
    whole_head = audit_head_of(store);
    audit_close(&store);
}

static const char *copy(const char *name) {
    const char *path = fixture_path(name);
    tamper_copy(whole, path);
    return path;
}

static void nothing_is_found(void) {
    audit_verdict v;
    CHECK_TEXT(tamper_found(whole, NULL, NULL, &v), "");
    CHECK_INT(v.records, 47);
    CHECK_INT(v.last_seq, 47);
    CHECK_INT(v.launches, 13);
    CHECK_INT(v.checkpoints, 5);
    CHECK_INT(v.signed_through, 46);
    CHECK(v.signatures_checked && !v.head_checked);
    CHECK_TEXT(tamper_found(whole, NULL, &whole_head, &v), "");
    CHECK(v.head_checked);
    CHECK(memcmp(&v.head, &whole_head, sizeof v.head) == 0);
}

/* Changes one value of one row, in every column of every table. */
static void every_column(void) {
    static const struct {
        const char *table, *row, *place;
    } rows[] = {
        {"launch", "seq = 6", "record 6 has been changed"},
        {"handle", "launch = 6", "record 6 has been changed"},
        {"outcome", "seq = 7", "record 7 has been changed"},
        {"exit", "seq = 8", "record 8 has been changed"},
        {"event", "seq = 12", "record 12 has been changed"},
        {"checkpoint", "seq = 13", "record 13"},
        {"chain", "1", "record 1 has been changed"},
    };
    int tried = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sql[512], columns[2048];
        snprintf(sql, sizeof sql, "SELECT group_concat(name, ' ') || ' ' FROM pragma_table_info('%s')",
                 rows[i].table);
        snprintf(columns, sizeof columns, "%s", fixture_sql(whole, sql));
        for (char *name = columns, *end; (end = strchr(name, ' ')) != NULL; name = end + 1, tried++) {
            *end = 0;
            if (!strcmp(name, "seq") || !strcmp(name, "launch") || !strcmp(name, "position"))
                continue; /* rows() tests these */
            const char *path = copy("column.db");
            /* Adds one, changes a letter or a bit, or replaces NULL. */
            snprintf(
                sql, sizeof sql,
                "UPDATE %s SET %s = CASE typeof(%s) WHEN 'integer' THEN %s + 1 WHEN 'text' THEN 'X' || "
                "substr(%s, 2) "
                "WHEN 'blob' THEN CAST(CASE hex(substr(%s, 1, 1)) WHEN '01' THEN x'02' ELSE x'01' END || "
                "substr(%s, 2) AS BLOB) ELSE (SELECT CASE WHEN type = "
                "'TEXT' THEN 'x' "
                "WHEN type = 'BLOB' THEN x'00' ELSE 7 END FROM pragma_table_info('%s') WHERE name = "
                "'%s') END "
                "WHERE %s",
                rows[i].table, name, name, name, name, name, name, rows[i].table, name, rows[i].row);
            tamper(path, sql);
            bool key = !strcmp(name, "public_key");
            has(tamper_found(path, NULL, NULL, NULL), key ? "signed by another key" : rows[i].place, sql);
        }
    }

    printf("%d columns tried\n", tried);
    CHECK(tried > 45);
}

static void rows(void) {
    static const struct {
        const char *what, *sql, *found;
    } cases[] = {
        {"a deleted exit", "DELETE FROM exit WHERE seq = 8", "record 8 is missing"},
        {"a deleted launch", "DELETE FROM launch WHERE seq = 6; DELETE FROM handle WHERE launch = 6",
         "record 6 is missing"},
        {"... and its outcome", "DELETE FROM launch WHERE seq = 6; DELETE FROM handle WHERE launch = 6",
         "an outcome belongs to a launch that is missing: record 7"},
        {"a deleted launch, but not its handles", "DELETE FROM launch WHERE seq = 6",
         "a handle belongs to launch 6, which is missing"},
        {"a deleted handle", "DELETE FROM handle WHERE launch = 6", "record 6 has been changed"},
        {"an added handle",
         "INSERT INTO handle SELECT launch, 7, name, type, granted_access, caller_value, child_value, fd "
         "FROM handle "
         "WHERE launch = 6",
         "record 6 has been changed"},
        {"a deleted range",
         "DELETE FROM launch WHERE seq BETWEEN 6 AND 9; DELETE FROM outcome WHERE seq BETWEEN 6 AND 9; "
         "DELETE FROM exit WHERE seq BETWEEN 6 AND 9; DELETE FROM handle WHERE launch BETWEEN 6 AND 9",
         "records 6 to 9 are missing"},
        {"a deleted beginning",
         "DELETE FROM handle WHERE launch < 14; DELETE FROM launch WHERE seq < 14; DELETE FROM outcome WHERE "
         "seq < 14; "
         "DELETE FROM exit WHERE seq < 14; DELETE FROM event WHERE seq < 14; DELETE FROM checkpoint WHERE "
         "seq < 14",
         "records 1 to 13 are missing"},
        {"a duplicated row", "INSERT INTO event SELECT 8, at, kind, detail, hash FROM event WHERE seq = 12",
         "record 8 occurs twice"},
        {"an inserted row", "INSERT INTO event SELECT 48, at, kind, detail, hash FROM event WHERE seq = 12",
         "record 48 has been changed, or does not follow"},
        {"a row before the first",
         "INSERT INTO event SELECT -5, at, kind, detail, hash FROM event WHERE seq = 12",
         "record -5 is before the first one"},
        {"a row with the least number",
         "INSERT INTO event SELECT -9223372036854775808, at, kind, detail, hash FROM event WHERE seq = 12",
         "record -9223372036854775808 is before the first one"},
        {"a launch that nobody asked for",
         "INSERT INTO launch (seq, launch_id, requested_at, caller_pid, caller_session, creation_flags, "
         "hash) "
         "VALUES (0, '019a9c51-1f4e-7a9e-9c5f-0d6f3e0b7a11', 0, 0, 0, 0, zeroblob(32))",
         "record 0 is before the first one"},
        {"a second origin", "INSERT INTO chain SELECT * FROM chain", "table chain has more than one row"},
        {"a handle of nobody", "INSERT INTO handle VALUES (-3, 0, 'x', NULL, 0, 0, 0, NULL)",
         "a handle belongs to launch -3"},
        {"a row with the highest number",
         "INSERT INTO event SELECT 9223372036854775807, at, kind, detail, hash FROM event WHERE seq = 12",
         "records 48 to 9223372036854775806 are missing"},
        {"a beginning that nobody signed away",
         "INSERT INTO checkpoint SELECT 9223372036854775807, at, 13, (SELECT hash FROM checkpoint WHERE seq "
         "= 13), zeroblob(64), "
         "zeroblob(32) FROM checkpoint WHERE seq = 13; DELETE FROM handle WHERE launch < 14; DELETE FROM "
         "launch WHERE seq < 14; "
         "DELETE FROM outcome WHERE seq < 14; DELETE FROM exit WHERE seq < 14; DELETE FROM event WHERE seq < "
         "14; "
         "DELETE FROM checkpoint WHERE seq < 14",
         "no good signature says that the records up to 13 were pruned"},
        {"a pruning of what was never there",
         "UPDATE checkpoint SET pruned_through = -4, pruned_hash = zeroblob(32) WHERE seq = 13",
         "record 13 prunes records that it cannot"},
        {"an inserted row far on",
         "INSERT INTO event SELECT 70, at, kind, detail, hash FROM event WHERE seq = 12",
         "records 48 to 69 are missing"},
        {"two swapped rows",
         "UPDATE exit SET seq = 1000 WHERE seq = 8; UPDATE exit SET seq = 8 WHERE seq = 11; "
         "UPDATE exit SET seq = 11 WHERE seq = 1000",
         "record 8 has been changed, or does not follow"},
        {"an outcome of another launch", "UPDATE outcome SET launch = 9000 WHERE seq = 7",
         "record 7 has been changed"},
        {"an exit of another launch", "UPDATE exit SET launch = 9000 WHERE seq = 8",
         "an exit belongs to a launch that is missing: record 8"},
        {"a handle elsewhere", "UPDATE handle SET position = 3 WHERE launch = 6",
         "record 6 has been changed"},
        {"a moved row", "UPDATE event SET seq = 60 WHERE seq = 12", "record 12 is missing"},
        {"no origin", "DELETE FROM chain", "the chain's origin is missing"},
        {"an open launch that is hidden", "DELETE FROM pending", "is not in table pending: record 47"},
        {"a launch that is shown as open", "INSERT INTO pending VALUES (6)",
         "a launch that is not open: record 6"},
        {"an open launch that nobody asked for", "INSERT INTO pending VALUES (500)",
         "a launch that is not open: record 500"},
        {"a handle behind the last record", "INSERT INTO handle VALUES (500, 0, 'x', NULL, 0, 0, 0, NULL)",
         "a handle belongs to launch 500, which is missing"},
        {"a pruning that nobody signed",
         "UPDATE checkpoint SET pruned_through = 5, pruned_hash = (SELECT hash FROM outcome WHERE seq = 4) "
         "WHERE seq = 13",
         "record 13"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = copy("rows.db");
        tamper(path, cases[i].sql);
        has(tamper_found(path, NULL, NULL, NULL), cases[i].found, cases[i].what);
    }
}

/* Checks that no signature vouches for a damaged record, nor for one after it. The later records and their
 * checkpoints still fit together. */
static void signed_up_to_the_damage(void) {
    static const struct {
        const char *what, *sql;
        int64_t signed_through;
    } cases[] = {
        {"a change before the first checkpoint", "UPDATE event SET detail = 'x' WHERE seq = 1", 0},
        {"a change between checkpoints", "UPDATE launch SET command_line = 'x' WHERE seq = 20", 13},
        {"a change in a checkpoint", "UPDATE checkpoint SET at = at + 1 WHERE seq = 24", 13},
        {"a record that is missing", "DELETE FROM event WHERE seq = 23", 13},
        {"a handle without a launch", "UPDATE handle SET launch = 19 WHERE launch = 20", 13},
        {"a record that occurs twice",
         "INSERT INTO event SELECT 20, at, kind, detail, hash FROM event WHERE seq = 12", 13},
        {"a change after the last checkpoint", "UPDATE launch SET command_line = 'x' WHERE seq = 47", 46},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        audit_verdict v;
        const char *path = copy("damage.db");
        check_case("%s", cases[i].what);
        tamper(path, cases[i].sql);
        CHECK(*tamper_found(path, NULL, NULL, &v));
        CHECK_INT(v.signed_through, cases[i].signed_through);
        CHECK_INT(v.checkpoints, 5);
    }

    check_case("");
}

/* Recomputes the hashes, which an attacker can; but not the signatures. */
static void hashes_made_anew(void) {
    audit_verdict v;
    const char *path = copy("anew.db");
    tamper(path, "UPDATE launch SET command_line = 'harmless.exe' WHERE seq = 20");
    tamper_hashes(path);
    const char *found = tamper_found(path, NULL, NULL, &v);
    has(found, "the signature of record 24 is not the broker's", "a change");
    CHECK_INT(v.signed_through, 13);
    CHECK(!strstr(found, "record 20")); /* the checkpoints around it show only the range */

    /* Records after the last checkpoint can be changed like this; a head that was kept elsewhere shows it. */
    path = copy("tail.db");
    tamper(path, "UPDATE launch SET command_line = 'harmless.exe' WHERE seq = 47");
    tamper_hashes(path);
    CHECK_TEXT(tamper_found(path, NULL, NULL, &v), "");
    CHECK_INT(v.signed_through, 46);
    CHECK_INT(v.last_seq, 47);
    has(tamper_found(path, NULL, &whole_head, NULL), "record 47 differs from the head that was kept",
        "a head");
}

static void a_cut_tail(void) {
    const char *path = copy("cut.db");
    tamper(path, "DELETE FROM handle WHERE launch > 35; DELETE FROM launch WHERE seq > 35; DELETE FROM "
                 "pending WHERE launch > 35;"
                 "DELETE FROM outcome WHERE seq > 35; DELETE FROM exit WHERE seq > 35; DELETE FROM event "
                 "WHERE seq > 35; "
                 "DELETE FROM checkpoint WHERE seq > 35");
    CHECK_TEXT(tamper_found(path, NULL, NULL, NULL), ""); /* nothing in the file shows it */
    has(tamper_found(path, NULL, &whole_head, NULL),
        "records 36 to 47, up to the head that was kept, have been cut off", "a cut tail");

    path = copy("cut_one.db");
    tamper(path,
           "DELETE FROM handle WHERE launch = 47; DELETE FROM launch WHERE seq = 47; DELETE FROM pending "
           "WHERE launch = 47");
    has(tamper_found(path, NULL, &whole_head, NULL),
        "records 47 to 47, up to the head that was kept, have been cut off", "one record that was cut");
}

/* Checks that all of a head is compared: both ends of each part. */
static void another_head(void) {
    for (size_t i = 0; i < sizeof whole_head.hash; i += sizeof whole_head.hash - 1) {
        audit_head head = whole_head;
        head.hash[i] ^= 1;
        check_case("byte %zu of the hash", i);
        has(tamper_found(whole, NULL, &head, NULL), "record 47 differs from the head that was kept",
            "a head");
    }
    for (size_t i = 0; i < sizeof whole_head.chain; i += sizeof whole_head.chain - 1) {
        audit_head head = whole_head;
        head.chain[i] ^= 1;
        check_case("byte %zu of the chain", i);
        has(tamper_found(whole, NULL, &head, NULL), "of another chain", "a head");
    }
    check_case("");
}

/* Adds any number of well-formed records without signatures. */
static void unsigned_records(void) {
    char sql[256];
    const char *path = copy("unsigned.db");
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n (i) AS (SELECT 48 UNION ALL SELECT i + 1 FROM n WHERE i < 1100) "
             "INSERT INTO event SELECT i, %d, 'forged', NULL, zeroblob(32) FROM n",
             FIXTURE_NOW);
    tamper(path, sql);
    tamper_hashes(path);
    has(tamper_found(path, NULL, NULL, NULL), "records 47 to 1100 are more than a broker leaves unsigned",
        "many");

    path = copy("late.db");
    snprintf(sql, sizeof sql, "INSERT INTO event VALUES (48, %lld, 'forged', NULL, zeroblob(32))",
             (long long)FIXTURE_NOW + 3 * AUDIT_CHECKPOINT_US);
    tamper(path, sql);
    tamper_hashes(path);
    has(tamper_found(path, NULL, NULL, NULL), "more than a broker leaves unsigned", "late");

    path = copy("none.db");
    tamper(
        path,
        "DELETE FROM checkpoint WHERE seq > 2; UPDATE checkpoint SET signature = zeroblob(64);"
        "DELETE FROM handle; DELETE FROM launch; DELETE FROM outcome; DELETE FROM exit; DELETE FROM pending;"
        "DELETE FROM event WHERE seq > 1; DELETE FROM checkpoint");
    tamper_hashes(path);
    has(tamper_found(path, NULL, NULL, NULL), "no signature vouches for any of it", "none");
}

static void another_chain(void) {
    crypto_key *key = NULL;
    uint8_t other[CRYPTO_PUBLIC_BYTES];
    audit_verdict v;
    CHECK(crypto_key_make(&key) && crypto_export_public(key, other));
    has(tamper_found(whole, other, NULL, &v), "signed by another key", "another key");
    CHECK(!v.signatures_checked);

    const char *path = fixture_path("restarted.db");
    audit_store *store = fixture_open(path); /* a new chain of the same broker */
    audit_close(&store);
    CHECK_TEXT(tamper_found(path, NULL, NULL, NULL), "");
    has(tamper_found(path, NULL, &whole_head, NULL), "of another chain", "begun anew");
    crypto_key_free(&key);
}

static void says_no_key(void *context, const char *text) {
    (void)context;
    has(text, "no public key is trusted", "without a key");
}

/* Checks that verifying never accepts what it could not check. */
static void no_key(void) {
    audit_error error = {0};
    audit_verdict v = {.findings = -1};
    const audit_verification how = {.path = whole, .finding = says_no_key};
    fixture_ok(audit_verify(&how, &v, &error), &error, "without a key");
    CHECK_INT(v.findings, 1);
    CHECK(!v.signatures_checked);
}

static void shapes(void) {
    static const struct {
        const char *sql, *found;
    } cases[] = {
        {"DROP VIEW launches; CREATE VIEW launches AS SELECT * FROM launch WHERE rule <> 'hidden'",
         "view launches has been changed"},
        {"DROP VIEW launch_handles", "view launch_handles is missing"},
        {"CREATE TABLE extra (x)", "table extra is not the broker's"},
        {"DROP INDEX launch_by_rule", "index launch_by_rule is missing"},
        {"DROP INDEX launch_by_rule; CREATE INDEX launch_by_rule ON launch (rule) WHERE rule <> 'hidden'",
         "index launch_by_rule has been changed"},
        {"CREATE TRIGGER forget AFTER INSERT ON launch BEGIN DELETE FROM event; END",
         "trigger forget is not the broker's"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = copy("shape.db");
        tamper(path, cases[i].sql);
        has(tamper_found(path, NULL, NULL, NULL), cases[i].found, cases[i].sql);
    }

    const char *path = copy("trigger.db");
    CHECK_TEXT(fixture_write_sql(path, "DROP TRIGGER launch_is_not_deleted"), "");
    has(tamper_found(path, NULL, NULL, NULL), "trigger launch_is_not_deleted is missing", "a trigger");
}

/* Changes bytes of the file itself. */
static void bytes(void) {
    int noticed = 0, tried = 0;

    for (long page = 1; page <= 40; page++) {
        const char *path = copy("bytes.db");
        FILE *file = fopen(path, "r+b");
        if (!CHECK(file != NULL)) return;
        fseek(file, 0, SEEK_END);
        long size = ftell(file), at = (page * 7919L) % size;
        int was = (fseek(file, at, SEEK_SET), fgetc(file));
        fseek(file, at, SEEK_SET);
        fputc(was ^ 0x20, file);
        fclose(file);
        tried++;
        noticed += tamper_found(path, NULL, NULL, NULL)[0] != 0;
    }

    printf("%d of %d changed bytes noticed; the rest of these pages is unused\n", noticed, tried);
    CHECK(noticed > 0);
    const char *path = fixture_path("text.db");
    fixture_write(path, "This is no database, and is longer than a hundred bytes, so that SQLite reads it "
                        "and finds out that it is none.");
    has(tamper_found(path, NULL, NULL, NULL), "not a database", "no database");
}

/* Changes a text where an index has it: the records stay as they were, but queries miss one. */
static void an_index(void) {
    enum { PAGE = 4096, INDEX_LEAF = 0x0a };
    static const char text[] = "S-1-5-21-1-2-3-1001";
    static char content[1 << 20];
    const char *path = copy("index.db");
    FILE *file = fopen(path, "r+b");
    if (!CHECK(file != NULL)) return;
    size_t size = fread(content, 1, sizeof content, file), changed = 0;

    for (size_t at = 0; at + sizeof text <= size && !changed; at++) {
        if (content[at / PAGE * PAGE] != INDEX_LEAF || memcmp(content + at, text, sizeof text - 1) != 0)
            continue;
        fseek(file, (long)at, SEEK_SET);
        changed = fputc('T', file) == 'T';
    }

    fclose(file);
    CHECK_TEXT(fixture_sql(path, "PRAGMA page_size"), "4096");
    CHECK_INT(changed, 1);
    has(tamper_found(path, NULL, NULL, NULL), "missing from index launch_by_", "an index");
}

/* Checks that a head is read only if all of the text is one. */
static void heads(void) {
    char text[AUDIT_HEAD_SIZE], changed[AUDIT_HEAD_SIZE + 2];
    audit_head head;
    audit_head_text(&whole_head, text);
    CHECK(audit_head_read(text, &head) && !memcmp(&head, &whole_head, sizeof head));
    snprintf(changed, sizeof changed, "%s0", text);
    CHECK(!audit_head_read(changed, &head)); /* more than a hash */
    snprintf(changed, sizeof changed, "%s ", text);
    CHECK(!audit_head_read(changed, &head));
    snprintf(changed, sizeof changed, "%.*s", (int)strlen(text) - 1, text);
    CHECK(!audit_head_read(changed, &head));
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    fixture_key();
    make_whole();
    nothing_is_found();
    every_column();
    rows();
    signed_up_to_the_damage();
    hashes_made_anew();
    a_cut_tail();
    another_head();
    unsigned_records();
    another_chain();
    no_key();
    shapes();
    bytes();
    an_index();
    heads();
    return check_report();
}
