/* Two users share a broker. Neither sees or terminates the other's children or reads the other's records,
 * unless the policy gives the right. The broker's own code serves the requests; the test makes callers,
 * rights and the recorder, since Wine has one user. */
#include "proto/frame.h"
#include "service/audit/crypto.h"
#include "service/broker/accounts.h"
#include "service/broker/session.h"
#include "service/win32/win.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---- in place of the broker's other files ---- */

static unsigned rights; /* of the current caller */

unsigned policies_rights(const policy_use *use, caller *from) {
    (void)use, (void)from;
    return rights;
}

bool recorder_exit(recorder *r, const audit_exit *exit) {
    (void)r, (void)exit;
    return true;
}

void recorder_catch_up(recorder *r) {
    (void)r;
}

bool recorder_prune(recorder *r, const audit_retention *retention, int64_t *ret_removed, bool *ret_more,
                    audit_error *ret_error) {
    (void)r, (void)retention, (void)ret_error;
    *ret_removed = 0;
    *ret_more = false;
    return true;
}

/* ---- the two ---- */

static quota_user *counts;
static exit_waits *waits;
static accounts *names;

/* Looks a name up instead of Windows, which knows neither user. */
static char *name_of(const char *sid) {
    return _strdup(strstr(sid, "1001") ? "DESK\\ann" : "DESK\\bob");
}

static caller *user(const char *sid) {
    caller *c = calloc(1, sizeof *c);
    if (!CHECK(c != NULL)) exit(1);
    *c = (caller){.references = 1,
                  .pid = GetCurrentProcessId(),
                  .sid = sid,
                  .account = accounts_find(names, sid),
                  .image = "x",
                  .quota = counts};
    return c;
}

static const char ann_launch[] = "aaaaaaaa-0000-7000-8000-000000000001",
                  bob_launch[] = "bbbbbbbb-0000-7000-8000-000000000002";

/* Serves one request of a user and decodes the reply. */
static void ask(broker *b, caller *from, char *frame, size_t length,
                char *(*serve)(const session *s, size_t *ret_length), msg_reply *ret) {
    msg_request request;
    size_t reply_length = 0;
    if (!CHECK(frame != NULL)) exit(1);
    msg_decode_request(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, &request);
    CHECK_INT(request.fault.kind, FAULT_NONE);
    const session s = {.broker = b, .from = from, .request = &request};
    char *reply = serve(&s, &reply_length);
    if (!CHECK(reply != NULL)) exit(1);
    msg_decode_reply(reply + FRAME_HEADER_BYTES, reply_length - FRAME_HEADER_BYTES, ret);
    free(reply);
    free(frame);
    msg_request_free(&request);
}

/* ---- children ---- */

static void lists(broker *b, caller *from, unsigned with, size_t wanted) {
    msg_reply reply;
    msg_children live;
    size_t length;
    rights = with;
    char *frame = msg_encode_list(1, &length);
    ask(b, from, frame, length, session_list, &reply);
    if (CHECK(msg_reply_list(&reply, &live))) CHECK_INT(live.count, wanted);
    msg_reply_free(&reply);
}

static void kills(broker *b, caller *from, unsigned with, const char *launch, fault_kind wanted) {
    const msg_kill kill = {.launch_id = launch, .exit_code = 9};
    msg_reply reply;
    size_t length;
    rights = with;
    char *frame = msg_encode_kill(1, &kill, &length);
    ask(b, from, frame, length, session_kill, &reply);
    CHECK_INT(reply.fault.kind, wanted);
    msg_reply_free(&reply);
}

/* Makes a process in a job, which the broker prepares as a child. It runs until it is terminated. Returns a
 * handle that the test keeps. */
