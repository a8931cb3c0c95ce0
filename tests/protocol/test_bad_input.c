#include "tests/protocol/bad.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef struct refusal {
    DWORD code;
    const char *named;
    char launch_id[37];
} refusal;

static bool is_refusal(const msg_launch *row, void *context) {
    const refusal *r = context;
    if (!row->has_error_code || row->error_code != r->code || !row->error_message) return false;
    if (strcmp(row->outcome, "failed") && strcmp(row->outcome, "denied")) return false;
    for (const char *at = row->error_message; *at; at++)
        if (!_strnicmp(at, r->named, strlen(r->named)))
            return CHECK_INT(row->has_child_pid ? row->child_pid : 0, 0) &&
                   CHECK_INT(row->caller_pid, GetCurrentProcessId()) && CHECK(row->stage && *row->stage);
    return false;
}

void bad_launch(const bad_place *place, const char *about, sb_spawn_options *options, bad_wanted wanted) {
    child_result result;
    char message[1024] = "";
    check_about(about);
    child_run(place->client, options, &result);
    if (wanted.or_code && result.err == wanted.or_code) wanted.code = wanted.or_code;
    CHECK_INT(result.err, wanted.code);
    CHECK_INT(result.error.code, wanted.code);
    if (wanted.stage) CHECK_INT(result.error.stage, wanted.stage);
    CHECK_INT(result.error.handle_index, wanted.handle_index);
    WideCharToMultiByte(CP_UTF8, 0, result.error.message, -1, message, sizeof message, NULL, NULL);
    CHECK_HAS(message, wanted.named);
    if (place->local) return;
    refusal r = {.code = wanted.code, .named = wanted.named};
    CHECK(raw_audit_wait(place->broker.pipe, is_refusal, &r));
}

static void served(const bad_place *place) {
    child_result result;
    helper_run(place->client, L"echo:served exit:5", NULL, 0, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_TEXT(result.output, "served\n");
    CHECK_INT(result.exit_code, 5);
}

/* Threads of the system's pool come and go, each with a few handles. A leak would grow with each bad
 * request. */
enum { TOLERANCE = 3 };

typedef struct count_wait {
    HANDLE process;
    DWORD process_id;
    size_t wanted, got;
} count_wait;

static bool count_is_back(void *context) {
    count_wait *c = context;
    c->got = handle_count(c->process, c->process_id);
    return c->got <= c->wanted + TOLERANCE;
}

static bool no_children(void *context) {
    const bad_place *place = context;
    msg_status status;
    if (place->local) return true;
    return raw_status(place->broker.pipe, &status) && status.children == 0;
}

/* Runs a part, and checks that it leaves no handle and no child behind in the broker, or in this process
 * without one. */
static void part(bad_place *place, void (*run)(const bad_place *place)) {
    count_wait c = {GetCurrentProcess(), GetCurrentProcessId(), 0, 0};
    if (!place->local) c = (count_wait){place->broker.process, place->broker.process_id, 0, 0};
    CHECK(poll_until(no_children, place, TEST_DEADLINE_MS));
    c.wanted = handle_count(c.process, c.process_id);
    run(place);
    check_about("... and afterwards");
    served(place);
    CHECK(poll_until(no_children, place, TEST_DEADLINE_MS));
    if (!CHECK(poll_until(count_is_back, &c, TEST_DEADLINE_MS / 3)))
        printf("%s has %zu handles, before it had %zu\n", place->local ? "this process" : "the broker", c.got,
               c.wanted);
}

/* Makes the broker open what it opens at first use and then keeps. */
static void warm_up(bad_place *place) {
    wchar_t line[1024];
    child_result result;
    for (int i = 0; i < 20; i++) {
        msg_status status;
        sb_spawn_options options = helper_options(L"exit:0", line, 1024);
        if (i % 2) options.directory = L"C:\\no such directory";
        child_run(place->client, &options, &result);
        if (!place->local) CHECK(raw_status(place->broker.pipe, &status));
    }
}

sb_client *bad_client(const wchar_t *pipe) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    sb_client *client = NULL;
    if (wcscmp(pipe, L"local")) return broker_connect(pipe);
    sb_connect(&local, &client, NULL);
    return client;
}

static int without_broker(void) {
    bad_place place = {.local = true, .client = bad_client(L"local")};
    if (!place.client) return 2;
    check_about("warm-up");
    warm_up(&place);
    part(&place, bad_handles);
    part(&place, bad_programs);
    sb_disconnect(place.client);
    return check_report();
}

int wmain(int argc, wchar_t **argv) {
    bad_place place = {0};
    if (argc == 2 && !wcscmp(argv[1], L"--local")) return without_broker();
    if (argc == 3 && !wcscmp(argv[1], L"console")) return bad_console(argv[2]);
    if (!broker_start(&place.broker, NULL)) return 2;
    if (!(place.client = broker_connect(place.broker.pipe))) return 2;
    check_about("warm-up");
    warm_up(&place);
    part(&place, bad_servers);
    part(&place, bad_handles);
    part(&place, bad_programs);
    part(&place, bad_clients);
    sb_disconnect(place.client);
    check_about("the broker stops");
    CHECK_INT(broker_stop(&place.broker), 0);
    bad_databases();
    return check_report();
}
