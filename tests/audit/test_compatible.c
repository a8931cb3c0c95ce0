/* Databases of version 1.0.0 verify and read as they did, and are upgraded. New ones are made of the same
 * bytes. */
#include "service/audit/pem.h"
#include "service/audit/store.h"
#include "tests/audit/tamper.h"

#include <stdlib.h>

static const char *source; /* the directory with the audit that version 1.0.0 wrote */

static char database[1024];
static uint8_t public_key[CRYPTO_PUBLIC_BYTES];
static audit_head kept_head;

static const char *source_path(const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", source, name);
    return path;
}

static bool read_text(const char *name, char *ret, size_t size) {
    FILE *file = fopen(source_path(name), "rb");
    size_t length = file ? fread(ret, 1, size - 1, file) : 0;
    ret[length] = 0;
    if (file) fclose(file);
    return CHECK(length > 0);
}

/* Copies the database to where it may be opened: SQLite makes files beside it. */
static bool set_up(void) {
    char pem[PEM_SIZE], head[AUDIT_HEAD_SIZE + 2];
    if (!read_text("head.txt", head, sizeof head) || !read_text("audit.pub", pem, sizeof pem)) return false;
    head[strcspn(head, "\r\n")] = 0;
    snprintf(database, sizeof database, "%s", fixture_path("written.db"));
    tamper_copy(source_path("audit.db"), database);
    return CHECK(audit_head_read(head, &kept_head)) && CHECK(pem_read(pem, public_key));
}

static void it_is_whole(void) {
    audit_verdict v;
    CHECK_TEXT(tamper_found(database, public_key, &kept_head, &v), "");
    CHECK_INT(v.records, 31);
    CHECK_INT(v.first_seq, 1);
    CHECK_INT(v.last_seq, 31);
    CHECK_INT(v.launches, 9);
    CHECK_INT(v.checkpoints, 2);
    CHECK_INT(v.signed_through, 31);
    CHECK(v.signatures_checked);
    CHECK(v.head_checked);
}

/* Reads rows by the views' SQL, as other programs do. */
static void the_views_read(void) {
    CHECK_TEXT(fixture_sql(database, "SELECT group_concat(concat_ws(',', seq, outcome, stage, error_code, "
                                     "exit_code, rule, lifetime), '; ' ORDER BY seq) FROM launches"),
               "4,started,0,shells,caller; 7,started,3,shells,caller; 10,failed,create,2,no-notepad,caller; "
               "12,denied,decide,1260,no-notepad,caller; 14,started,7,shells,caller; "
               "17,started,0,shells,caller; 20,started,0,shells,detached; 23,started,0,shells,caller; "
               "26,started,124,shells,caller");

    CHECK_TEXT(fixture_sql(database, "SELECT command_line FROM launches WHERE seq = 17"),
               "\"cmd.exe\" /c rem --user=anna --password=[redacted]");
    CHECK_TEXT(fixture_sql(database, "SELECT command_line FROM launches WHERE seq = 23"),
               "\"cmd.exe\" /c \"rem \xC3\xBCn\xC3\xAF"
               "code \xE6\xBC\xA2\xE5\xAD\x97 & exit 0\"");

    CHECK_TEXT(
        fixture_sql(database,
                    "SELECT group_concat(concat_ws(',', position, name, type, granted_access, "
                    "ifnull(fd, '-')), '; ' ORDER BY position) FROM launch_handles JOIN launches USING "
                    "(launch_id) WHERE seq = 14"),
        "0,in,File,1179785,-; 1,log,File,1180054,3; 2,stdin,File,1179785,-; 3,stdout,File,1179926,-; "
        "4,stderr,File,1179926,-");
    CHECK_TEXT(
        fixture_sql(database, "SELECT group_concat(concat_ws(',', seq, kind, detail), '; ') FROM event"),
        "1,open,0 interrupted; 3,start,version 1.0.0, process 32, 0 interrupted; "
        "29,policy,policy.json was loaded; 30,stop");
}

/* Reads the same rows as the broker and spawnctl do. */
static void it_is_read_as_messages(void) {
    audit_filter all = {.limit = 100, .oldest_first = true};
    audit_error error = {0};
    audit_store *store = NULL;
    arena memory = {0};
    msg_page page = {0};

    if (fixture_ok(audit_open_reader(database, &store, &error) &&
                       audit_page(store, &all, SIZE_MAX, &memory, &page, &error),
                   &error, "a page") &&
        CHECK_INT(page.count, 9)) {
        const msg_launch *named = &page.rows[4];
        CHECK_INT(page.settled, 26);
        CHECK_INT(named->seq, 14);
        CHECK_INT(named->handle_count, 5);
        CHECK_TEXT(named->handles[1].name, "log");
        CHECK_INT(named->handles[1].fd, 3);
        CHECK_TEXT(named->caller_image, "C:\\broker\\spawnctl.exe");
        CHECK_INT(strlen(named->environment_hash), 64);
        CHECK(named->has_attested && named->attested == 1);
        CHECK(named->has_exit_code && named->exit_code == 7);
        CHECK_TEXT(page.rows[3].error_message, "refused by rule \"no-notepad\": notepad is not needed here");
        CHECK(page.rows[2].has_error_code && !page.rows[2].has_child_pid);
    }

    arena_free(&memory);
    audit_close(&store);
}

