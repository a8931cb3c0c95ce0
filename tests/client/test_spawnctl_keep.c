/* Tests spawnctl audit verify, head, backup, disk-usage and prune, as an administrator runs them. */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/client/ctl_runner.h"

#include <stdio.h>
#include <string.h>

enum { REFUSALS = 700 };

static test_broker broker;
static wchar_t copy[MAX_PATH + 16];
static wchar_t head[256]; /* what `audit head` printed before */

/* Makes records quickly: launches that the policy denies. */
static void refusals(void) {
    wchar_t line[1024];
    sb_spawn_options options = helper_options(L"exit:0", line, 1024);
    sb_client *client = broker_connect(broker.pipe);
    int refused = 0;
    for (int i = 0; client && i < REFUSALS; i++) {
        sb_process process;
        sb_error error;
        refused += sb_spawn(client, &options, &process, &error) == ERROR_ACCESS_DISABLED_BY_POLICY;
    }
    CHECK_INT(refused, REFUSALS);
    sb_disconnect(client);
}

static void of_the_broker(void) {
    check_about("verify, of the running broker");
    CHECK_INT(run("", L"audit verify"), 0);
    CHECK_HAS(out, "key: the running broker's");
    CHECK_HAS(out, "nothing up to the head of the running broker");
    CHECK_HAS(out, "\nwhole");
    CHECK_INT(run("", L"audit verify --json"), 0);
    CHECK_HAS(out, "{\"whole\":true,");
    CHECK_HAS(out, "\"signatures_checked\":true");
    CHECK_INT(run("", L"audit head"), 0);
    out[strcspn(out, "\r\n")] = 0;
    swprintf(head, 256, L"%hs", out);
    CHECK(wcslen(head) > 96);
    CHECK_INT(run("", L"audit disk-usage"), 0);
    CHECK_HAS(out, "of them 700 launches");
    CHECK_INT(run("", L"audit disk-usage --json"), 0);
    CHECK_HAS(out, "\"launches\":700,");
}

static void of_a_copy(void) {
    char database[AUDIT_PATH_BYTES];
    audit_error error = {0};
    db *d = NULL;
    check_about("a copy, verified");
    CHECK_INT(run("", L"audit backup \"%ls\"", copy), 0);
    CHECK_HAS(out, "\nwhole");
    CHECK_INT(run("", L"audit backup \"%ls\"", copy), 125);
    CHECK_HAS(err, "there is a file of that name already");
    CHECK_INT(run("", L"audit verify --db \"%ls\" --head %ls", copy, head), 0);
    CHECK_HAS(out, "nothing up to the head that was given");
    CHECK_INT(run("", L"audit verify --db \"%ls\" --head nonsense", copy), 2);
    CHECK_INT(run("", L"audit verify --db \"%ls\" --public-key \"%ls\\policy.json\"", copy, broker.data),
              125);
    CHECK_HAS(err, "no public key");
    CHECK_INT(run("", L"audit verify --db \"%ls\" --public-key \"%ls\\audit.pub\"", copy, broker.data), 0);

    check_about("a copy that was tampered with");
    audit_path(broker.data, L"copy.db", database);
    CHECK(db_open(database, DB_FOR_WRITING, &d, &error));
    CHECK(
        db_run(d, "tampering",
               "CREATE TEMP TABLE was AS SELECT sql FROM sqlite_schema WHERE name = 'launch_is_not_updated';"
               "DROP TRIGGER launch_is_not_updated;"
               "UPDATE launch SET caller_user = 'somebody' WHERE seq = (SELECT max(seq) FROM launch)",
               &error));
    char trigger[AUDIT_TEXT_BYTES];
    CHECK(db_text(d, "tampering", "SELECT sql FROM was", trigger, sizeof trigger, &error) &&
          db_run(d, "tampering", trigger, &error));
    db_close(&d);
    CHECK_INT(run("", L"audit verify --db \"%ls\"", copy), 3);
    CHECK_HAS(out, "WRONG: record ");
    CHECK_HAS(out, "has been changed");
    CHECK_HAS(out, "\nNOT WHOLE");
    CHECK_INT(run("", L"audit verify --json --db \"%ls\"", copy), 3);
    CHECK_HAS(out, "{\"whole\":false,");

    check_about("a copy without its key");
    wchar_t key[MAX_PATH + 16], elsewhere[MAX_PATH + 16];
    swprintf(key, MAX_PATH + 16, L"%ls\\audit.pub", broker.data);
    swprintf(elsewhere, MAX_PATH + 16, L"%ls\\elsewhere.pub", broker.data);
    CHECK(MoveFileW(key, elsewhere));
    CHECK_INT(run("", L"audit verify --db \"%ls\"", copy), 3); /* never "whole" for what was not checked */
    CHECK_HAS(out, "no public key is trusted");
    CHECK(MoveFileW(elsewhere, key));
}

static void pruned(void) {
    check_about("pruning");
    CHECK_INT(run("", L"audit prune"), 2);
    CHECK_INT(run("", L"audit prune --keep-days many"), 2);
    CHECK_INT(run("", L"audit prune --keep-bytes -5"), 2);
    CHECK_INT(run("", L"audit prune --keep-bytes 12xb"), 2);
    CHECK_INT(run("", L"audit prune --keep-days 1"), 0);
    CHECK_HAS(out, "0 records pruned");
    CHECK_INT(run("", L"audit prune --keep-bytes 1KiB --json"), 0);
    CHECK_HAS(out, "{\"removed\":");
    CHECK(!strstr(out, "{\"removed\":0}"));
    CHECK_INT(run("", L"audit verify"), 0);
    CHECK_HAS(out, "pruned      through ");
    CHECK_HAS(out, "\nwhole");
    CHECK_INT(run("", L"audit verify --head %ls", head), 0); /* the head comes after the pruned records */
}

int wmain(int argc, wchar_t **argv) {
    static const char policy[] =
        "{\"version\":1,\"default\":\"deny\",\"audit\":{\"denials_per_minute\":100000}}";
    wchar_t data[MAX_PATH], path[MAX_PATH + 16];
    (void)argc, (void)argv;
    if (!directory_make_data(data, L"keep")) return 1;
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data);
    if (!CHECK(file_write(path, policy, sizeof policy - 1)) || !broker_start(&broker, data)) return 1;
    swprintf(copy, MAX_PATH + 16, L"%ls\\copy.db", data);
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", broker.pipe);
    refusals();
    of_the_broker();
    of_a_copy();
    pruned();
    CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}
