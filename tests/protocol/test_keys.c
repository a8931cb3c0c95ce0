/* A launch with a key happens once, whatever becomes of connection and broker; and waiting for exits. */
#include "tests/support/raw.h"
#include "tests/support/checks.h"
#include "service/win32/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns a key that no other call returned. It lives until the fourth call after this one. */
static const char *new_key(void) {
    static char keys[4][LIMIT_KEY_CHARS + 1];
    static unsigned count;
    char *key = keys[count++ % 4];
    snprintf(key, sizeof keys[0], "%08lx%016llx%08x", (unsigned long)GetCurrentProcessId(),
             (unsigned long long)GetTickCount64(), count);
    return key;
}

/* What a launch, or a question about one, is answered. */
typedef struct answer {
    fault fault;
    msg_spawn_result result;
    char launch_id[37];
} answer;

static void take(msg_reply *reply, answer *ret) {
    *ret = (answer){.fault = reply->fault};
    if (msg_reply_spawn(reply, &ret->result))
        snprintf(ret->launch_id, sizeof ret->launch_id, "%s", ret->result.launch_id);
    ret->result.launch_id = ret->launch_id;
    msg_reply_free(reply);
}

static answer spawn(raw_client *client, const char *actions, const char *key, const char *label) {
    raw_spawn_text text;
    msg_spawn what = raw_spawn(actions, &text);
    msg_reply reply;
    answer got = {0};
    size_t length;
    what.key = key;
    what.label = label;
    what.job = true;
    char *frame = msg_encode_spawn(client->next_id++, &what, &length);
    if (CHECK(raw_call(client, frame, length, &reply))) take(&reply, &got);
    return got;
}

static answer outcome(raw_client *client, const char *key, bool no_handles) {
    const msg_outcome asked = {.key = key, .no_handles = no_handles};
    msg_reply reply;
    answer got = {0};
    size_t length;
    char *frame = msg_encode_outcome(client->next_id++, &asked, &length);
    if (CHECK(raw_call(client, frame, length, &reply))) take(&reply, &got);
    return got;
}

/* Asks until the launch is no longer under way. */
static answer settled(raw_client *client, const char *key) {
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    answer got = outcome(client, key, false);
    while (got.fault.kind == FAULT_UNDER_WAY && !deadline_passed(deadline)) {
        Sleep(10);
        got = outcome(client, key, false);
    }
    return got;
}

static void close_answer(answer *a) {
    HANDLE handles[] = {win_handle(a->result.process), win_handle(a->result.thread),
                        win_handle(a->result.job)};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) win_close(&handles[i]);
}

/* Checks that two answers are of one child, each with handles of its own. */
static void same_child(const answer *a, const answer *b) {
    CHECK_INT(a->fault.kind, FAULT_NONE);
    if (!CHECK_INT(b->fault.kind, FAULT_NONE)) printf("    %s\n", b->fault.message);
    CHECK_TEXT(b->launch_id, a->launch_id);
    CHECK_INT(b->result.process_id, a->result.process_id);
    CHECK_INT(b->result.thread_id, a->result.thread_id);
    CHECK(b->result.process && b->result.process != a->result.process);
    CHECK(b->result.thread && b->result.thread != a->result.thread);
    CHECK_INT(GetProcessId(win_handle(b->result.process)), a->result.process_id);
    CHECK_INT(GetThreadId(win_handle(b->result.thread)), a->result.thread_id);
}

static size_t records_with_label(const wchar_t *pipe, const char *label) {
    raw_audit audit;
    size_t count = 0;
    if (CHECK(raw_audit_read(pipe, 0, 1000, &audit)))
        for (size_t i = 0; i < audit.count; i++)
            count += audit.rows[i].label && !strcmp(audit.rows[i].label, label);
    raw_audit_free(&audit);
    return count;
}