/* Changes one bit at each of the text's places in the file, one at a time: verifying notices each. */
static void one_byte_is_noticed(const char *text) {
    static char content[1 << 18];
    char copy[1024];
    FILE *file = fopen(database, "rb");
    size_t size = file ? fread(content, 1, sizeof content, file) : 0, length = strlen(text), tried = 0;

    if (file) fclose(file);
    for (size_t at = 0; at + length <= size; at++) {
        if (memcmp(content + at, text, length) != 0) continue;
        check_case("%s at %zu", text, at);
        snprintf(copy, sizeof copy, "%s", fixture_path("byte.db"));
        tamper_copy(database, copy);
        file = fopen(copy, "r+b");
        if (!CHECK(file != NULL)) return;
        fseek(file, (long)(at + length - 1), SEEK_SET);
        fputc(content[at + length - 1] ^ 1, file);
        fclose(file);
        CHECK(*tamper_found(copy, public_key, &kept_head, NULL));
        tried++;
    }

    check_case("%s", text);
    CHECK(tried > 0);
}

static const char *hash_of(const void *bytes, size_t length) {
    static char text[2 * CRYPTO_HASH_BYTES + 1];
    uint8_t hash[CRYPTO_HASH_BYTES];
    if (!CHECK(crypto_sha256(bytes, length, hash))) return "";
    for (size_t i = 0; i < sizeof hash; i++) snprintf(text + 2 * i, 3, "%02x", hash[i]);
    return text;
}

/* Verifying compares the text that SQLite stores with the text of this program, so the latter may not change.
 */
