#include "service/audit/schema.h"

#include "proto/audit_columns.h"

#include <stddef.h>

/* Every record has a seq. Seqs run 1, 2, 3 and so on without a gap over all tables. */
#define LAST_SEQ                                      \
    "max(coalesce((SELECT max(seq) FROM launch), 0)," \
    " coalesce((SELECT max(seq) FROM outcome), 0),"   \
    " coalesce((SELECT max(seq) FROM exit), 0),"      \
    " coalesce((SELECT max(seq) FROM event), 0),"     \
    " coalesce((SELECT max(seq) FROM checkpoint), 0))"

#define REFUSE(table, name, what, why)                    \
    "CREATE TRIGGER " table "_" name " BEFORE " what "\n" \
    "BEGIN\n"                                             \
    "    SELECT RAISE(ABORT, '" table ": " why "');\n"    \
    "END;\n"

/* The last record that was pruned, by a signed checkpoint that says so. */
#define PRUNED_THROUGH \
    "coalesce((SELECT max(pruned_through) FROM checkpoint WHERE pruned_through IS NOT NULL), 0)"

/* INSERT OR REPLACE deletes a conflicting row without running triggers for DELETE, so triggers for INSERT
 * check for one. */
#define ONLY_ADDED(table, not_next, same, seq)                                                \
    REFUSE(table, "is_not_updated", "UPDATE ON " table, "rows are only added")                \
    REFUSE(table, "is_not_deleted", "DELETE ON " table " WHEN old." seq " > " PRUNED_THROUGH, \
           "rows are only added, and pruned from the first")                                  \
    REFUSE(table, "is_next", "INSERT ON " table " WHEN " not_next, "not the next record")     \
    REFUSE(table, "is_not_replaced",                                                          \
           "INSERT ON " table " WHEN EXISTS (SELECT 1 FROM " table " WHERE " same ")",        \
           "there is one already")

#define NOT_NEXT "new.seq IS NOT 1 + " LAST_SEQ

/* This is no foreign key, since a launch may be pruned before its outcome and exit. */
#define HAS_LAUNCH(table)                                                                       \
    REFUSE(table, "has_a_launch",                                                               \
           "INSERT ON " table " WHEN NOT EXISTS (SELECT 1 FROM launch WHERE seq = new.launch)", \
           "its launch is not recorded")

/* Makes "notepad.exe" of "C:\Windows\Notepad.EXE": rtrim removes everything after the last separator. */
#define FILE_NAME(path) \
    "lower(substr(" path ", 1 + length(rtrim(" path ", replace(replace(" path ", '\\', ''), '/', '')))))"

/* Makes "name" of "DOMAIN\name". */
#define ACCOUNT_NAME(user) "lower(substr(" user ", 1 + instr(" user ", '\\')))"
#define FILE_NAME_OF_APPLICATION FILE_NAME("application")
#define FILE_NAME_OF_CALLER FILE_NAME("caller_image")
#define ACCOUNT_OF_CALLER ACCOUNT_NAME("caller_user")

/* A column's definition in its table. */
#define SQL_TEXT(name) "TEXT NOT NULL"
#define SQL_TEXT_OR_NULL(name) "TEXT"
#define SQL_NUMBER(name) "INTEGER NOT NULL"
#define SQL_NUMBER_OR_0(name) "INTEGER"
#define SQL_NUMBER_OR_MINUS(name) "INTEGER"
#define SQL_HASH_OR_NULL(name) "BLOB CHECK (length(" #name ") = 32)"
#define SQL_RESULT(name) "TEXT NOT NULL"
#define SQL_SIGNATURE(name) "BLOB NOT NULL CHECK (length(" #name ") = 64)"
#define DEFINITION(name, kind, check) "    " #name " " SQL_##kind(name) check ",\n"
#define SHOWN_DEFINITION(name, kind, place, check) DEFINITION(name, kind, check)

#define LAUNCH_DEFINITIONS AUDIT_REQUEST_FIRST(SHOWN_DEFINITION, DEFINITION)
#define HANDLE_DEFINITIONS AUDIT_HANDLE_COLUMNS(DEFINITION)
#define OUTCOME_DEFINITIONS AUDIT_OUTCOME_COLUMNS(SHOWN_DEFINITION, DEFINITION)
#define EXIT_DEFINITIONS AUDIT_EXIT_FIRST(SHOWN_DEFINITION, DEFINITION)
#define EVENT_DEFINITIONS AUDIT_EVENT_COLUMNS(DEFINITION)
#define CHECKPOINT_DEFINITIONS AUDIT_CHECKPOINT_COLUMNS(DEFINITION)

