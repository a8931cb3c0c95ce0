/* The columns of the audit: each is one row here. The tables' definitions, the statements that write and read
 * them, the bytes of a record that are hashed, the structs of audit.h, the copies that the recorder keeps,
 * and the launches in messages are made from these lists. tests/audit/test_columns.c compares them with the
 * two views and with docs/audit.md.
 *
 * The order of the rows is the order in the table, and the order in which a record's columns are hashed.
 * ..._FIRST are the columns of version 2 of the database, which stay as they are. ..._ADDED are those that
 * later versions add behind `hash`: a record's hash covers those that are not NULL, each with its name
 * (chain.h), so that the hashes of older records stay right. A row is
 *
 *     SHOWN(name, kind, place, check)    the view launches, and launches in messages, have it: place says
 * where HIDDEN(name, kind, check)          the table alone has it
 *
 * A place in the view is kept for good: a new column takes the next number. check is what SQLite checks
 * besides, with a space before it, or "". Times are microseconds since 1970-01-01 UTC. The kinds:
 *
 *     TEXT             UTF-8; every record has it
 *     TEXT_OR_NULL     UTF-8, or NULL
 *     NUMBER           64 bits with a sign; every record has it
 *     NUMBER_OR_0      NULL where the record's struct has 0
 *     NUMBER_OR_MINUS  NULL where the record's struct has a negative number
 *     HASH_OR_NULL     32 bytes, or NULL; in messages 64 hexadecimal digits
 *     RESULT           the name of an audit_result
 *     SIGNATURE        64 bytes */
#ifndef SB_PROTO_AUDIT_COLUMNS_H
#define SB_PROTO_AUDIT_COLUMNS_H

/* The request of a launch: table launch. A process is named by its id and the time at which it was created.
 * environment_names has one name a line; environment_hash is keyed: it tells environments apart, not what is
 * in them. */
#define AUDIT_REQUEST_FIRST(SHOWN, HIDDEN)                              \
    SHOWN(launch_id, TEXT, 0, " UNIQUE CHECK (length(launch_id) = 36)") \
    SHOWN(requested_at, NUMBER, 1, "")                                  \
    SHOWN(caller_pid, NUMBER, 2, "")                                    \
    SHOWN(caller_started_at, NUMBER_OR_0, 23, "")                       \
    SHOWN(caller_session, NUMBER, 6, "")                                \
    SHOWN(caller_image, TEXT_OR_NULL, 3, "")                            \
    SHOWN(caller_sid, TEXT_OR_NULL, 4, "")                              \
    SHOWN(caller_user, TEXT_OR_NULL, 5, "")                             \
    SHOWN(application, TEXT_OR_NULL, 7, "")                             \
    SHOWN(command_line, TEXT_OR_NULL, 8, "")                            \
    SHOWN(directory, TEXT_OR_NULL, 9, "")                               \
    SHOWN(environment_names, TEXT_OR_NULL, 27, "")                      \
    SHOWN(environment_hash, HASH_OR_NULL, 28, "")                       \
    SHOWN(lifetime, TEXT_OR_NULL, 25, "")                               \
    SHOWN(creation_flags, NUMBER, 26, "")                               \
    SHOWN(rule, TEXT_OR_NULL, 10, "")

/* What the caller was: its integrity level as a number (SECURITY_MANDATORY_..._RID), whether its group of
 * administrators was enabled, and the SIDs of the services that it was, with a blank between them. launch_key
 * is the key under which the client asked for the launch, label what the client calls the child. */
#define AUDIT_REQUEST_ADDED(SHOWN, HIDDEN)           \
    SHOWN(caller_integrity, NUMBER_OR_MINUS, 29, "") \
    SHOWN(caller_elevated, NUMBER_OR_MINUS, 30, "")  \
    SHOWN(caller_services, TEXT_OR_NULL, 31, "")     \
    SHOWN(launch_key, TEXT_OR_NULL, 32, "")          \
    SHOWN(label, TEXT_OR_NULL, 33, "")

#define AUDIT_REQUEST_COLUMNS(SHOWN, HIDDEN) \
    AUDIT_REQUEST_FIRST(SHOWN, HIDDEN)       \
    AUDIT_REQUEST_ADDED(SHOWN, HIDDEN)