static void the_schema_is_the_same(void) {
    static char all[1 << 15];
    size_t used = 0;
    for (const char *const *sql = schema_create; *sql; sql++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s\n", *sql);
    CHECK(used < sizeof all);
    CHECK_TEXT(hash_of(all, used), "69859a89d0c021baa54b84853ad22dae3354161c51a81eb208e37e0dd334a75b");
}

/* Returns the bytes of the record that was added last, without the hash that precedes them. */
static const char *last_record(const audit_store *store) {
    return hash_of(store->record.bytes + CRYPTO_HASH_BYTES, store->record.length - CRYPTO_HASH_BYTES);
}

/* Every column has a different value, so that the test notices if two columns are exchanged. */
static void the_bytes_of_records_are_the_same(void) {
    static const uint8_t environment[CRYPTO_HASH_BYTES] = {9, 8, 7};
    const audit_handle handles[] = {{0, "in", "File", 1, 2, 3, 0}, {1, "log", NULL, 4, 5, 6, 7}};
    const audit_request request = {.launch_id = "01234567-89ab-7def-8123-456789abcdef",
                                   .requested_at = 1000,
                                   .caller_pid = 1001,
                                   .caller_started_at = 1002,
                                   .caller_session = 1003,
                                   .caller_image = "image",
                                   .caller_sid = "sid",
                                   .caller_user = "user",
                                   .application = "application",
                                   .command_line = "command line",
                                   .directory = "directory",
                                   .environment_names = "A\nB",
                                   .environment_hash = environment,
                                   .lifetime = "caller",
                                   .creation_flags = 1004,
                                   .rule = "rule",
                                   .caller_integrity = -1,
                                   .caller_elevated = -1,
                                   .handles = handles,
                                   .handle_count = 2};
    const audit_request least = {.launch_id = "01234567-89ab-7def-8123-456789abcdf0",
                                 .requested_at = 1000,
                                 .caller_integrity = -1,
                                 .caller_elevated = -1};
    const audit_outcome outcome = {.launch_id = request.launch_id,
                                   .at = 2000,
                                   .outcome = AUDIT_FAILED,
                                   .stage = "attest",
                                   .error_code = 2001,
                                   .error_message = "message",
                                   .child_pid = 2002,
                                   .child_tid = 2003,
                                   .child_created_at = 2004,
                                   .attested = 0,
                                   .started_at = 2005,
                                   .create_us = 2006,
                                   .total_us = 2007};
    const audit_outcome no_child = {.launch_id = least.launch_id,
                                    .at = 2000,
                                    .outcome = AUDIT_STARTED,
                                    .stage = "left over",
                                    .attested = -1,
                                    .create_us = -1,
                                    .total_us = -1};
    const audit_exit gone = {
        .launch_id = request.launch_id, .exited_at = 3000, .exit_code = 3001, AUDIT_USE_UNKNOWN};
    audit_store *store = fixture_open(fixture_path("bytes_of_records.db"));
    audit_error error = {0};
    chain_link pruned = {.seq = 1, .hash = {5}};

    fixture_ok(audit_begin(store, &error), &error, "begin");
    fixture_ok(audit_add_request(store, &request, &error), &error, "a request");
    CHECK_TEXT(last_record(store), "3d9a3fa84db2d984105c1f91f68f00e6ea4ac52a17c17084fca8b518b905de55");
    fixture_ok(audit_add_request(store, &least, &error), &error, "the least request");
    CHECK_TEXT(last_record(store), "39582d5038409d7a9e5140ad478e4964558af7460135210b3e2d34d90f49071b");
    fixture_ok(audit_add_outcome(store, &outcome, &error), &error, "an outcome");
    CHECK_TEXT(last_record(store), "825a607b947afc5f35a7ac55783320f1a3b42440d3b5ceb347ed9db6e1ba2164");
    fixture_ok(audit_add_outcome(store, &no_child, &error), &error, "an outcome without a child");
    CHECK_TEXT(last_record(store), "0ea6e0c34ed5a1c4ceb97453e03c8b31bd72ec7f6a4002fca26feb55c1499ad9");
    fixture_ok(audit_add_exit(store, &gone, &error), &error, "an exit");
    CHECK_TEXT(last_record(store), "7962b4f73cb9abc3b718a5819eec9e21eb83e6db1a306c6d14f29d6c70869419");
    fixture_ok(audit_add_event(store, 4000, "kind", "detail", &error), &error, "an event");
    CHECK_TEXT(last_record(store), "f413ffc418edb2bfbc33dacdd391701dc08f1a7f57af36be0b3ef5056fb433b2");
    fixture_ok(audit_add_event(store, 4001, "kind", NULL, &error), &error, "an event without a detail");
    CHECK_TEXT(last_record(store), "b3c87c79da67dcea312bd3ba00deb8c278d42402f862042bba1adf705ff652aa");
    fixture_ok(store_add_checkpoint(store, 5000, &pruned, &error), &error, "a checkpoint that prunes");
    store->record.length -= CRYPTO_SIGNATURE_BYTES; /* the signature is different each time */
    CHECK_TEXT(last_record(store), "8a5de23497132da394ce4d170d56d2dda58b15134f380be6f2fadf153292661a");
    audit_rollback(store);
    audit_close(&store);
}

/* Makes a database of this version one of version 2, as 1.0.0 left it. Its records lack what was added. */
static void to_version_2(const char *path) {
    static const char *const added[] = {"launch_by_label", "launch_by_key"};
    static const char *const columns[][2] = {{"launch", "caller_integrity"},
                                             {"launch", "caller_elevated"},
                                             {"launch", "caller_services"},
                                             {"launch", "launch_key"},
                                             {"launch", "label"},
                                             {"exit", "exited_after"},
                                             {"exit", "user_us"},
                                             {"exit", "kernel_us"},
                                             {"exit", "peak_memory_bytes"},
                                             {"exit", "read_bytes"},
                                             {"exit", "written_bytes"},
                                             {"exit", "processes"}};
    char sql[256];
    static const char *const triggers[] = {"child_is_running", "child_has_exited", "running_is_pruned"};
    CHECK_TEXT(fixture_write_sql(path, "DROP VIEW launches"), "");
    for (size_t i = 0; i < sizeof triggers / sizeof *triggers; i++) {
        snprintf(sql, sizeof sql, "DROP TRIGGER %s", triggers[i]);
        CHECK_TEXT(fixture_write_sql(path, sql), "");
    }
    CHECK_TEXT(fixture_write_sql(path, "DROP TABLE running"), "");
    for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
        snprintf(sql, sizeof sql, "DROP INDEX %s", added[i]);
        CHECK_TEXT(fixture_write_sql(path, sql), "");
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        snprintf(sql, sizeof sql, "ALTER TABLE %s DROP COLUMN %s", columns[i][0], columns[i][1]);
        CHECK_TEXT(fixture_write_sql(path, sql), "");
    }
    for (const char *const *create = schema_create; *create; create++)
        if (strstr(*create, "CREATE VIEW launches")) CHECK_TEXT(fixture_write_sql(path, *create), "");
    CHECK_TEXT(fixture_write_sql(path, "PRAGMA user_version = 2"), "");
}