/* The hash of a record (chain.h). */
#define HASH "    hash BLOB NOT NULL CHECK (length(hash) = 32)"

const char *const schema_create[] = {
    "CREATE TABLE chain (\n"
    "    id BLOB NOT NULL CHECK (length(id) = 16),\n"
    "    created_at INTEGER NOT NULL,\n"
    "    public_key BLOB NOT NULL CHECK (length(public_key) = 64)\n"
    ") STRICT;",
    REFUSE("chain", "is_not_updated", "UPDATE ON chain", "the hash of the first record rests on it"),
    REFUSE("chain", "is_not_deleted", "DELETE ON chain", "the hash of the first record rests on it"),
    REFUSE("chain", "is_one", "INSERT ON chain WHEN EXISTS (SELECT 1 FROM chain)", "there is one already"),

    "CREATE TABLE launch (\n"
    "    seq INTEGER PRIMARY KEY,\n" LAUNCH_DEFINITIONS HASH ",\n"
    "    application_name TEXT AS (" FILE_NAME_OF_APPLICATION ") VIRTUAL,\n"
    "    caller_name TEXT AS (" FILE_NAME_OF_CALLER ") VIRTUAL,\n"
    "    caller_account TEXT AS (" ACCOUNT_OF_CALLER ") VIRTUAL\n"
    ") STRICT;",
    "CREATE INDEX launch_by_caller_sid ON launch (caller_sid);",
    "CREATE INDEX launch_by_caller_account ON launch (caller_account);",
    "CREATE INDEX launch_by_caller_pid ON launch (caller_pid);",
    "CREATE INDEX launch_by_caller_name ON launch (caller_name);",
    "CREATE INDEX launch_by_application_name ON launch (application_name);",
    "CREATE INDEX launch_by_rule ON launch (rule);",

    "CREATE TABLE handle (\n"
    "    launch INTEGER NOT NULL REFERENCES launch (seq),\n" HANDLE_DEFINITIONS
    "    PRIMARY KEY (launch, position)\n"
    ") STRICT, WITHOUT ROWID;",
    "CREATE INDEX handle_by_name ON handle (name, launch);",
    "CREATE INDEX handle_by_type ON handle (type, launch);",

    "CREATE TABLE outcome (\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    launch INTEGER NOT NULL UNIQUE,\n" OUTCOME_DEFINITIONS HASH ",\n"
    "    CHECK (outcome <> 'started' OR coalesce(stage, error_code, error_message) IS NULL)\n"
    ") STRICT;",
    "CREATE INDEX outcome_by_outcome ON outcome (outcome, launch);",
    "CREATE INDEX outcome_by_child_pid ON outcome (child_pid, launch);",

    "CREATE TABLE exit (\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    launch INTEGER NOT NULL UNIQUE,\n" EXIT_DEFINITIONS HASH "\n"
    ") STRICT;",
    "CREATE INDEX exit_by_code ON exit (exit_code, launch);",

    "CREATE TABLE event (\n"
    "    seq INTEGER PRIMARY KEY,\n" EVENT_DEFINITIONS HASH "\n"
    ") STRICT;",
    "CREATE INDEX event_by_kind ON event (kind);",

    /* A checkpoint that prunes names the last record that was removed, and its hash. */
    "CREATE TABLE checkpoint (\n"
    "    seq INTEGER PRIMARY KEY,\n" CHECKPOINT_DEFINITIONS HASH ",\n"
    "    CHECK ((pruned_through IS NULL) = (pruned_hash IS NULL))\n"
    ") STRICT;",
    "CREATE INDEX checkpoint_that_prunes ON checkpoint (pruned_through) WHERE pruned_through IS NOT NULL;",

    ONLY_ADDED("launch", NOT_NEXT, "launch_id = new.launch_id", "seq"),
    ONLY_ADDED("outcome", NOT_NEXT, "launch = new.launch", "seq") HAS_LAUNCH("outcome"),
    ONLY_ADDED("exit", NOT_NEXT, "launch = new.launch", "seq") HAS_LAUNCH("exit"),
    ONLY_ADDED("event", NOT_NEXT, "seq = new.seq", "seq"),
    ONLY_ADDED("checkpoint", NOT_NEXT, "seq = new.seq", "seq"),
    /* The handles of a launch are part of its record, so they must follow it at once. */
    ONLY_ADDED("handle", "new.launch IS NOT " LAST_SEQ, "launch = new.launch AND position = new.position",
               "launch"),

    /* Queries use the next two tables like indexes; verifying compares them with the records. The first one
     * has the launches without an outcome. */
    "CREATE TABLE pending (launch INTEGER PRIMARY KEY) STRICT;",
    "CREATE TRIGGER launch_is_pending AFTER INSERT ON launch\n"
    "BEGIN\n"
    "    INSERT INTO pending (launch) VALUES (new.seq);\n"
    "END;\n"
    "CREATE TRIGGER outcome_is_known AFTER INSERT ON outcome\n"
    "BEGIN\n"
    "    DELETE FROM pending WHERE launch = new.launch;\n"
    "END;",
    /* The second one finds any part of a text: https://sqlite.org/fts5.html, "The Trigram Tokenizer". */
    "CREATE VIRTUAL TABLE launch_text USING fts5 (command_line, application, caller_image, content = launch,\n"
    "    content_rowid = seq, tokenize = 'trigram', detail = none, columnsize = 0);",
    "CREATE TRIGGER launch_text_is_added AFTER INSERT ON launch\n"
    "BEGIN\n"
    "    INSERT INTO launch_text (rowid, command_line, application, caller_image)\n"
    "    VALUES (new.seq, new.command_line, new.application, new.caller_image);\n"
    "END;\n"
    "CREATE TRIGGER launch_text_is_pruned AFTER DELETE ON launch\n"
    "BEGIN\n"
    "    INSERT INTO launch_text (launch_text, rowid, command_line, application, caller_image)\n"
    "    VALUES ('delete', old.seq, old.command_line, old.application, old.caller_image);\n"
    "END;",

    "CREATE VIEW launches AS SELECT\n"
    "    l.launch_id, l.requested_at, l.caller_pid, l.caller_image, l.caller_sid, l.caller_user,\n"
    "    l.caller_session, l.application, l.command_line, l.directory, l.rule,\n"
    "    coalesce(o.outcome, 'pending') AS outcome, o.stage, o.error_code, o.error_message, o.child_pid,\n"
    "    o.attested, o.started_at, e.exited_at, e.exit_code, o.create_us, o.total_us, l.seq,\n"
    "    l.caller_started_at, o.child_created_at, l.lifetime, l.creation_flags, l.environment_names,\n"
    "    l.environment_hash\n"
    "FROM launch AS l\n"
    "LEFT JOIN outcome AS o ON o.launch = l.seq\n"
    "LEFT JOIN exit AS e ON e.launch = l.seq;",

    "CREATE VIEW launch_handles AS SELECT\n"
    "    l.launch_id, h.position, h.name, h.type, h.granted_access, h.caller_value, h.child_value, h.fd\n"
    "FROM launch AS l\n"
    "JOIN handle AS h ON h.launch = l.seq;",
    NULL,
};