static void kill(raw_client *client, const char *launch_id) {
    const msg_kill what = {.launch_id = launch_id, .exit_code = 9};
    msg_reply reply;
    size_t length;
    char *frame = msg_encode_kill(client->next_id++, &what, &length);
    if (CHECK(raw_call(client, frame, length, &reply))) {
        CHECK_INT(reply.fault.kind, FAULT_NONE);
        msg_reply_free(&reply);
    }
}

static bool is_exit_of(const msg_launch *row, void *launch_id) {
    if (strcmp(row->launch_id, launch_id) != 0 || !row->has_exited_at) return false;
    CHECK(row->has_user_us && row->has_kernel_us && row->user_us >= 0);
    CHECK(row->has_processes && row->processes >= 1);
    CHECK(!row->has_exited_after);
    return true;
}

/* The exit's record says what the child has used. */
static void uses_are_recorded(const wchar_t *pipe, const char *launch_id) {
    CHECK(raw_audit_wait(pipe, is_exit_of, (void *)(ULONG_PTR)launch_id));
}

static void once(raw_client *client, const wchar_t *pipe) {
    const char *key = new_key(), *other = new_key();
    check_about("the same key again");
    answer first = spawn(client, "sleep:600000", key, "once"), second = spawn(client, "exit:0", key, "once"),
           third = outcome(client, key, false);
    same_child(&first, &second);
    same_child(&first, &third);
    CHECK(second.result.job && third.result.job);
    CHECK_INT(records_with_label(pipe, "once"), 1);

    check_about("without handles");
    answer without = outcome(client, key, true);
    CHECK_TEXT(without.launch_id, first.launch_id);
    CHECK(!without.result.process && !without.result.thread && !without.result.job);

    check_about("another key");
    answer different = spawn(client, "exit:0", other, "once");
    CHECK(strcmp(different.launch_id, first.launch_id) != 0);
    CHECK_INT(records_with_label(pipe, "once"), 2);

    check_about("a child that has exited");
    kill(client, first.launch_id);
    CHECK_INT(WaitForSingleObject(win_handle(first.result.process), TEST_DEADLINE_MS), WAIT_OBJECT_0);
    uses_are_recorded(pipe, first.launch_id);
    answer late = settled(client, key);
    same_child(&first, &late);
    DWORD code = 0;
    CHECK(GetExitCodeProcess(win_handle(late.result.process), &code));
    CHECK_INT(code, 9);

    answer *all[] = {&first, &second, &third, &different, &late};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) close_answer(all[i]);
}

static void never(raw_client *client, const wchar_t *pipe) {
    const char *key = new_key();
    check_about("a key that nobody has used");
    CHECK_INT(outcome(client, key, false).fault.kind, FAULT_NOT_STARTED);
    check_about("... and its launch never begins");
    CHECK_INT(spawn(client, "exit:0", key, "never").fault.kind, FAULT_NOT_STARTED);
    CHECK_INT(outcome(client, key, false).fault.kind, FAULT_NOT_STARTED);
    CHECK_INT(records_with_label(pipe, "never"), 0);
}

static void failed(raw_client *client, const wchar_t *pipe) {
    raw_spawn_text text;
    msg_spawn what = raw_spawn("exit:0", &text);
    const char *key = new_key();
    answer got[3] = {0};
    msg_reply reply;
    size_t length;

    check_about("a launch that failed");
    what.key = key;
    what.label = "failed";
    what.application = "C:\\no such program.exe";
    for (int i = 0; i < 2; i++) {
        char *frame = msg_encode_spawn(client->next_id++, &what, &length);
        if (CHECK(raw_call(client, frame, length, &reply))) take(&reply, &got[i]);
    }
    got[2] = outcome(client, key, false);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(got[i].fault.kind, FAULT_LAUNCH_FAILED);
        CHECK_INT(got[i].fault.win32, ERROR_FILE_NOT_FOUND);
        CHECK_INT(got[i].fault.stage, got[0].fault.stage);
        CHECK_TEXT(got[i].fault.message, got[0].fault.message);
    }
    CHECK_INT(records_with_label(pipe, "failed"), 1);
}

