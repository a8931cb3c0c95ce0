#include "schema.h"

#include <stddef.h>

/* Every record has a seq: 1, 2, 3 and so on without a gap, over all tables. */
#define LAST_SEQ                                                                                             \
    "max(coalesce((SELECT max(seq) FROM launch), 0),"                                                        \
    " coalesce((SELECT max(seq) FROM outcome), 0),"                                                          \
    " coalesce((SELECT max(seq) FROM exit), 0),"                                                             \
    " coalesce((SELECT max(seq) FROM event), 0))"

#define REFUSE(table, name, what, why)                                                                       \
    "CREATE TRIGGER " table "_" name " BEFORE " what "\n"                                                    \
    "BEGIN\n"                                                                                                \
    "    SELECT RAISE(ABORT, '" table ": " why "');\n"                                                       \
    "END;\n"

/* INSERT OR REPLACE deletes what is in its way, and no trigger for DELETE sees it: hence those for INSERT. */
#define ONLY_ADDED(table, not_next, same)                                                                    \
    REFUSE(table, "is_not_updated", "UPDATE ON " table, "rows are only added")                               \
    REFUSE(table, "is_not_deleted", "DELETE ON " table, "rows are only added")                               \
    REFUSE(table, "is_next", "INSERT ON " table " WHEN " not_next, "not the next record")                    \
    REFUSE(table, "is_not_replaced",                                                                         \
           "INSERT ON " table " WHEN EXISTS (SELECT 1 FROM " table " WHERE " same ")",                       \
           "there is one already")

#define NOT_NEXT "new.seq IS NOT 1 + " LAST_SEQ

const char *const schema_create[] = {
    "CREATE TABLE launch (\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    launch_id TEXT NOT NULL UNIQUE CHECK (length(launch_id) = 36),\n"
    "    requested_at INTEGER NOT NULL,\n"
    "    caller_pid INTEGER NOT NULL,\n"
    "    caller_started_at INTEGER,\n"
    "    caller_session INTEGER NOT NULL,\n"
    "    caller_image TEXT,\n"
    "    caller_sid TEXT,\n"
    "    caller_user TEXT,\n"
    "    application TEXT,\n"
    "    command_line TEXT,\n"
    "    directory TEXT,\n"
    "    environment_names TEXT,\n"
    "    lifetime TEXT,\n"
    "    creation_flags INTEGER NOT NULL,\n"
    "    rule TEXT\n"
    ") STRICT;",

    "CREATE INDEX launch_by_caller_sid ON launch (caller_sid);",

    "CREATE TABLE handle (\n"
    "    launch INTEGER NOT NULL REFERENCES launch (seq),\n"
    "    position INTEGER NOT NULL,\n"
    "    name TEXT NOT NULL,\n"
    "    type TEXT,\n"
    "    granted_access INTEGER NOT NULL,\n"
    "    caller_value INTEGER NOT NULL,\n"
    "    child_value INTEGER NOT NULL,\n"
    "    fd INTEGER CHECK (fd > 0),\n"
    "    PRIMARY KEY (launch, position)\n"
    ") STRICT, WITHOUT ROWID;",

    "CREATE TABLE outcome (\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    launch INTEGER NOT NULL UNIQUE REFERENCES launch (seq),\n"
    "    at INTEGER NOT NULL,\n"
    "    outcome TEXT NOT NULL CHECK (outcome IN ('started', 'denied', 'failed', 'interrupted')),\n"
    "    stage TEXT,\n"
    "    error_code INTEGER,\n"
    "    error_message TEXT,\n"
    "    child_pid INTEGER,\n"
    "    child_tid INTEGER,\n"
    "    attested INTEGER CHECK (attested IN (0, 1)),\n"
    "    started_at INTEGER,\n"
    "    create_us INTEGER,\n"
    "    total_us INTEGER,\n"
    "    CHECK (outcome <> 'started' OR coalesce(stage, error_code, error_message) IS NULL)\n"
    ") STRICT;",

    "CREATE TABLE exit (\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    launch INTEGER NOT NULL UNIQUE REFERENCES launch (seq),\n"
    "    exited_at INTEGER NOT NULL,\n"
    "    exit_code INTEGER NOT NULL\n"
    ") STRICT;",

    "CREATE TABLE event (\n"
    "    seq INTEGER PRIMARY KEY,\n"
    "    at INTEGER NOT NULL,\n"
    "    kind TEXT NOT NULL,\n"
    "    detail TEXT\n"
    ") STRICT;",

    ONLY_ADDED("launch", NOT_NEXT, "launch_id = new.launch_id"),
    ONLY_ADDED("outcome", NOT_NEXT, "launch = new.launch"),
    ONLY_ADDED("exit", NOT_NEXT, "launch = new.launch"),
    ONLY_ADDED("event", NOT_NEXT, "seq = new.seq"),
    /* The handles of a launch are part of its record: they follow it at once. */
    ONLY_ADDED("handle", "new.launch IS NOT " LAST_SEQ, "launch = new.launch AND position = new.position"),

    "CREATE VIEW launches AS SELECT\n"
    "    l.launch_id, l.requested_at, l.caller_pid, l.caller_image, l.caller_sid, l.caller_user,\n"
    "    l.caller_session, l.application, l.command_line, l.directory, l.rule,\n"
    "    coalesce(o.outcome, 'pending') AS outcome, o.stage, o.error_code, o.error_message, o.child_pid,\n"
    "    o.attested, o.started_at, e.exited_at, e.exit_code, o.create_us, o.total_us, l.seq\n"
    "FROM launch AS l\n"
    "LEFT JOIN outcome AS o ON o.launch = l.seq\n"
    "LEFT JOIN exit AS e ON e.launch = l.seq;",

    "CREATE VIEW launch_handles AS SELECT\n"
    "    l.launch_id, h.position, h.name, h.type, h.granted_access, h.caller_value, h.child_value, h.fd\n"
    "FROM launch AS l\n"
    "JOIN handle AS h ON h.launch = l.seq;",
    NULL,
};

