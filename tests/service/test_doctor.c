/* Checks what spawnctl doctor prints about brokers and services without problems, and about those with each
 * of many problems. */
#include "service/audit/audit.h"
#include "tests/support/checks.h"
#include "service/audit/crypto.h"
#include "tests/support/harness.h"
#include "tests/support/installed.h"
#include "tests/support/tool.h"
#include "service/win32/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static wchar_t ctl[MAX_PATH];

/* Checks what the last run (with --json) printed about a check. A failure prints the line with "found" and
 * "advice". */
static void check_result(int line, const char *check, const char *result, const char *part) {
    char wanted[80], text[2048] = "(there is no such check)";
    snprintf(wanted, sizeof wanted, "{\"check\":\"%s\",", check);
    const char *at = strstr(tool_out, wanted);
    if (at) snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "}"), at);
    snprintf(wanted, sizeof wanted, "\"check\":\"%s\",\"result\":\"%s\"", check, result);
    check_has(__FILE__, line, check, text, wanted);
    if (part) check_has(__FILE__, line, check, text, part);
}
#define RESULT(check, result, part) check_result(__LINE__, check, result, part)

/* ---- a broker in the foreground ---- */

static bool write_policy(const wchar_t *directory, const char *text) {
    wchar_t path[MAX_PATH + 16];
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", directory);
    return file_write(path, text, strlen(text));
}

static DWORD ask(const test_broker *broker) {
    return tool_run(ctl, L"doctor --json --pipe %ls", broker->pipe);
}

static void well(const test_broker *broker) {
    check_about("a broker that is well");
    DWORD code = ask(broker);

    /* On Windows the data belongs to this user, and for a program that is not elevated this user may not be
     * an administrator. */
    if (on_wine()) CHECK_INT(code, 0);
    CHECK_HAS(tool_out, "{\"errors\":0,\"warnings\":");
    RESULT("service", "not checked", "not the pipe of the service");
    RESULT("pipe", "ok", NULL);
    RESULT("server", "ok", "spawnbroker.exe");
    RESULT("connect", "ok", "session");
    RESULT("versions", "ok", SB_VERSION);
    RESULT("policy", "ok", "no policy.json");
    RESULT("disk", "ok", "MiB");
    RESULT("audit", "ok", "working");
    RESULT("chain", "ok", "whole");
    RESULT("clock", "ok", NULL);
    RESULT("launch", "ok", "attested");

    check_about("for people");
    tool_run(ctl, L"doctor --pipe %ls", broker->pipe);
    CHECK_HAS(tool_out,
              "ok       launch     a child with a pipe and an event, and no other handle: attested\n");
    CHECK_HAS(tool_out, "0 errors, ");

    check_about("the children are on record, as any others");
    CHECK_INT(tool_run(ctl, L"audit list --json --pipe %ls", broker->pipe), 0);
    CHECK_HAS(tool_out, "spawnctl version");
}

static void policies(const test_broker *broker) {
    check_about("a policy that is wrong");
    CHECK(write_policy(broker->data, "{\"version\":1,\n\"default\":\"perhaps\"}"));
    CHECK_INT(ask(broker), 3);
    RESULT("policy", "error", "policy.json:2:");
    RESULT("launch", "ok", NULL);
    check_about("a policy that refuses");
    CHECK(write_policy(broker->data, "{\"version\":1,\"default\":\"deny\",\"rules\":[]}"));
    CHECK_INT(tool_run(ctl, L"policy reload --pipe %ls", broker->pipe), 0);
    CHECK_INT(ask(broker), 1);
    RESULT("policy", "ok", "0 rules");
    RESULT("launch", "warning", "policy explain");
    check_about("a policy that does not look at handles");
    CHECK(write_policy(broker->data, "{\"version\":1,\"default\":\"deny\",\"rules\":[{\"name\":\"fast\","
                                     "\"action\":\"allow\",\"attest\":false}]}"));
    CHECK_INT(tool_run(ctl, L"policy reload --pipe %ls", broker->pipe), 0);
    CHECK_INT(ask(broker), 1);
    RESULT("launch", "warning", "handles were not checked");
}

static void console(void) {
    test_broker broker;
    check_about("no broker");
    CHECK_INT(tool_run(ctl, L"doctor --json --pipe sb-nobody-%lu", GetCurrentProcessId()), 3);
    RESULT("pipe", "error", "no broker serves");
    RESULT("audit", "not checked", NULL);
    CHECK_INT(tool_run(ctl, L"doctor --bogus"), 2);
    CHECK_INT(tool_run(ctl, L"doctor --pipe \\\\elsewhere\\pipe\\x"), 125);
    if (!CHECK(broker_start(&broker, NULL))) return;
    well(&broker);
    policies(&broker);
    CHECK_INT(broker_stop(&broker), 0);
}

/* ---- the service ---- */

static DWORD ask_service(const installed *i) {
    return tool_run(i->ctl, L"doctor --json");
}

static void reconfigure(DWORD start, const wchar_t *account) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, L"SpawnBroker", SERVICE_CHANGE_CONFIG) : NULL;
    CHECK(service && ChangeServiceConfigW(service, SERVICE_NO_CHANGE, start, SERVICE_NO_CHANGE, NULL, NULL,
                                          NULL, NULL, account, account ? L"" : NULL, NULL));
    if (service) CloseServiceHandle(service);
    if (manager) CloseServiceHandle(manager);
}

