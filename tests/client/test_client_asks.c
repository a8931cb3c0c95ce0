/* What the broker knows, by the functions of the library: sb_list, sb_kill, sb_status, sb_query. */
#include "tests/client/fake.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"

#include "proto/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static bool is_wide(const wchar_t *got, const wchar_t *wanted) {
    if (got && wanted ? !wcscmp(got, wanted) : got == wanted) return true;
    printf("    got    %ls\n    wanted %ls\n", got ? got : L"(NULL)", wanted ? wanted : L"(NULL)");
    return false;
}

/* Starts a child that runs until it is terminated. */
static bool start_sleeper(sb_client *client, sb_process *ret) {
    wchar_t line[1024];
    sb_error error;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    const sb_handle handles[] = {{.name = L"asked", .handle = event}};
    sb_spawn_options options = helper_options(L"sleep", line, 1024);
    options.handles = handles;
    options.handle_count = 1;
    options.lifetime = SB_LIFETIME_BROKER;
    options.label = L"sleeper \x00e9";
    DWORD err = sb_spawn(client, &options, ret, &error);
    if (!CHECK_INT(err, ERROR_SUCCESS)) printf("  %ls\n", error.message);
    CloseHandle(event);
    return !err;
}

/* ---- a real broker ---- */

static void list(sb_client *client, const sb_process *child) {
    sb_children *children = NULL;
    sb_error error;
    check_about("sb_list");
    if (!CHECK_INT(sb_list(client, &children, &error), ERROR_SUCCESS)) return;
    CHECK_INT(children->size, sizeof *children);
    if (CHECK_INT(children->count, 1)) {
        const sb_child *c = children->children[0];
        CHECK_INT(c->size, sizeof *c);
        CHECK_TEXT(c->launch_id, child->launch_id);
        CHECK_INT(c->process_id, child->process_id);
        CHECK_INT(c->caller_pid, GetCurrentProcessId());
        CHECK_INT(c->handles, 1);
        CHECK_INT(c->lifetime, SB_LIFETIME_BROKER);
        CHECK(c->user && *c->user && c->application && wcsstr(c->application, L"test_helper.exe"));
        CHECK(c->started_at > 0);
        CHECK(is_wide(c->label, L"sleeper \x00e9"));
    }
    CHECK(!children->more);
    sb_children_free(children);
}

static void status(sb_client *client, const test_broker *broker) {
    sb_broker_status *s = NULL;
    check_about("sb_status");
    if (!CHECK_INT(sb_status(client, &s, NULL), ERROR_SUCCESS)) return;
    CHECK_INT(s->size, sizeof *s);
    CHECK(is_wide(s->version, sb_version()));
    CHECK(s->pipe && wcsstr(s->pipe, broker->pipe));
    CHECK(is_wide(s->audit_state, L"working"));
    CHECK(is_wide(s->policy_sha256, L""));
    CHECK_INT(s->process_id, broker->process_id);
    CHECK_INT(s->children, 1);
    CHECK_INT(s->launches_started, 1);
    CHECK_INT(s->queued, 0);
    CHECK(s->minute_started >= 0 && s->minute_started <= 1 && s->minute_seconds >= 0);
    sb_broker_status_free(s);
}

static const sb_launch *only(const sb_launches *page) {
    return CHECK_INT(page->count, 1) ? page->launches[0] : NULL;
}

static void query(sb_client *client, const sb_process *child) {
    sb_launches *page = NULL;
    const sb_launch *l;
    wchar_t id[37];
    swprintf(id, 37, L"%hs", child->launch_id);
    sb_query_options options = {.size = sizeof options, .launch_id = id, .handle_name = L"asked"};
    const DWORD code = 5;

    check_about("sb_query: the launch of a running child");
    if (!CHECK_INT(sb_query(client, &options, &page, NULL), ERROR_SUCCESS)) return;
    if ((l = only(page))) {
        CHECK_INT(l->size, sizeof *l);
        CHECK(is_wide(l->launch_id, id));
        CHECK(is_wide(l->outcome, L"started"));
        CHECK(is_wide(l->lifetime, L"broker"));
        CHECK(is_wide(l->error_message, NULL));
        CHECK(is_wide(l->label, L"sleeper \x00e9"));
        CHECK(l->launch_key && wcslen(l->launch_key) == SB_KEY_CHARS);
        CHECK_INT(l->child_pid, child->process_id);
        CHECK_INT(l->caller_pid, GetCurrentProcessId());
        CHECK_INT(l->attested, 1);
        CHECK_INT(l->exited_at, SB_UNKNOWN);
        CHECK_INT(l->exit_code, SB_UNKNOWN);
        CHECK_INT(l->error_code, SB_UNKNOWN);
        CHECK(l->seq > 0 && l->requested_at > 0 && l->started_at >= l->requested_at);
        bool found = false;
        for (size_t i = 0; i < l->handle_count; i++) {
            const sb_launch_handle *h = l->handle_list[i];
            if (wcscmp(h->name, L"asked")) continue;
            found = true;
            CHECK(is_wide(h->type, L"Event"));
            CHECK(h->child_value > 0 && h->caller_value > 0 && !h->fd);
        }
        CHECK(found);
    }
    sb_launches_free(page);

    check_about("sb_query: nothing matches");
    options.exit_code = &code;
    if (!CHECK_INT(sb_query(client, &options, &page, NULL), ERROR_SUCCESS)) return;
    CHECK_INT(page->count, 0);
    sb_launches_free(page);
}