/* Adds a column behind the others. It has no check, for which SQLite would look at every row. */
#define ADD(table, name, kind) "ALTER TABLE " table " ADD COLUMN " #name " " SQL_##kind(name) ";\n"
#define ADD_TO_LAUNCH(name, kind, place, check) ADD("launch", name, kind)
#define ADD_TO_EXIT(name, kind, place, check) ADD("exit", name, kind)

const char *const schema_upgrade[] = {
    AUDIT_REQUEST_ADDED(ADD_TO_LAUNCH, ADD_TO_LAUNCH),
    AUDIT_EXIT_ADDED(ADD_TO_EXIT, ADD_TO_EXIT),
    "CREATE INDEX launch_by_label ON launch (label) WHERE label IS NOT NULL;",
    "CREATE INDEX launch_by_key ON launch (launch_key) WHERE launch_key IS NOT NULL;",
    /* The launches whose child has no exit on record; like pending. */
    "CREATE TABLE running (launch INTEGER PRIMARY KEY) STRICT;",
    "INSERT INTO running (launch) SELECT launch FROM outcome\n"
    "WHERE outcome = 'started' AND launch NOT IN (SELECT launch FROM exit);",
    "CREATE TRIGGER child_is_running AFTER INSERT ON outcome WHEN new.outcome = 'started'\n"
    "BEGIN\n"
    "    INSERT INTO running (launch) VALUES (new.launch);\n"
    "END;\n"
    "CREATE TRIGGER child_has_exited AFTER INSERT ON exit\n"
    "BEGIN\n"
    "    DELETE FROM running WHERE launch = new.launch;\n"
    "END;\n"
    "CREATE TRIGGER running_is_pruned AFTER DELETE ON launch\n"
    "BEGIN\n"
    "    DELETE FROM running WHERE launch = old.seq;\n"
    "END;",
    "DROP VIEW launches;",
    "CREATE VIEW launches AS SELECT\n"
    "    l.launch_id, l.requested_at, l.caller_pid, l.caller_image, l.caller_sid, l.caller_user,\n"
    "    l.caller_session, l.application, l.command_line, l.directory, l.rule,\n"
    "    coalesce(o.outcome, 'pending') AS outcome, o.stage, o.error_code, o.error_message, o.child_pid,\n"
    "    o.attested, o.started_at, e.exited_at, nullif(e.exit_code, -1) AS exit_code, o.create_us,\n"
    "    o.total_us, l.seq, l.caller_started_at, o.child_created_at, l.lifetime, l.creation_flags,\n"
    "    l.environment_names, l.environment_hash, l.caller_integrity, l.caller_elevated,\n"
    "    l.caller_services, l.launch_key, l.label, e.exited_after, e.user_us, e.kernel_us,\n"
    "    e.peak_memory_bytes, e.read_bytes, e.written_bytes, e.processes\n"
    "FROM launch AS l\n"
    "LEFT JOIN outcome AS o ON o.launch = l.seq\n"
    "LEFT JOIN exit AS e ON e.launch = l.seq;",
    NULL,
};