/* Adds a launch with its exit. old: without what version 3 added. */
static void add_launch(audit_store *store, int number, bool old) {
    audit_error error = {0};
    audit_request request = fixture_request(fixture_id(number));
    audit_outcome outcome = fixture_started(fixture_id(number));
    audit_exit gone = {.launch_id = fixture_id(number), .exited_at = 9, .exit_code = -1, AUDIT_USE_UNKNOWN};
    request.caller_integrity = old ? -1 : 0x2000;
    request.caller_elevated = old ? -1 : 1;
    request.label = old ? NULL : "indexer";
    request.launch_key = old ? NULL : "00112233445566778899aabbccddeeff";
    gone.exited_after = old ? 0 : 8;
    gone.processes = old ? -1 : 2;
    if (old) gone.exit_code = 7;
    fixture_ok(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
                   audit_add_outcome(store, &outcome, &error) && audit_add_exit(store, &gone, &error) &&
                   audit_commit(store, &error),
               &error, "a launch");
}

static void key_of(uint8_t ret[CRYPTO_PUBLIC_BYTES]) {
    CHECK(crypto_export_public(fixture_key(), ret));
}

/* What is asked for by a column that the database lacks is refused, and not found nowhere. */
static void version_2_has_no_labels(const char *path) {
    const audit_filter labelled = {.limit = 10, .where = {.label = "indexer"}};
    audit_error error = {0};
    audit_store *store = NULL;
    arena memory = {0};
    msg_page page = {0};
    if (!fixture_ok(audit_open_reader(path, &store, &error), &error, "a reader of version 2")) return;
    CHECK(!audit_page(store, &labelled, SIZE_MAX, &memory, &page, &error));
    CHECK(strstr(error.message, "version 2 does not have labels"));
    arena_free(&memory);
    audit_close(&store);
}

/* A broker goes on with a database of version 2: the chain stays whole, and what is added is hashed. */
static void it_is_upgraded(void) {
    static const char *const tampered[][2] = {
        {"UPDATE launch SET label = NULL WHERE label = 'indexer'", "a label that is gone"},
        {"UPDATE launch SET label = 'other' WHERE label = 'indexer'", "another label"},
        {"UPDATE launch SET label = 'indexer' WHERE label IS NULL", "a label of an old record"},
        {"UPDATE launch SET caller_services = label, label = NULL WHERE label = 'indexer'", "moved"},
        {"UPDATE exit SET exited_after = NULL WHERE exited_after = 8", "an exit's added column"},
        {"UPDATE exit SET user_us = processes, processes = NULL WHERE processes = 2", "moved in an exit"}};
    const char *path = fixture_path("upgraded.db"), *copy = fixture_path("upgraded_tampered.db");
    uint8_t key[CRYPTO_PUBLIC_BYTES];
    audit_verdict v;
    audit_store *store = fixture_open(path);

    key_of(key);
    add_launch(store, 1, true);
    audit_close(&store);
    to_version_2(path);
    CHECK_TEXT(tamper_found(path, key, NULL, &v), "");
    version_2_has_no_labels(path);
    CHECK_TEXT(fixture_sql(path, "PRAGMA user_version"), "2");

    store = fixture_open(path);
    add_launch(store, 2, false);
    audit_close(&store);
    CHECK_TEXT(fixture_sql(path, "PRAGMA user_version"), "3");
    CHECK_TEXT(tamper_found(path, key, NULL, &v), "");
    CHECK_INT(v.launches, 2);
    CHECK_TEXT(fixture_sql(path, "SELECT group_concat(detail, '; ') FROM event WHERE kind = 'open'"),
               "0 interrupted; 0 interrupted, the database was upgraded");
    CHECK_TEXT(fixture_sql(path, "SELECT group_concat(concat_ws(',', ifnull(exit_code, '-'), "
                                 "ifnull(caller_integrity, '-'), ifnull(label, '-'), "
                                 "ifnull(exited_after, '-'), ifnull(processes, '-')), '; ') FROM launches"),
               "7,-,-,-,-; -,8192,indexer,8,2");

    for (size_t i = 0; i < sizeof tampered / sizeof *tampered; i++) {
        check_case("%s", tampered[i][1]);
        tamper_copy(path, copy);
        tamper(copy, tampered[i][0]);
        CHECK(strstr(tamper_found(copy, key, NULL, &v), "changed"));
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    source = argv[2];
    fixture_begin(2, argv);
    if (!set_up()) return check_report();
    it_is_whole();
    the_views_read();
    it_is_read_as_messages();
    one_byte_is_noticed("--password=[redacted]");
    one_byte_is_noticed("cmd.exe\" /c exit 7");
    one_byte_is_noticed("notepad is not needed here");
    one_byte_is_noticed("policy.json was loaded");
    the_schema_is_the_same();
    the_bytes_of_records_are_the_same();
    it_is_upgraded();
    return check_report();
}