/* Two connections of one process ask at once, again and again. */
static void at_once(const wchar_t *pipe) {
    enum { ROUNDS = 30 };
    raw_client clients[2] = {0};
    int under_way = 0;
    check_about("two connections ask at once with one key");
    for (int i = 0; i < 2; i++)
        if (!CHECK(raw_open(&clients[i], pipe) && raw_hello(&clients[i]))) return;

    for (int round = 0; round < ROUNDS; round++) {
        const char *key = new_key();
        raw_spawn_text text;
        msg_spawn what = raw_spawn("exit:0", &text);
        answer got[2] = {0};
        size_t length;
        what.key = key;
        what.label = "at once";
        for (int i = 0; i < 2; i++) {
            char *frame = msg_encode_spawn(clients[i].next_id++, &what, &length);
            CHECK(raw_send_frame(&clients[i], frame, length));
        }
        for (int i = 0; i < 2; i++) {
            msg_reply reply;
            if (!CHECK_INT(raw_receive(&clients[i], TEST_DEADLINE_MS, &reply), RAW_REPLY)) return;
            take(&reply, &got[i]);
            if (got[i].fault.kind != FAULT_UNDER_WAY) continue;
            under_way++;
            got[i] = settled(&clients[i], key);
        }
        same_child(&got[0], &got[1]);
        for (int i = 0; i < 2; i++) close_answer(&got[i]);
    }
    printf("  %d of %d were under way\n", under_way, (int)ROUNDS);
    CHECK_INT(records_with_label(pipe, "at once"), ROUNDS);
    for (int i = 0; i < 2; i++) raw_close(&clients[i]);
}

/* ---- wait ---- */

static void ask_wait(raw_client *client, const char *launch_id, bool has_timeout, uint32_t ms) {
    const msg_wait what = {.launch_id = launch_id, .has_timeout_ms = has_timeout, .timeout_ms = ms};
    size_t length;
    char *frame = msg_encode_wait(client->next_id++, &what, &length);
    CHECK(raw_send_frame(client, frame, length));
}