const char schema_last_seq[] = "SELECT " LAST_SEQ;

/* In the order in which query.c reads them. */
#define COLUMNS                                                                                              \
    "SELECT seq, launch_id, requested_at, caller_pid, caller_image, caller_sid, caller_user, "               \
    "caller_session, application, command_line, directory, rule, outcome, stage, error_code, "               \
    "error_message, child_pid, attested, started_at, exited_at, exit_code, create_us, total_us "             \
    "FROM launches "

const char *const schema_statements[SCHEMA_STATEMENT_COUNT] = {
    [SCHEMA_ADD_LAUNCH] =
        "INSERT INTO launch (seq, launch_id, requested_at, caller_pid, caller_started_at, caller_session, "
        "caller_image, caller_sid, caller_user, application, command_line, directory, environment_names, "
        "lifetime, creation_flags, rule) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SCHEMA_ADD_HANDLE] =
        "INSERT INTO handle (launch, position, name, type, granted_access, caller_value, child_value, fd) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [SCHEMA_ADD_OUTCOME] =
        "INSERT INTO outcome (seq, launch, at, outcome, stage, error_code, error_message, child_pid, "
        "child_tid, "
        "attested, started_at, create_us, total_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SCHEMA_ADD_EXIT] = "INSERT INTO exit (seq, launch, exited_at, exit_code) VALUES (?, ?, ?, ?)",
    [SCHEMA_ADD_EVENT] = "INSERT INTO event (seq, at, kind, detail) VALUES (?, ?, ?, ?)",
    [SCHEMA_FIND_LAUNCH] = "SELECT seq FROM launch WHERE launch_id = ?",
    [SCHEMA_NEXT_UNDECIDED] = "SELECT seq FROM launch WHERE seq > ? AND NOT EXISTS (SELECT 1 FROM outcome "
                              "WHERE launch = launch.seq) "
                              "ORDER BY seq LIMIT 1",
    [SCHEMA_NEWEST] = COLUMNS "WHERE seq < ? ORDER BY seq DESC LIMIT ?",
    [SCHEMA_NEWEST_OF] = COLUMNS "WHERE caller_sid = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
    [SCHEMA_HANDLES] =
        "SELECT position, name, type, granted_access, caller_value, child_value, fd FROM launch_handles "
        "WHERE launch_id = ? ORDER BY position",
};