/* Reads the launches page by page. */
static void pages(sb_client *client) {
    sb_query_options options = {.size = sizeof options, .limit = 1, .oldest_first = TRUE};
    int64_t last = 0;
    int count = 0;
    BOOL more = TRUE;
    check_about("sb_query: pages");
    while (more && count < 10) {
        sb_launches *page = NULL;
        if (!CHECK_INT(sb_query(client, &options, &page, NULL), ERROR_SUCCESS)) return;
        more = page->more;
        options.after = page->next;
        for (size_t i = 0; i < page->count; i++, count++) {
            CHECK(page->launches[i]->seq > last);
            last = page->launches[i]->seq;
        }
        sb_launches_free(page);
    }
    CHECK_INT(count, 2);
}

static bool has_exit(void *context) {
    sb_launches *page = NULL;
    sb_query_options options = {.size = sizeof options, .exit_code = (DWORD[]){77}};
    if (sb_query(context, &options, &page, NULL)) return false;
    bool found = page->count == 1 && page->launches[0]->exit_code == 77 && page->launches[0]->exited_at > 0;
    sb_launches_free(page);
    return found;
}

/* ---- without handles ---- */

static void no_handles(sb_client *client) {
    wchar_t line[1024];
    char key[SB_KEY_CHARS + 1];
    sb_process child, again;
    sb_error error;
    sb_exit end = {.size = sizeof end};
    sb_spawn_options options = helper_options(L"sleep:700 exit:9", line, 1024);
    options.no_handles = TRUE;
    options.key = key;
    options.timeout_ms = TEST_DEADLINE_MS;

    check_about("no_handles and sb_wait");
    if (!CHECK_INT(sb_spawn(client, &options, &child, &error), ERROR_SUCCESS)) {
        printf("  %ls\n", error.message);
        return;
    }
    CHECK(!child.process && !child.thread && child.process_id && child.launch_id[0]);
    CHECK_INT(strspn(key, "0123456789abcdef"), SB_KEY_CHARS);
    CHECK_INT(sb_wait(client, child.launch_id, 0, &end, &error), WAIT_TIMEOUT);
    CHECK_INT(sb_wait(client, child.launch_id, TEST_DEADLINE_MS, &end, &error), ERROR_SUCCESS);
    CHECK_INT(end.exit_code, 9);
    CHECK(end.exited_at > 0);
    end = (sb_exit){.size = sizeof end};
    CHECK_INT(sb_wait(client, child.launch_id, INFINITE, &end, &error), ERROR_SUCCESS);
    CHECK_INT(end.exit_code, 9);
    CHECK_INT(sb_wait(client, "00000000-0000-4000-8000-000000000000", 0, &end, &error), ERROR_NOT_FOUND);
    end.size = 3;
    CHECK_INT(sb_wait(client, child.launch_id, 0, &end, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_wait(client, NULL, 0, &end, &error), ERROR_INVALID_PARAMETER);

    check_about("sb_spawn_outcome");
    options = helper_options(L"sleep", line, 1024);
    options.key = key;
    if (!CHECK_INT(sb_spawn(client, &options, &child, &error), ERROR_SUCCESS)) return;
    if (CHECK_INT(sb_spawn_outcome(client, key, &again, &error), ERROR_SUCCESS)) {
        CHECK_INT(again.process_id, child.process_id);
        CHECK_TEXT(again.launch_id, child.launch_id);
        CHECK_INT(GetProcessId(again.process), child.process_id);
        CHECK(again.process != child.process);
        CHECK(TerminateProcess(again.process, 3));
        sb_process_close(&again);
    } else {
        printf("  %ls\n", error.message);
    }
    CHECK_INT(WaitForSingleObject(child.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    sb_process_close(&child);
    CHECK_INT(sb_spawn_outcome(client, "00112233445566778899aabbccddeeff", &again, &error), ERROR_NOT_FOUND);
    CHECK_INT(error.stage, SB_STAGE_RECEIVE);
    CHECK_INT(sb_spawn_outcome(client, "x", &again, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_spawn_outcome(client, NULL, &again, &error), ERROR_INVALID_PARAMETER);

    check_about("a label that is none");
    options = helper_options(L"exit:0", line, 1024);
    options.label = L"two\nlines";
    CHECK_INT(sb_spawn(client, &options, &child, &error), ERROR_INVALID_PARAMETER);
    CHECK(wcsstr(error.message, L"label") != NULL);
}

static void kill_child(sb_client *client, sb_process *child) {
    sb_error error;
    DWORD code = 0;
    check_about("sb_kill");
    CHECK_INT(sb_kill(client, "00000000-0000-4000-8000-000000000000", 77, &error), ERROR_NOT_FOUND);
    CHECK_INT(error.stage, SB_STAGE_DECIDE);
    CHECK_INT(WaitForSingleObject(child->process, 0), WAIT_TIMEOUT);
    CHECK_INT(sb_kill(client, child->launch_id, 77, &error), ERROR_SUCCESS);
    CHECK_INT(WaitForSingleObject(child->process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(child->process, &code);
    CHECK_INT(code, 77);
    CHECK(poll_until(has_exit, client, TEST_DEADLINE_MS));
    CHECK_INT(sb_kill(client, child->launch_id, 77, &error), ERROR_NOT_FOUND);
    sb_process_close(child);
}

static void wrong(sb_client *client) {
    sb_children *children = NULL;
    sb_broker_status *s = NULL;
    sb_launches *page = NULL;
    sb_error error;
    sb_query_options options = {.size = 3};
    check_about("wrong parameters");
    CHECK_INT(sb_list(client, NULL, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_list(NULL, &children, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_status(client, NULL, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_status(NULL, &s, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_query(client, NULL, NULL, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_query(client, &options, &page, &error), ERROR_INVALID_PARAMETER);
    CHECK_INT(sb_kill(client, NULL, 0, &error), ERROR_INVALID_PARAMETER);
    options = (sb_query_options){.size = sizeof options, .limit = 100000};
    CHECK_INT(sb_query(client, &options, &page, &error), ERROR_INVALID_PARAMETER);
    CHECK(wcsstr(error.message, L"limit") != NULL);
    options = (sb_query_options){.size = sizeof options, .grep = L"\xD800"};
    CHECK_INT(sb_query(client, &options, &page, &error), ERROR_NO_UNICODE_TRANSLATION);
    options = (sb_query_options){.size = sizeof options, .outcome = L"odd"};
    CHECK_INT(sb_query(client, &options, &page, &error), ERROR_INVALID_PARAMETER);
    CHECK(!children && !s && !page);
    sb_children_free(NULL);
    sb_broker_status_free(NULL);
    sb_launches_free(NULL);
}

static void without_broker(void) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    sb_client *client = NULL;
    sb_children *children = NULL;
    sb_broker_status *s = NULL;
    sb_error error;
    check_about("local mode");
    if (!CHECK_INT(sb_connect(&local, &client, NULL), ERROR_SUCCESS)) return;
    CHECK_INT(sb_list(client, &children, &error), ERROR_NOT_SUPPORTED);
    CHECK_INT(sb_status(client, &s, &error), ERROR_NOT_SUPPORTED);
    CHECK_INT(sb_kill(client, "x", 0, &error), ERROR_NOT_SUPPORTED);
    sb_disconnect(client);
}

/* Questions are asked again after the broker was killed. */
static void asked_again(test_broker *broker, sb_client *client) {
    sb_broker_status *s = NULL;
    check_about("after a restart");
    broker_kill(broker);
    CHECK(broker_start_again(broker));
    if (!CHECK_INT(sb_status(client, &s, NULL), ERROR_SUCCESS)) return;
    CHECK_INT(s->process_id, broker->process_id);
    sb_broker_status_free(s);
}

/* ---- an older broker ---- */

static bool answer(HANDLE pipe, const msg_request *request, const char *result) {
    char text[4096];
    unsigned char header[FRAME_HEADER_BYTES];
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":%s}",
             (long long)request->id.number, result);
    frame_header(header, (uint32_t)strlen(text));
    return fake_write(pipe, header, sizeof header) && fake_write(pipe, text, strlen(text));
}

static const char old_status[] =
    "{\"version\":\"0.9.0\",\"pipe\":\"p\",\"database\":\"d\",\"audit_state\":\"working\",\"audit_trouble\":\"\","
    "\"audit_head\":\"\",\"audit_public_key\":\"\",\"process_id\":4,\"uptime_seconds\":5,\"connections\":1,"
    "\"in_flight\":1,\"children\":0,\"launches_started\":9,\"launches_denied\":0,\"launches_failed\":0,"
    "\"audit_records\":1,\"audit_commits\":1,\"audit_commit_us_max\":1,\"audit_waiting\":0,\"audit_lost\":0,"
    "\"audit_trouble_since\":0,\"audit_checkpoint_at\":0,\"handles\":1,\"threads\":1,\"working_set_bytes\":1}";

static const char old_page[] =
    "{\"launches\":[{\"seq\":3,\"launch_id\":\"00000000-0000-4000-8000-000000000000\",\"requested_at\":7,"
    "\"caller_pid\":8,\"caller_session\":0,\"creation_flags\":0,\"outcome\":\"denied\",\"handles\":[]}],"
    "\"more\":false,\"settled\":3}";

static volatile LONG hang_ups; /* how many times to hang up instead of answering */

static bool serve_old(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f;
    if (InterlockedDecrement(&hang_ups) >= 0) return false;
    switch (request->method) {
    case MSG_STATUS: return answer(pipe, request, old_status);
    case MSG_AUDIT_QUERY: return answer(pipe, request, old_page);
    case MSG_LIST: return answer(pipe, request, "{\"children\":[]}");
    default: return false;
    }
}

static void older(void) {
    static fake f = {.serve = serve_old};
    sb_client *client = NULL;
    sb_broker_status *s = NULL;
    sb_launches *page = NULL;
    sb_children *children = NULL;
    sb_error error;

    check_about("the answers of an older broker");
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, TEST_DEADLINE_MS, &client, NULL), ERROR_SUCCESS)) return;
    if (CHECK_INT(sb_status(client, &s, &error), ERROR_SUCCESS)) {
        CHECK(is_wide(s->version, L"0.9.0"));
        CHECK(is_wide(s->policy_sha256, NULL));
        CHECK_INT(s->launches_started, 9);
        CHECK_INT(s->queued, SB_UNKNOWN);
        CHECK_INT(s->policy_since, SB_UNKNOWN);
        CHECK_INT(s->minute_started, SB_UNKNOWN);
        sb_broker_status_free(s);
    }
    if (CHECK_INT(sb_query(client, NULL, &page, &error), ERROR_SUCCESS)) {
        const sb_launch *l = only(page);
        if (l) {
            CHECK(is_wide(l->outcome, L"denied"));
            CHECK(is_wide(l->command_line, NULL));
            CHECK_INT(l->requested_at, 7);
            CHECK_INT(l->child_pid, SB_UNKNOWN);
            CHECK_INT(l->peak_memory_bytes, SB_UNKNOWN);
            CHECK_INT(l->handle_count, 0);
        }
        sb_launches_free(page);
    } else {
        printf("  %ls\n", error.message);
    }

    check_about("a question whose connection was lost is asked again, a termination is not");
    InterlockedExchange(&hang_ups, 2);
    if (CHECK_INT(sb_list(client, &children, &error), ERROR_SUCCESS)) sb_children_free(children);
    InterlockedExchange(&hang_ups, 1);
    CHECK_INT(sb_kill(client, "x", 0, &error), ERROR_BROKEN_PIPE);
    CHECK_INT(hang_ups, 0);
    sb_disconnect(client);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    sb_process child, other;
    (void)argc, (void)argv;
    if (!broker_start(&broker, NULL)) return 1;
    sb_client *client = broker_connect(broker.pipe);
    if (!client || !start_sleeper(client, &child)) return 1;

    list(client, &child);
    status(client, &broker);
    query(client, &child);
    wrong(client);
    kill_child(client, &child);
    if (start_sleeper(client, &other)) {
        pages(client);
        sb_process_close(&other);
    }
    no_handles(client);
    asked_again(&broker, client);
    without_broker();
    older();

    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}