static HANDLE prepare_child(broker *b, caller *from, const char *launch, child **ret) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 32];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    HANDLE job = CreateJobObjectW(NULL, NULL), kept = NULL;

    beside_program(program, L"test_helper.exe");
    swprintf(line, MAX_PATH + 32, L"\"%ls\" sleep:600000", program);
    if (!CHECK(CreateProcessW(program, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &start, &made)))
        exit(1);
    CHECK(AssignProcessToJobObject(job, made.hProcess));
    CHECK(DuplicateHandle(GetCurrentProcess(), made.hProcess, GetCurrentProcess(), &kept, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    const child_info info = {.launch_id = launch,
                             .application = "C:\\x.exe",
                             .process = made.hProcess,
                             .job = job,
                             .pid = made.dwProcessId,
                             .lifetime = MSG_LIFETIME_BROKER,
                             .from = from};
    InterlockedIncrement(&counts->live);
    if (!CHECK_INT(children_prepare(b->live, &info, ret), ERROR_SUCCESS)) exit(1);
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);

    return kept;
}

static HANDLE begin_child(broker *b, caller *from, const char *launch) {
    child *c = NULL;
    HANDLE process = prepare_child(b, from, launch, &c);
    children_start(&c);
    return process;
}

/* ---- one user, with more and with less ---- */

/* Another process of Ann's. */
static caller *process_of_ann(DWORD pid, DWORD integrity, bool administrator, bool sandboxed) {
    caller *c = user("S-1-5-21-1-2-3-1001");
    c->pid = pid;
    c->integrity = integrity;
    c->administrator = administrator;
    c->sandboxed = sandboxed;
    CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &c->token));
    CHECK(DuplicateTokenEx(c->token, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
                           TokenImpersonation, &c->impersonation));
    return c;
}

/* What an elevated process has launched is neither seen nor ended by a process of the same user that has
 * less. */