static void running(const installed *i) {
    check_about("a service that is well");
    CHECK_INT(ask_service(i), 0);
    CHECK_HAS(tool_out, "{\"errors\":0,\"warnings\":0,");
    RESULT("service", "ok", "it runs, as process");
    const bool lost = on_wine() && strstr(tool_out, "\"check\":\"account\",\"result\":\"not checked\"");
    bool known = check_part("account", lost ? "Wine's service manager has no required privileges" : NULL);
    RESULT("account", known ? "ok" : "not checked", "LocalSystem");
    RESULT("start", "ok", "automatic");
    RESULT("program", "ok", "spawnbroker.exe");
    RESULT("events", "ok", "spawnbroker.exe");
    RESULT("data", "ok", "SpawnBroker");
    RESULT("chain", "ok", "whole");
    RESULT("launch", "ok", "attested");

    check_about("a program that others can write");
    CHECK(open_to_all(i->broker, true));
    CHECK_INT(ask_service(i), 3);
    RESULT("program", "error", "Everyone");
    CHECK(open_to_all(i->broker, false));

    check_about("data that others can write");
    CHECK(open_to_all(i->data, true));
    CHECK_INT(ask_service(i), 3);
    RESULT("data", "error", "Everyone");
    CHECK(open_to_all(i->data, false));

    check_about("another account, a start by hand, no event source");
    reconfigure(SERVICE_DEMAND_START, L"NT AUTHORITY\\LocalService");
    RegDeleteTreeW(HKEY_LOCAL_MACHINE,
                   L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\SpawnBroker");
    CHECK_INT(ask_service(i), 3);
    RESULT("account", "error", "LocalService");
    RESULT("start", "warning", "spawnctl service install");
    RESULT("events", "warning", "not registered");

    check_about("the advice helps");
    CHECK_INT(tool_run(i->ctl, L"service install"), 0);
    CHECK_INT(ask_service(i), 0);
}

/* Another program serves the service's pipe while the service is stopped. */
static void squatted(const installed *i) {
    check_about("a squatter");
    HANDLE pipe = CreateNamedPipeW(L"\\\\.\\pipe\\SpawnBroker", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                   PIPE_REJECT_REMOTE_CLIENTS, 2, 4096, 4096, 0, NULL);
    if (!CHECK(pipe != INVALID_HANDLE_VALUE)) return;
    CHECK_INT(ask_service(i), 3);
    RESULT("service", "error", "stopped");
    RESULT("pipe", "error", "does not create such a pipe");
    RESULT("server", "error", "test_doctor.exe");
    CloseHandle(pipe);
}

static void forget(const installed *i, const wchar_t *end) {
    wchar_t path[MAX_PATH + 16];
    swprintf(path, MAX_PATH + 16, L"%ls\\audit.db%ls", i->data, end);
    DeleteFileW(path);
}

/* Changes one letter of the command lines on record. By now, what the log beside the database held is in the
 * database. */
static void tamper(const installed *i) {
    static const char text[] = "spawnctl version";
    wchar_t path[MAX_PATH + 16];
    size_t size = 0, count = 0;
    char *bytes = file_read(i->data, L"audit.db", &size);

    for (size_t at = 0; bytes && at + sizeof text < size; at++) {
        if (memcmp(bytes + at, text, sizeof text - 1) != 0) continue;
        bytes[at] = 'S';
        count++;
    }

    CHECK(count > 0);
    swprintf(path, MAX_PATH + 16, L"%ls\\audit.db", i->data);
    CHECK(bytes && file_write(path, bytes, size));
    free(bytes);
    forget(i, L"-wal");
    forget(i, L"-shm");

    check_about("a record that was changed");
    CHECK_INT(ask_service(i), 3);
    RESULT("service", "error", "spawnctl service start");
    RESULT("chain", "error", "NOT WHOLE");
}

/* Adds a last record with tomorrow's time to an audit. */
static void tomorrow(const installed *i) {
    char path[MAX_PATH + 16];
    audit_store *store = NULL;
    audit_opened opened;
    audit_error error = {0};
    crypto_key *key = NULL;
    check_about("a clock that has gone back");
    forget(i, L"");
    forget(i, L"-wal");
    forget(i, L"-shm");
    snprintf(path, sizeof path, "%ls\\audit.db", i->data);
    CHECK(crypto_key_make(&key));
    const audit_opening opening = {.path = path, .key = key, .now = win_now_us() + INT64_C(86400) * 1000000};
    if (!CHECK(audit_open(&opening, &store, &opened, &error))) printf("%s\n", error.message);
    audit_close(&store);
    crypto_key_free(&key);
    CHECK_INT(ask_service(i), 3);
    RESULT("clock", "error", "the newest record is of");
}

static void service(void) {
    installed i;
    if (!check_part("service", installed_missing(&i)) || !CHECK(installed_make(&i))) return;
    check_about("install");
    if (CHECK_INT(tool_run(i.ctl, L"service install --start"), 0)) {
        running(&i);
        CHECK_INT(tool_run(i.ctl, L"service stop"), 0);
        squatted(&i);
        tamper(&i);
        tomorrow(&i);
    }
    installed_remove(&i);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    beside_program(ctl, L"spawnctl.exe");
    console();
    service();
    return check_report();
}