/* Returns the fault of the next reply; without one fills *ret, whose text is lost. */
static fault_kind waited(raw_client *client, msg_waited *ret) {
    msg_reply reply;
    *ret = (msg_waited){0};
    if (!CHECK_INT(raw_receive(client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) return FAULT_INTERNAL;
    fault_kind kind = reply.fault.kind;
    if (!kind) CHECK(msg_reply_wait(&reply, ret));
    msg_reply_free(&reply);
    return kind;
}

static void waits(raw_client *client, const wchar_t *pipe) {
    enum { MANY = 40 };
    raw_client others;
    msg_waited got;
    msg_reply reply;
    size_t length;
    answer made = spawn(client, "sleep:600000", new_key(), "waited for");

    check_about("a time that passes");
    ask_wait(client, made.launch_id, true, 100);
    CHECK_INT(waited(client, &got), FAULT_NONE);
    CHECK(!got.exited && !got.has_exit_code);

    check_about("many that wait keep nobody");
    if (!CHECK(raw_open(&others, pipe) && raw_hello(&others))) return;
    for (int i = 0; i < MANY; i++) ask_wait(&others, made.launch_id, false, 0);
    char *frame = msg_encode_list(client->next_id++, &length);
    msg_children live;
    if (CHECK(raw_call(client, frame, length, &reply))) {
        bool labelled = false;
        CHECK(msg_reply_list(&reply, &live));
        for (size_t i = 0; i < live.count; i++)
            labelled = labelled || (live.children[i].label && !strcmp(live.children[i].label, "waited for"));
        CHECK(labelled);
        msg_reply_free(&reply);
    }

    check_about("all hear of the exit");
    kill(client, made.launch_id);
    for (int i = 0; i < MANY; i++) {
        CHECK_INT(waited(&others, &got), FAULT_NONE);
        CHECK(got.exited && got.has_exit_code && got.exit_code == 9 && got.has_exited_at);
    }

    check_about("an exit on record");
    ask_wait(client, made.launch_id, false, 0);
    CHECK_INT(waited(client, &got), FAULT_NONE);
    CHECK(got.exited && got.has_exit_code && got.exit_code == 9);
    check_about("no launch");
    ask_wait(client, "00000000-0000-7000-8000-000000000000", false, 0);
    CHECK_INT(waited(client, &got), FAULT_NOT_FOUND);

    check_about("those who leave are not answered");
    answer again = spawn(client, "sleep:600000", new_key(), NULL);
    for (int i = 0; i < MANY; i++) ask_wait(&others, again.launch_id, false, 0);
    raw_close(&others);
    kill(client, again.launch_id);
    close_answer(&made);
    close_answer(&again);
}

/* ---- another broker ---- */

/* Looks without reading: under Wine, a read that waits when the server writes and disconnects loses what was
 * written. */
static bool has_reply(void *context) {
    DWORD there = 0;
    return PeekNamedPipe(((raw_client *)context)->pipe, NULL, 0, NULL, &there, NULL) && there;
}

static bool is_listed(void *context) {
    const void *const *c = context;
    raw_client *client = (raw_client *)(ULONG_PTR)c[0];
    msg_children live;
    msg_reply reply;
    size_t length;
    bool listed = false;
    char *frame = msg_encode_list(client->next_id++, &length);
    if (!CHECK(raw_call(client, frame, length, &reply))) return true;
    CHECK(msg_reply_list(&reply, &live));
    for (size_t i = 0; i < live.count; i++)
        listed = listed || (!strcmp(live.children[i].launch_id, c[1]) && live.children[i].label &&
                            !strcmp(live.children[i].label, "outlives"));
    msg_reply_free(&reply);
    return listed;
}

static bool is_exit_seen_late(const msg_launch *row, void *launch_id) {
    if (strcmp(row->launch_id, launch_id) != 0 || !row->has_exited_at) return false;
    CHECK_INT(row->exit_code, 8); /* Windows still knew it: this process had a handle */
    CHECK(row->has_exit_code && !row->has_exited_after);
    return true;
}

static bool is_exit_unseen(const msg_launch *row, void *launch_id) {
    if (strcmp(row->launch_id, launch_id) != 0 || !row->has_exited_at) return false;
    if (row->has_exit_code) { /* somebody else had a handle, so that Windows still knew it */
        printf("  the exit that nobody saw was still known\n");
        CHECK(row->exit_code == 8 && !row->has_exited_after);
        return true;
    }
    CHECK(row->has_exited_after && row->exited_after >= row->started_at &&
          row->exited_after <= row->exited_at);
    return true;
}

static bool is_started(const msg_launch *row, void *launch_id) {
    return !strcmp(row->launch_id, launch_id) && !strcmp(row->outcome, "started");
}

/* The broker is terminated right after it has answered, or before: the outcome is not on record yet. */
static void outcome_not_recorded(test_broker *broker) {
    enum { ROUNDS = 5 };
    raw_client client;
    check_about("a broker that is terminated before the outcome is on record");
    for (int i = 0; i < ROUNDS; i++) {
        const char *key = new_key();
        if (!CHECK(raw_open(&client, broker->pipe) && raw_hello(&client))) return;
        answer first = spawn(&client, "sleep:600000", key, "unrecorded");
        broker_kill(broker);
        raw_close(&client);
        if (!broker_start_again(broker)) return;
        if (!CHECK(raw_open(&client, broker->pipe) && raw_hello(&client))) return;
        answer again = outcome(&client, key, false);
        same_child(&first, &again);
        CHECK(raw_audit_wait(broker->pipe, is_started, first.launch_id));
        TerminateProcess(win_handle(first.result.process), 0);
        close_answer(&first);
        close_answer(&again);
        raw_close(&client);
    }
}

/* The broker ends and another begins. It takes up the children whose job this process holds: it lists them,
 * waits for them, and terminates them. What ended meanwhile has an exit on record. */
static void another_broker(test_broker *broker, bool kill_it) {
    raw_client client;
    msg_waited got;
    const char *key = new_key(), *unused = new_key();
    check_about(kill_it ? "after a broker was terminated" : "after a broker was stopped");
    if (!CHECK(raw_open(&client, broker->pipe) && raw_hello(&client))) return;
    answer first = spawn(&client, "sleep:600000", key, "outlives"),
           done = spawn(&client, "exit:7", unused, NULL), ends = spawn(&client, "sleep:600000", NULL, NULL),
           forgotten = spawn(&client, "sleep:600000", NULL, NULL);
    CHECK_INT(WaitForSingleObject(win_handle(done.result.process), TEST_DEADLINE_MS), WAIT_OBJECT_0);
    ask_wait(&client, done.launch_id, false, 0); /* the outcome is on record, too */
    CHECK_INT(waited(&client, &got), FAULT_NONE);
    if (!kill_it) ask_wait(&client, first.launch_id, false, 0);

    if (kill_it) broker_kill(broker);
    else win_close(&broker->input); /* it begins to stop */
    if (!kill_it && CHECK(poll_until(has_reply, &client, TEST_DEADLINE_MS)))
        CHECK_INT(waited(&client, &got), FAULT_SHUTTING_DOWN);
    if (!kill_it) CHECK_INT(broker_stop_keep(broker), 0);
    answer *gone[] = {&ends, &forgotten};
    for (int i = 0; i < 2; i++) {
        TerminateProcess(win_handle(gone[i]->result.process), 8);
        CHECK_INT(WaitForSingleObject(win_handle(gone[i]->result.process), TEST_DEADLINE_MS), WAIT_OBJECT_0);
    }
    close_answer(&forgotten);

    if (!broker_start_again(broker)) return;
    raw_close(&client);
    if (!CHECK(raw_open(&client, broker->pipe) && raw_hello(&client))) return;
    answer again = outcome(&client, key, false), repeated = spawn(&client, "exit:0", key, "outlives"),
           ended = outcome(&client, unused, false);
    same_child(&first, &again);
    same_child(&first, &repeated);
    same_child(&done, &ended);
    CHECK_INT(outcome(&client, new_key(), false).fault.kind, FAULT_NOT_STARTED);

    const void *listed[] = {&client, first.launch_id};
    CHECK(poll_until(is_listed, listed, TEST_DEADLINE_MS));
    CHECK(raw_audit_wait(broker->pipe, is_exit_seen_late, ends.launch_id));
    CHECK(raw_audit_wait(broker->pipe, is_exit_unseen, forgotten.launch_id));
    ask_wait(&client, first.launch_id, true, 100);
    CHECK_INT(waited(&client, &got), FAULT_NONE);
    CHECK(!got.exited);
    kill(&client, first.launch_id);
    ask_wait(&client, first.launch_id, false, 0);
    CHECK_INT(waited(&client, &got), FAULT_NONE);
    CHECK(got.exited && got.has_exit_code && got.exit_code == 9);

    answer *all[] = {&first, &done, &ends, &again, &repeated, &ended};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) close_answer(all[i]);
    raw_close(&client);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    raw_client client;
    (void)argc, (void)argv;
    if (!broker_start(&broker, NULL)) return check_report();
    if (CHECK(raw_open(&client, broker.pipe) && raw_hello(&client))) {
        once(&client, broker.pipe);
        never(&client, broker.pipe);
        failed(&client, broker.pipe);
        at_once(broker.pipe);
        waits(&client, broker.pipe);
        raw_close(&client);
        another_broker(&broker, false);
        another_broker(&broker, true);
        outcome_not_recorded(&broker);
    }
    CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}