const char schema_last_seq[] = "SELECT " LAST_SEQ;

/* Each table's columns, in the order in which they are hashed (chain.h), and a parameter for each. */
#define NAME(name, kind, check) ", " #name
#define SHOWN_NAME(name, kind, place, check) ", " #name
#define PARAMETER(name, kind, check) ", ?"
#define SHOWN_PARAMETER(name, kind, place, check) ", ?"
#define LAUNCH_PARAMETERS "?" AUDIT_REQUEST_COLUMNS(SHOWN_PARAMETER, PARAMETER)
#define HANDLE_PARAMETERS "?" AUDIT_HANDLE_COLUMNS(PARAMETER)
#define OUTCOME_PARAMETERS "?, ?" AUDIT_OUTCOME_COLUMNS(SHOWN_PARAMETER, PARAMETER)
#define EXIT_PARAMETERS "?, ?" AUDIT_EXIT_COLUMNS(SHOWN_PARAMETER, PARAMETER)
#define EVENT_PARAMETERS "?" AUDIT_EVENT_COLUMNS(PARAMETER)
#define CHECKPOINT_PARAMETERS "?" AUDIT_CHECKPOINT_COLUMNS(PARAMETER)
#define LAUNCH_COLUMNS "seq" AUDIT_REQUEST_COLUMNS(SHOWN_NAME, NAME)
#define LAUNCH_HASHED "seq" AUDIT_REQUEST_FIRST(SHOWN_NAME, NAME) ", hash"
#define LAUNCH_ADDED AUDIT_REQUEST_ADDED(SHOWN_NAME, NAME)
#define HANDLE_COLUMNS "launch" AUDIT_HANDLE_COLUMNS(NAME)
#define OUTCOME_COLUMNS "seq, launch" AUDIT_OUTCOME_COLUMNS(SHOWN_NAME, NAME)
#define EXIT_COLUMNS "seq, launch" AUDIT_EXIT_COLUMNS(SHOWN_NAME, NAME)
#define EXIT_HASHED "seq, launch" AUDIT_EXIT_FIRST(SHOWN_NAME, NAME) ", hash"
#define EXIT_ADDED AUDIT_EXIT_ADDED(SHOWN_NAME, NAME)
#define EVENT_COLUMNS "seq" AUDIT_EVENT_COLUMNS(NAME)
#define CHECKPOINT_COLUMNS "seq" AUDIT_CHECKPOINT_COLUMNS(NAME)

#define READ(columns, table) "SELECT " columns " FROM " table " WHERE seq >= ? ORDER BY seq"