static void less_than_the_launcher(broker *b) {
    enum { OWN = POLICY_RIGHT_LAUNCH | POLICY_RIGHT_READ_OWN, MEDIUM = 0x2000, HIGH = 0x3000 };
    static const struct {
        const char *what;
        DWORD integrity;
        bool administrator, sandboxed;
        const char *services;
        bool stands;
    } viewers[] = {{"another elevated process", HIGH, true, false, "S-1-5-80-2 S-1-5-80-1", true},
                   {"a process that is not elevated", MEDIUM, false, false, "S-1-5-80-1", false},
                   {"an administrator of medium integrity", MEDIUM, true, false, "S-1-5-80-1", false},
                   {"high integrity without the group", HIGH, false, false, "S-1-5-80-1", false},
                   {"another service", HIGH, true, false, "S-1-5-80-12", false},
                   {"no service", HIGH, true, false, NULL, false},
                   {"a sandboxed process", HIGH, true, true, "S-1-5-80-1", false}};
    caller *launcher = process_of_ann(8, HIGH, true, false);
    launcher->services = "S-1-5-80-1";
    HANDLE process = begin_child(b, launcher, ann_launch);
    for (int i = (int)(sizeof viewers / sizeof *viewers) - 1; i >= 0; i--) { /* the good one ends it */
        check_about(viewers[i].what);
        caller *viewer =
            process_of_ann(12, viewers[i].integrity, viewers[i].administrator, viewers[i].sandboxed);
        viewer->services = viewers[i].services;
        lists(b, viewer, OWN, viewers[i].stands ? 1 : 0);
        kills(b, viewer, OWN, ann_launch, viewers[i].stands ? FAULT_NONE : FAULT_NOT_FOUND);
        CHECK_INT(WaitForSingleObject(process, viewers[i].stands ? TEST_DEADLINE_MS : 0),
                  viewers[i].stands ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
        caller_release(&viewer);
    }
    CloseHandle(process);
    caller_release(&launcher);
}

/* A child launches. Meanwhile the child's job is terminated, which may be before the new child was put into
 * it. Here the new child is in its own job only. */
static void ended_around(broker *b, caller *ann) {
    enum { OWN = POLICY_RIGHT_LAUNCH | POLICY_RIGHT_READ_OWN };
    caller *within = user("S-1-5-21-1-2-3-1001"), *outside = user("S-1-5-21-1-2-3-1001");
    enclosure *around = NULL, *none = NULL;
    child *c = NULL;
    HANDLE outer = begin_child(b, ann, ann_launch);

    check_about("the job around a launch is terminated while it is made");
    CHECK(DuplicateHandle(GetCurrentProcess(), outer, GetCurrentProcess(), &within->process, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &outside->process, 0,
                          FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_INT(children_around(b->live, outside, &none), ERROR_SUCCESS);
    CHECK(!none);
    CHECK_INT(children_around(b->live, within, &around), ERROR_SUCCESS);
    CHECK(around);
    HANDLE inner = prepare_child(b, within, bob_launch, &c);
    lists(b, ann, OWN, 1); /* one that is only prepared is not shown */
    kills(b, ann, OWN, bob_launch, FAULT_NOT_FOUND);
    kills(b, ann, OWN, ann_launch, FAULT_NONE);
    CHECK_INT(WaitForSingleObject(inner, 100), WAIT_TIMEOUT);
    children_start(&c);
    CHECK_INT(WaitForSingleObject(inner, TEST_DEADLINE_MS), WAIT_OBJECT_0);

    CloseHandle(inner);
    CloseHandle(outer);
    caller_release(&within);
    caller_release(&outside);
}

/* ---- a stop while callers end ---- */

enum { RACE_CALLERS = 8, RACE_CHILDREN = 64 };

/* Children whose callers all end while the broker stops: the callers' ends are told on other threads, which
 * must not find a child that has been freed. The processes are this test's own, which never ends; an event
 * that is set stands for a caller's end. */
static void stop_while_callers_end(void) {
    children *all = NULL;
    caller *from[RACE_CALLERS];
    HANDLE job = CreateJobObjectW(NULL, NULL), end = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!CHECK(children_create(NULL, waits, &all))) return;
    for (int i = 0; i < RACE_CALLERS; i++) {
        from[i] = user("S-1-5-21-1-2-3-1001");
        InitializeSRWLock(&from[i]->lock);
        CHECK(DuplicateHandle(GetCurrentProcess(), end, GetCurrentProcess(), &from[i]->process, 0, FALSE,
                              DUPLICATE_SAME_ACCESS));
    }
    for (int i = 0; i < RACE_CHILDREN; i++) {
        child_info info = {.launch_id = ann_launch,
                           .application = "C:\\x.exe",
                           .pid = 4,
                           .lifetime = MSG_LIFETIME_CALLER,
                           .from = from[i % RACE_CALLERS]};
        child *c = NULL;
        CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &info.process, 0,
                              FALSE, DUPLICATE_SAME_ACCESS));
        CHECK(DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &info.job, 0, FALSE,
                              DUPLICATE_SAME_ACCESS));
        InterlockedIncrement(&counts->live);
        if (!CHECK_INT(children_prepare(all, &info, &c), ERROR_SUCCESS)) return;
        children_shared(c, true); /* it goes on, so the stop does not wait for it */
        children_start(&c);
    }
    for (int i = 0; i < RACE_CALLERS; i++) caller_release(&from[i]);
    SetEvent(end);
    children_destroy(&all);
    CloseHandle(end);
    CloseHandle(job);
}

static DWORD WINAPI stops(void *unused) {
    (void)unused;
    for (int i = 0; i < 50; i++) stop_while_callers_end();
    return 0;
}

/* A freed child can hang a stop, so another thread does the stops. */
static void stops_end(void) {
    HANDLE thread = CreateThread(NULL, 0, stops, NULL, 0, NULL);
    check_about("a stop while callers end");
    if (!CHECK(thread)) return;
    if (!CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0))
        TerminateProcess(GetCurrentProcess(), 1); /* exit() could wait for the other thread's locks */
    CloseHandle(thread);
}