/* The outcome of a launch: table outcome. child_pid 0: no child was made. */
#define AUDIT_OUTCOME_COLUMNS(SHOWN, HIDDEN)                                                         \
    HIDDEN(at, NUMBER, "")                                                                           \
    SHOWN(outcome, RESULT, 11, " CHECK (outcome IN ('started', 'denied', 'failed', 'interrupted'))") \
    SHOWN(stage, TEXT_OR_NULL, 12, "")                                                               \
    SHOWN(error_code, NUMBER_OR_MINUS, 13, "")                                                       \
    SHOWN(error_message, TEXT_OR_NULL, 14, "")                                                       \
    SHOWN(child_pid, NUMBER_OR_0, 15, "")                                                            \
    HIDDEN(child_tid, NUMBER_OR_0, "")                                                               \
    SHOWN(child_created_at, NUMBER_OR_0, 24, "")                                                     \
    SHOWN(attested, NUMBER_OR_MINUS, 16, " CHECK (attested IN (0, 1))")                              \
    SHOWN(started_at, NUMBER_OR_0, 17, "")                                                           \
    SHOWN(create_us, NUMBER_OR_MINUS, 20, "")                                                        \
    SHOWN(total_us, NUMBER_OR_MINUS, 21, "")

/* The exit of a child: table exit. The view has NULL for an exit_code of -1: nobody knows it. */
#define AUDIT_EXIT_FIRST(SHOWN, HIDDEN) \
    SHOWN(exited_at, NUMBER, 18, "")    \
    SHOWN(exit_code, NUMBER, 19, "")

/* exited_after: no broker saw the exit, which was after that time and at most exited_at. The others are what
 * the processes of the child's job used. */
#define AUDIT_EXIT_ADDED(SHOWN, HIDDEN)               \
    SHOWN(exited_after, NUMBER_OR_0, 34, "")          \
    SHOWN(user_us, NUMBER_OR_MINUS, 35, "")           \
    SHOWN(kernel_us, NUMBER_OR_MINUS, 36, "")         \
    SHOWN(peak_memory_bytes, NUMBER_OR_MINUS, 37, "") \
    SHOWN(read_bytes, NUMBER_OR_MINUS, 38, "")        \
    SHOWN(written_bytes, NUMBER_OR_MINUS, 39, "")     \
    SHOWN(processes, NUMBER_OR_MINUS, 40, "")

#define AUDIT_EXIT_COLUMNS(SHOWN, HIDDEN) \
    AUDIT_EXIT_FIRST(SHOWN, HIDDEN)       \
    AUDIT_EXIT_ADDED(SHOWN, HIDDEN)

/* The view has the number of the request's record too, which every record has. */
enum { AUDIT_SEQ_PLACE = 22, AUDIT_SHOWN_COLUMNS = 41 };

/* A handle of a launch, X(name, kind, check): table handle, view launch_handles and messages in this order.
 * name is as the caller named it, or "stdin", "stdout" or "stderr"; type is the object's, such as File,
 * Section or Event; fd is the C runtime's descriptor that the caller asked for. */
#define AUDIT_HANDLE_COLUMNS(X)   \
    X(position, NUMBER, "")       \
    X(name, TEXT, "")             \
    X(type, TEXT_OR_NULL, "")     \
    X(granted_access, NUMBER, "") \
    X(caller_value, NUMBER, "")   \
    X(child_value, NUMBER, "")    \
    X(fd, NUMBER_OR_0, " CHECK (fd > 0)")

/* What the broker itself did: table event, X(name, kind, check). */
#define AUDIT_EVENT_COLUMNS(X) \
    X(at, NUMBER, "")          \
    X(kind, TEXT, "")          \
    X(detail, TEXT_OR_NULL, "")

/* A signature of all records before it: table checkpoint, X(name, kind, check). One with which records are
 * pruned has the number and the hash of the last of them. */
#define AUDIT_CHECKPOINT_COLUMNS(X)    \
    X(at, NUMBER, "")                  \
    X(pruned_through, NUMBER_OR_0, "") \
    X(pruned_hash, HASH_OR_NULL, "")   \
    X(signature, SIGNATURE, "")

/* A column's member of a record's struct. */
#define AUDIT_MEMBER_TEXT(name) const char *name;
#define AUDIT_MEMBER_TEXT_OR_NULL(name) const char *name;
#define AUDIT_MEMBER_NUMBER(name) int64_t name;
#define AUDIT_MEMBER_NUMBER_OR_0(name) int64_t name;
#define AUDIT_MEMBER_NUMBER_OR_MINUS(name) int64_t name;
#define AUDIT_MEMBER_HASH_OR_NULL(name) const uint8_t *name;
#define AUDIT_MEMBER_RESULT(name) audit_result name;
#define AUDIT_MEMBER(name, kind, check) AUDIT_MEMBER_##kind(name)
#define AUDIT_SHOWN_MEMBER(name, kind, place, check) AUDIT_MEMBER_##kind(name)

#endif
