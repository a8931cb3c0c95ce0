/* A child runs no instruction before its launch is on disk. While another program locks the database, the
 * launch waits, and its child has done nothing. A launch that waits longer than its timeout is undone. */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { LOCKED_MS = 900 }; /* less than the broker waits for the lock */

typedef struct launcher {
    sb_client *client;
    HANDLE output;
    DWORD err;
    sb_error error;
    sb_process process;
} launcher;

static DWORD WINAPI launch(void *context) {
    launcher *l = context;
    wchar_t line[1024];
    sb_spawn_options options = helper_options(L"echo:ran", line, 1024);
    options.std_output = l->output;
    l->err = sb_spawn(l->client, &options, &l->process, &l->error);
    return 0;
}

/* Returns how many bytes are in the pipe. */
static DWORD said(HANDLE pipe) {
    DWORD there = 0;
    CHECK(PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL));
    return there;
}

static void launch_while_locked(const test_broker *broker, sb_client *client) {
    launcher l = {.client = client};
    char database[AUDIT_PATH_BYTES], text[AUDIT_TEXT_BYTES];
    audit_error error = {0};
    db *lock = NULL;
    HANDLE reading;
    audit_path(broker->data, L"audit.db", database);
    if (!CHECK(CreatePipe(&reading, &l.output, NULL, 0)) ||
        !CHECK(db_open(database, DB_FOR_WRITING, &lock, &error)) ||
        !CHECK(db_run(lock, "locking", "BEGIN IMMEDIATE", &error)))
        return;

    check_about("the database is locked: the child does not run");
    HANDLE thread = CreateThread(NULL, 0, launch, &l, 0, NULL);
    CHECK_INT(WaitForSingleObject(thread, LOCKED_MS), WAIT_TIMEOUT); /* the launch waits, too */
    CHECK_INT(said(reading), 0);
    audit_text(database, "SELECT count(*) FROM launches WHERE command_line LIKE '%echo:ran%'", text);
    CHECK_TEXT(text, "0");

    check_about("the lock is released: the launch is on disk, and the child runs");
    CHECK(db_run(lock, "unlocking", "ROLLBACK", &error));
    db_close(&lock);
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(l.output);
    if (CHECK_INT(l.err, ERROR_SUCCESS)) {
        audit_text(database, "SELECT count(*) FROM launches WHERE command_line LIKE '%echo:ran%'", text);
        CHECK_TEXT(text, "1");
        CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
        CHECK_TEXT(text, "ran\n");
        sb_process_close(&l.process);
    } else {
        printf("    %ls\n", l.error.message);
    }
    CloseHandle(reading);
}

/* A client that gives up undoes its own launch. The broker must not resume the child either, whatever the
 * client does. */
static void timeout_while_locked(const test_broker *broker) {
    enum { TIMEOUT_MS = LOCKED_MS / 3 };
    raw_client client = {0};
    raw_spawn_text where;
    msg_reply reply;
    char database[AUDIT_PATH_BYTES], text[AUDIT_TEXT_BYTES];
    audit_error error = {0};
    db *lock = NULL;
    HANDLE reading, writing;
    size_t length;

    check_about("a launch that takes longer than its timeout_ms does not run");
    audit_path(broker->data, L"audit.db", database);
    if (!CHECK(raw_open(&client, broker->pipe)) || !CHECK(raw_hello(&client)) ||
        !CHECK(CreatePipe(&reading, &writing, NULL, 0)) ||
        !CHECK(db_open(database, DB_FOR_WRITING, &lock, &error)) ||
        !CHECK(db_run(lock, "locking", "BEGIN IMMEDIATE", &error)))
        return;
    msg_spawn spawn = raw_spawn("echo:late", &where);
    spawn.std[MSG_STD_OUTPUT] = (uint32_t)(ULONG_PTR)writing;
    spawn.timeout_ms = TIMEOUT_MS;
    char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
    CHECK(raw_send_frame(&client, frame, length));
    Sleep(LOCKED_MS);
    CHECK(db_run(lock, "unlocking", "ROLLBACK", &error));
    db_close(&lock);

    if (CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) {
        CHECK_INT(reply.fault.kind, FAULT_TIMED_OUT);
        msg_reply_free(&reply);
    }
    raw_close(&client);
    CloseHandle(writing);
    CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS)); /* the child is gone */
    CHECK_TEXT(text, "");
    CloseHandle(reading);
}

/* policy NULL: none. */
static void with_policy(const char *policy) {
    test_broker broker;
    child_result first;
    wchar_t data[MAX_PATH], path[MAX_PATH + 16];
    if (!CHECK(directory_make_data(data, L"first"))) return;
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data);
    if (policy && !CHECK(file_write(path, policy, strlen(policy)))) return;
    if (!broker_start(&broker, data)) return;
    sb_client *client = broker_connect(broker.pipe);
    if (client) {
        helper_run(client, L"exit:0", NULL, 0, &first); /* uses everything once */
        CHECK_INT(first.err, ERROR_SUCCESS);
        launch_while_locked(&broker, client);
        timeout_while_locked(&broker);
    }
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    with_policy(NULL);
    /* Nobody's failures are recorded: each child is created before its launch is given to the audit. */
    with_policy("{\"version\": 1, \"default\": \"allow\", \"audit\": {\"denials_per_minute\": 0}}");
    return check_report();
}