const char *const schema_statements[SCHEMA_STATEMENT_COUNT] = {
    [SCHEMA_ADD_LAUNCH] = "INSERT INTO launch (" LAUNCH_COLUMNS ", hash) VALUES (" LAUNCH_PARAMETERS ", ?)",
    [SCHEMA_ADD_HANDLE] = "INSERT INTO handle (" HANDLE_COLUMNS ") VALUES (" HANDLE_PARAMETERS ")",
    [SCHEMA_ADD_OUTCOME] =
        "INSERT INTO outcome (" OUTCOME_COLUMNS ", hash) VALUES (" OUTCOME_PARAMETERS ", ?)",
    [SCHEMA_ADD_EXIT] = "INSERT INTO exit (" EXIT_COLUMNS ", hash) VALUES (" EXIT_PARAMETERS ", ?)",
    [SCHEMA_ADD_EVENT] = "INSERT INTO event (" EVENT_COLUMNS ", hash) VALUES (" EVENT_PARAMETERS ", ?)",
    [SCHEMA_ADD_CHECKPOINT] =
        "INSERT INTO checkpoint (" CHECKPOINT_COLUMNS ", hash) VALUES (" CHECKPOINT_PARAMETERS ", ?)",
    [SCHEMA_FIND_LAUNCH] = "SELECT seq FROM launch WHERE launch_id = ?",
    [SCHEMA_NEXT_UNDECIDED] = "SELECT launch FROM pending ORDER BY launch LIMIT 1",
    [SCHEMA_DATA_VERSION] = "PRAGMA data_version",
    [SCHEMA_CHECKPOINT_BEFORE] =
        "SELECT max(seq) FROM checkpoint WHERE seq < "
        "coalesce((SELECT seq FROM checkpoint WHERE at >= ? ORDER BY seq LIMIT 1), 9e18)",
    /* Handles refer to their launches, so they go first. */
    [SCHEMA_FIRST_PRUNING] = "DELETE FROM handle WHERE launch <= ?",
    [SCHEMA_FIRST_PRUNING + 1] = "DELETE FROM launch WHERE seq <= ?",
    [SCHEMA_FIRST_PRUNING + 2] = "DELETE FROM outcome WHERE seq <= ?",
    [SCHEMA_FIRST_PRUNING + 3] = "DELETE FROM exit WHERE seq <= ?",
    [SCHEMA_FIRST_PRUNING + 4] = "DELETE FROM event WHERE seq <= ?",
    [SCHEMA_LAST_PRUNED] = "DELETE FROM checkpoint WHERE seq <= ?",
    [SCHEMA_READ_LAUNCHES] = READ(LAUNCH_HASHED LAUNCH_ADDED, "launch"),
    [SCHEMA_READ_HANDLES] =
        "SELECT " HANDLE_COLUMNS " FROM handle WHERE launch >= ? ORDER BY launch, position",
    [SCHEMA_READ_OUTCOMES] = READ(OUTCOME_COLUMNS ", hash", "outcome"),
    [SCHEMA_READ_EXITS] = READ(EXIT_HASHED EXIT_ADDED, "exit"),
    [SCHEMA_READ_EVENTS] = READ(EVENT_COLUMNS ", hash", "event"),
    [SCHEMA_READ_CHECKPOINTS] = READ(CHECKPOINT_COLUMNS ", hash", "checkpoint"),
    [SCHEMA_LAST_CHECKPOINT] = "SELECT seq, at FROM checkpoint ORDER BY seq DESC LIMIT 1",
    [SCHEMA_LAST_PRUNING] = "SELECT pruned_through, pruned_hash FROM checkpoint "
                            "WHERE pruned_through IS NOT NULL ORDER BY pruned_through DESC LIMIT 1",
    [SCHEMA_HASH_OF] =
        "SELECT hash FROM launch WHERE seq = ?1 UNION ALL SELECT hash FROM outcome WHERE seq = ?1 "
        "UNION ALL SELECT hash FROM exit WHERE seq = ?1 UNION ALL SELECT hash FROM event WHERE seq = ?1 "
        "UNION ALL SELECT hash FROM checkpoint WHERE seq = ?1",
    [SCHEMA_ORIGIN] = "SELECT id, created_at, public_key FROM chain",
    [SCHEMA_FIND_KEY] = "SELECT seq FROM launch INDEXED BY launch_by_key WHERE launch_key = ? AND "
                        "caller_sid = ? AND caller_pid = ? AND caller_started_at = ? ORDER BY seq LIMIT 1",
    [SCHEMA_NEXT_RUNNING] = "SELECT launch FROM running WHERE launch > ? ORDER BY launch LIMIT 1",
    [SCHEMA_CHILD_THREAD] = "SELECT child_tid FROM outcome WHERE launch = ?",
};

const char *schema_statement_of(schema_statement which, int version) {
    if (version == SCHEMA_FIRST_VERSION && which == SCHEMA_READ_LAUNCHES)
        return READ(LAUNCH_HASHED, "launch");
    if (version == SCHEMA_FIRST_VERSION && which == SCHEMA_READ_EXITS) return READ(EXIT_HASHED, "exit");
    if (version == SCHEMA_FIRST_VERSION && (which == SCHEMA_FIND_KEY || which == SCHEMA_NEXT_RUNNING))
        return NULL;
    return schema_statements[which];
}