static void others_children(broker *b, caller *ann, caller *bob) {
    enum { OWN = POLICY_RIGHT_LAUNCH | POLICY_RIGHT_READ_OWN };
    HANDLE anns = begin_child(b, ann, ann_launch), bobs = begin_child(b, bob, bob_launch);
    check_about("listed children: one's own, or all with the right");
    lists(b, ann, OWN, 1);
    lists(b, bob, OWN, 1);
    lists(b, bob, OWN | POLICY_RIGHT_READ_ALL, 2);

    check_about("another user's child is not terminated");
    kills(b, bob, OWN, ann_launch, FAULT_NOT_FOUND);
    kills(b, bob, OWN | POLICY_RIGHT_READ_ALL, ann_launch, FAULT_NOT_FOUND);
    CHECK_INT(WaitForSingleObject(anns, 0), WAIT_TIMEOUT);

    check_about("one's own child is terminated, and by an administrator any");
    kills(b, ann, OWN, ann_launch, FAULT_NONE);
    CHECK_INT(WaitForSingleObject(anns, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    kills(b, ann, OWN | POLICY_RIGHT_ADMINISTER, bob_launch, FAULT_NONE);
    CHECK_INT(WaitForSingleObject(bobs, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(anns);
    CloseHandle(bobs);
}

/* ---- records ---- */

static void add(audit_store *store, const char *launch, const caller *from) {
    audit_error error = {0};
    const audit_request request = {.launch_id = launch,
                                   .requested_at = 1700000000000000,
                                   .caller_pid = from->pid,
                                   .caller_sid = from->sid,
                                   .caller_user = account_name(from->account),
                                   .application = "C:\\x.exe",
                                   .rule = "default",
                                   .caller_started_at = from->started_at,
                                   .caller_integrity = from->integrity,
                                   .caller_elevated = from->administrator,
                                   .caller_services = from->services};
    if (!CHECK(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
               audit_commit(store, &error)))
        printf("    %s\n", error.message);
}

static void queries(broker *b, caller *from, unsigned with, size_t wanted, const char *user_asked_for) {
    const msg_query query = {.filter = {.user = user_asked_for}};
    msg_reply reply;
    msg_page page;
    size_t length;
    rights = with;
    char *frame = msg_encode_query(1, &query, &length);
    ask(b, from, frame, length, session_query, &reply);
    if (CHECK(msg_reply_query(&reply, &page))) {
        CHECK_INT(page.count, wanted);
        for (size_t i = 0; i < page.count && !(with & POLICY_RIGHT_READ_ALL); i++)
            CHECK_TEXT(page.rows[i].caller_sid, from->sid);
    }
    msg_reply_free(&reply);
}

static void summaries(broker *b, caller *from, unsigned with, int64_t wanted) {
    const msg_summary summary = {.by = "user"};
    msg_reply reply;
    msg_groups groups;
    size_t length;
    int64_t pending = 0;
    rights = with;
    char *frame = msg_encode_summary(1, &summary, &length);
    ask(b, from, frame, length, session_summary, &reply);
    if (CHECK(msg_reply_summary(&reply, &groups))) {
        for (size_t i = 0; i < groups.count; i++) pending += groups.list[i].pending;
        CHECK_INT(pending, wanted);
    }
    msg_reply_free(&reply);
}

/* The same processes as in less_than_the_launcher ask about the past: what the launcher was is on record. */
static void records_of_more(broker *b, audit_store *store) {
    enum { OWN = POLICY_RIGHT_READ_OWN, MEDIUM = 0x2000, HIGH = 0x3000 };
    static const char elevated[] = "cccccccc-0000-7000-8000-000000000003",
                      service[] = "dddddddd-0000-7000-8000-000000000004";
    static const struct {
        const char *what;
        DWORD pid, integrity;
        bool administrator, sandboxed;
        const char *services;
        size_t sees;
    } viewers[] = {
        {"an elevated process with both services", 12, HIGH, true, false, "S-1-5-80-1 S-1-5-80-2", 3},
        {"an elevated process", 12, HIGH, true, false, NULL, 2},
        {"an elevated process with a service of a similar name", 12, HIGH, true, false, "S-1-5-80-11", 2},
        {"a process that is not elevated", 12, MEDIUM, false, false, NULL, 1},
        {"an administrator of medium integrity", 12, MEDIUM, true, false, NULL, 1},
        {"high integrity without the group", 12, HIGH, false, false, NULL, 1},
        {"a process of low integrity", 12, 0x1000, false, true, NULL, 0},
        {"a sandboxed process", 12, HIGH, true, true, "S-1-5-80-1", 0},
        {"the elevated launcher itself", 8, HIGH, true, true, NULL, 1},
        {"another process with its id", 8, MEDIUM, false, false, NULL, 1}};
    caller *launcher = process_of_ann(8, HIGH, true, false),
           *of_service = process_of_ann(9, MEDIUM, false, false);
    launcher->started_at = 77;
    of_service->services = "S-1-5-80-1";
    add(store, elevated, launcher);
    add(store, service, of_service);

    for (size_t i = 0; i < sizeof viewers / sizeof *viewers; i++) {
        check_about(viewers[i].what);
        caller *viewer = process_of_ann(viewers[i].pid, viewers[i].integrity, viewers[i].administrator,
                                        viewers[i].sandboxed);
        viewer->services = viewers[i].services;
        viewer->started_at = viewers[i].pid == 8 && viewers[i].administrator ? 77 : 78;
        queries(b, viewer, OWN, viewers[i].sees, NULL);
        summaries(b, viewer, OWN, (int64_t)viewers[i].sees);
        caller_release(&viewer);
    }
    caller_release(&launcher);
    caller_release(&of_service);
}

static void others_records(broker *b, caller *ann, caller *bob) {
    check_about("records: one's own, or all with the right");
    queries(b, ann, POLICY_RIGHT_READ_OWN, 1, NULL);
    queries(b, bob, POLICY_RIGHT_READ_OWN, 1, NULL);
    queries(b, bob, POLICY_RIGHT_READ_OWN, 0, ann->sid);
    queries(b, bob, POLICY_RIGHT_READ_ALL, 2, NULL);
    queries(b, bob, POLICY_RIGHT_READ_ALL, 1, ann->sid);
    check_about("summaries: of one's own, or of all with the right");
    summaries(b, ann, POLICY_RIGHT_READ_OWN, 1);
    summaries(b, bob, POLICY_RIGHT_READ_ALL, 2);
}

int wmain(int argc, wchar_t **argv) {
    wchar_t data[MAX_PATH];
    char path[4 * MAX_PATH];
    crypto_key *key = NULL;
    audit_store *store = NULL;
    audit_opened opened;
    audit_error error = {0};
    broker b = {0};
    (void)argc, (void)argv;
    if (!CHECK(directory_make(data, L"two users")) || !CHECK(crypto_key_make(&key))) return check_report();
    snprintf(path, sizeof path, "%ls\\audit.db", data);
    counts = calloc(1, sizeof *counts + 8);
    if (!CHECK(accounts_create(name_of, &names))) return check_report();
    caller *ann = user("S-1-5-21-1-2-3-1001"), *bob = user("S-1-5-21-1-2-3-1002");

    const audit_opening opening = {.path = path, .now = win_now_us(), .key = key};
    if (CHECK(audit_open(&opening, &store, &opened, &error))) {
        add(store, ann_launch, ann);
        add(store, bob_launch, bob);
        b.database = path;
        if (CHECK(exit_waits_create(&waits)) && CHECK(children_create(NULL, waits, &b.live))) {
            others_children(&b, ann, bob);
            others_records(&b, ann, bob);
            less_than_the_launcher(&b);
            records_of_more(&b, store);
            ended_around(&b, ann);
            children_destroy(&b.live);
            stops_end();
        }
    } else {
        printf("    %s\n", error.message);
    }
    audit_close(&store);
    accounts_destroy(&names);
    crypto_key_free(&key);
    directory_remove(data);
    return check_report();
}
