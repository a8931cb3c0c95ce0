/* The policy limits how many launches run at once. A flood of launches waits and does not delay another
 * client's launch. Also checks what spawnctl status prints about it. */
#include "tests/support/checks.h"
#include "tests/support/prometheus.h"
#include "tests/support/raw.h"
#include "tests/support/tool.h"

#include <stdio.h>
#include <string.h>

enum { CLIENTS = 2, EACH = 40 };

static const char one_at_once[] = "{\"version\": 1, \"default\": \"allow\", \"launches_at_once\": 1}";

static bool send_flood(raw_client *client) {
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    bool good = raw_hello(client);
    for (int i = 0; good && i < EACH; i++) {
        size_t length;
        char *frame = msg_encode_spawn(1000 + i, &spawn, &length);
        good = raw_send_frame(client, frame, length);
    }
    return good;
}

static void close_given(msg_reply *reply) {
    msg_spawn_result result;
    if (!CHECK(msg_reply_spawn(reply, &result))) return;
    CloseHandle((HANDLE)(LONG_PTR)(LONG)result.process);
    CloseHandle((HANDLE)(LONG_PTR)(LONG)result.thread);
}

static void receive_flood(raw_client *client) {
    for (int i = 0; i < EACH; i++) {
        msg_reply reply;
        if (!CHECK_INT(raw_receive(client, 2 * TEST_DEADLINE_MS, &reply), RAW_REPLY)) return;
        CHECK_INT(reply.fault.kind, FAULT_NONE);
        close_given(&reply);
        msg_reply_free(&reply);
    }
}

static bool has_settled(void *context) {
    msg_status status;
    return raw_status(context, &status) && !status.queued && !status.launching && !status.children;
}

/* One launch may run at once. Two connections request forty each, and then another connection requests
 * one. */
static void flood(test_broker *broker) {
    raw_client clients[CLIENTS], other;
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    msg_status during = {0}, after = {0};
    msg_reply reply;
    size_t length;

    check_about("a flood, and another client");
    if (!CHECK(raw_open(&other, broker->pipe) && raw_hello(&other))) return;
    for (int i = 0; i < CLIENTS; i++) CHECK(raw_open(&clients[i], broker->pipe) && send_flood(&clients[i]));
    char *frame = msg_encode_status(1, &length);
    if (CHECK(raw_call(&other, frame, length, &reply))) { /* a status does not wait for launches */
        CHECK(msg_reply_status(&reply, &during));
        msg_reply_free(&reply);
    }

    frame = msg_encode_spawn(2, &spawn, &length);
    if (CHECK(raw_call(&other, frame, length, &reply))) {
        CHECK_INT(reply.fault.kind, FAULT_NONE);
        close_given(&reply);
        msg_reply_free(&reply);
    }

    CHECK(raw_status(broker->pipe, &after));
    printf("queued %lld of %d; when the other had its launch, %lld had started\n", (long long)during.queued,
           CLIENTS * EACH, (long long)after.launches_started);
    CHECK(during.queued > 0 && during.launching <= 1);
    CHECK_INT(during.launches_at_once, 1);

    /* Behind the whole flood, it would have been the last of all. */
    CHECK(after.queued > 0 && after.launches_started < CLIENTS * EACH);
    for (int i = 0; i < CLIENTS; i++) receive_flood(&clients[i]);
    CHECK(poll_until(has_settled, broker->pipe, TEST_DEADLINE_MS));
    for (int i = 0; i < CLIENTS; i++) raw_close(&clients[i]);
    raw_close(&other);
}

static bool counts_are_in(void *context) {
    msg_status status;
    return raw_status(context, &status) && status.activity.minute.started == CLIENTS * EACH + 1;
}

static bool bound_is_7(void *context) {
    msg_status status;
    return raw_status(context, &status) && status.launches_at_once == 7;
}

/* Checks what an operator sees of it. */
static void tool(const wchar_t *pipe) {
    wchar_t spawnctl[MAX_PATH];
    char series[128];
    size_t at = 0;
    beside_program(spawnctl, L"spawnctl.exe");

    check_about("spawnctl status --prometheus");
    CHECK_INT(tool_run(spawnctl, L"status --prometheus --pipe %ls", pipe), 0);
    const char *why = prometheus_check(tool_out, &at);
    CHECK_TEXT(why ? why : "good", "good");
    snprintf(series, sizeof series, "spawn_broker_launch_step_seconds_count{step=\"create\"} %d\n",
             CLIENTS * EACH + 1);
    CHECK_HAS(tool_out, series);
    CHECK_HAS(tool_out, "spawn_broker_launches_at_once 7\n");

    check_about("spawnctl status --watch");
    CHECK_INT(tool_run(spawnctl, L"status --watch 100ms -n 3 --pipe %ls", pipe), 0);
    int tables = 0;
    for (const char *c = tool_out; (c = strstr(c, "of at most 7 at once")); c++) tables++;
    CHECK_INT(tables, 3);

    check_about("spawnctl status --watch --json");
    CHECK_INT(tool_run(spawnctl, L"status --watch 0.1 -n 2 --json --pipe %ls", pipe), 0);
    int lines = 0;
    for (const char *c = tool_out; (c = strchr(c, '\n')); c++) lines++;
    CHECK_INT(lines, 2);
    CHECK_HAS(tool_out, "\"launches_at_once\":7,\"activity\":{");

    check_about("spawnctl status, wrong usage");
    CHECK_INT(tool_run(spawnctl, L"status -n 2"), 2);
    CHECK_INT(tool_run(spawnctl, L"status --watch never"), 2);
    CHECK_INT(tool_run(spawnctl, L"status --prometheus --json"), 2);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    wchar_t data[MAX_PATH], path[2 * MAX_PATH];
    (void)argc, (void)argv;
    if (!directory_make_data(data, L"status")) return 2;
    swprintf(path, 2 * MAX_PATH, L"%ls\\policy.json", data);
    if (!file_write(path, one_at_once, sizeof one_at_once - 1) || !broker_start(&broker, data)) return 2;
    flood(&broker);
    check_about("what was counted");
    CHECK(poll_until(counts_are_in, broker.pipe, TEST_DEADLINE_MS));
    check_about("seven at once from now on");
    static const char seven[] = "{\"version\": 1, \"default\": \"allow\", \"launches_at_once\": 7}";
    CHECK(file_write(path, seven, sizeof seven - 1));
    CHECK(poll_until(bound_is_7, broker.pipe, TEST_DEADLINE_MS));
    tool(broker.pipe);
    CHECK_INT(broker_stop(&broker), 0);
    directory_remove(data);
    return check_report();
}
