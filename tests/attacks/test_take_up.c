/* Which process a broker takes for the child of an earlier one: never by the process id alone. The broker's
 * own code looks at records that the test makes; they name this test's own process. */
#include "service/broker/take_up.h"
#include "service/win32/text.h"
#include "service/win32/true_path.h"
#include "service/win32/win.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---- in place of the broker's recorder ---- */

enum { LAUNCHES = 4 };

static const char *const ids[LAUNCHES] = {
    "aaaaaaaa-0000-7000-8000-000000000001", "bbbbbbbb-0000-7000-8000-000000000002",
    "cccccccc-0000-7000-8000-000000000003", "dddddddd-0000-7000-8000-000000000004"};
static audit_exit exits[LAUNCHES]; /* of each launch; exited_at 0: none was recorded */

bool recorder_exit(recorder *r, const audit_exit *exit) {
    (void)r;
    for (int i = 0; i < LAUNCHES; i++)
        if (!strcmp(ids[i], exit->launch_id)) exits[i] = *exit;
    return true;
}

void recorder_catch_up(recorder *r) {
    (void)r;
}

static char *name_of(const char *sid) {
    return _strdup(sid);
}

/* ---- records ---- */

static int64_t created_at(void) {
    FILETIME created, exited, kernel, user;
    CHECK(GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user));
    return win_filetime_us(created);
}

static bool add(audit_store *store, const char *id, const char *application, int64_t child_created_at,
                audit_error *error) {
    const audit_request request = {.launch_id = id,
                                   .requested_at = 1700000000000000,
                                   .caller_pid = GetCurrentProcessId(),
                                   .caller_started_at = created_at(),
                                   .caller_sid = "S-1-5-21-1-2-3-1001",
                                   .application = application,
                                   .lifetime = "detached",
                                   .rule = "default",
                                   .caller_integrity = 0x2000};
    const audit_outcome outcome = {.launch_id = id,
                                   .at = 1700000000000001,
                                   .outcome = AUDIT_STARTED,
                                   .child_pid = GetCurrentProcessId(),
                                   .child_created_at = child_created_at,
                                   .started_at = 1700000000000002,
                                   .attested = -1,
                                   .create_us = -1,
                                   .total_us = -1};
    return audit_begin(store, error) && audit_add_request(store, &request, error) &&
           audit_add_outcome(store, &outcome, error) && audit_commit(store, error);
}

static void looked_at(broker *b) {
    take_up *t = NULL;
    const int64_t last_at = 1700000000000005;
    if (!CHECK(take_up_begin(b, last_at, &t))) return;
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    while ((!exits[1].exited_at || !exits[2].exited_at || !children_lives(b->live, ids[0])) &&
           !deadline_passed(deadline))
        Sleep(10);
    take_up_end(&t);

    check_about("the process with that id, creation time and program");
    CHECK(children_lives(b->live, ids[0]));
    CHECK(!exits[0].exited_at);
    check_about("another process with its id");
    CHECK(!children_lives(b->live, ids[1]));
    CHECK_INT(exits[1].exit_code, -1);
    CHECK_INT(exits[1].exited_after, last_at);
    CHECK(exits[1].exited_at > exits[1].exited_after);
    check_about("another program");
    CHECK(!children_lives(b->live, ids[2]));
    CHECK_INT(exits[2].exit_code, -1);
    check_about("this broker's own launch");
    CHECK(!children_lives(b->live, ids[3]));
    CHECK(!exits[3].exited_at);
}

int wmain(int argc, wchar_t **argv) {
    wchar_t data[MAX_PATH], own[MAX_PATH];
    char path[4 * MAX_PATH];
    arena a = {0};
    crypto_key *key = NULL;
    audit_store *store = NULL;
    audit_opened opened;
    audit_error error = {0};
    exit_waits *waits = NULL;
    broker b = {0};
    (void)argc, (void)argv;

    if (!CHECK(directory_make(data, L"take up")) || !CHECK(crypto_key_make(&key)) ||
        !CHECK(!true_path_of_process(GetCurrentProcess(), own, MAX_PATH)))
        return check_report();
    snprintf(path, sizeof path, "%ls\\audit.db", data);
    const audit_opening opening = {.path = path, .now = win_now_us(), .key = key};
    const char *program = text_utf8_lossy(&a, own);
    bool ok = audit_open(&opening, &store, &opened, &error) &&
              add(store, ids[0], program, created_at(), &error) &&
              add(store, ids[1], program, created_at() + 1, &error) &&
              add(store, ids[2], "C:\\other.exe", created_at(), &error);
    if (ok) b.first_seq = audit_head_of(store).seq;
    ok = ok && add(store, ids[3], program, created_at(), &error);
    if (!CHECK(ok)) printf("    %s\n", error.message);

    b.database = path;
    if (ok && CHECK(accounts_create(name_of, &b.accounts)) && CHECK(quotas_create(&b.quotas)) &&
        CHECK(exit_waits_create(&waits)) && CHECK(children_create(NULL, waits, &b.live))) {
        looked_at(&b);
        children_destroy(&b.live); /* it is detached: it goes on */
    }
    exit_waits_destroy(&waits);
    quotas_destroy(&b.quotas);
    accounts_destroy(&b.accounts);
    audit_close(&store);
    crypto_key_free(&key);
    arena_free(&a);
    directory_remove(data);
    return check_report();
}
