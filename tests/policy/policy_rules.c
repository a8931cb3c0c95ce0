#include "tests/policy/policy_test.h"

#include <process.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef struct wanted_row {
    const char *rule, *outcome;
    bool unattested;
} wanted_row;

static bool is_row(const msg_launch *row, void *context) {
    const wanted_row *w = context;
    return row->rule && !strcmp(row->rule, w->rule) && !strcmp(row->outcome, w->outcome) &&
           (!w->unattested || !row->has_attested);
}

static void refused(sb_client *client, const wchar_t *actions, const sb_handle *handles, size_t count,
                    const char *named) {
    child_result result;
    char message[1024] = "";
    helper_run(client, actions, handles, count, &result);
    CHECK_INT(result.err, DISABLED_BY_POLICY);
    CHECK_INT(result.error.stage, SB_STAGE_DECIDE);
    WideCharToMultiByte(CP_UTF8, 0, result.error.message, -1, message, sizeof message, NULL, NULL);
    CHECK_HAS(message, named);
}

static void runs(sb_client *client, const wchar_t *actions, const sb_handle *handles, size_t count) {
    child_result result;
    helper_run(client, actions, handles, count, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 0);
}

static const char rules[] =
    "{\"version\": 1, \"default\": \"deny\", \"rules\": [\n"
    " {\"name\": \"no-seven\", \"action\": \"deny\", \"reason\": \"seven is not liked here\",\n"
    "  \"arguments\": {\"some\": [\"exit:7\"]}},\n"
    " {\"name\": \"events-only\", \"action\": \"allow\", \"program\": {\"path\": [\"@*.exe\"]},\n"
    "  \"handles\": {\"count\": {\"least\": 2}, \"kinds\": [\"Event\", \"File.pipe\"]}},\n"
    " {\"name\": \"helper\", \"action\": \"allow\", \"program\": {\"path\": [\"@TEST_helper.exe\"]}, "
    "\"attest\": false,\n"
    "  \"caller\": {\"image\": [\"**\\\\test_policy.exe\"], \"integrity\": [\"medium\", \"high\", "
    "\"system\"], \"sandboxed\": false},\n"
    "  \"handles\": {\"count\": {\"most\": 1}}, \"lifetime\": [\"caller\"]}]}\n";

void try_rules(void) {
    test_broker broker;
    child_result result;
    check_about("rules");
    if (!policy_start(&broker, rules)) return;
    sb_client *client = broker_connect(broker.pipe);
    runs(client, L"exit:0", NULL, 0);
    CHECK(raw_audit_wait(broker.pipe, is_row, &(wanted_row){"helper", "started", true}));
    refused(client, L"exit:7", NULL, 0, "\"no-seven\": seven is not liked here");
    CHECK(raw_audit_wait(broker.pipe, is_row, &(wanted_row){"no-seven", "denied", false}));

    check_about("kinds of handles");
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    sb_handle good = {.name = L"e", .handle = event}, bad = {.name = L"s", .handle = section};
    runs(client, L"exit:0", &good, 1); /* and its output, a pipe */
    CHECK(raw_audit_wait(broker.pipe, is_row, &(wanted_row){"events-only", "started", false}));
    refused(client, L"exit:0", &bad, 1, "no rule of the policy allows it");
    CloseHandle(section);
    CloseHandle(event);

    check_about("a lifetime and a program that no rule allows");
    wchar_t line[POLICY_LINE];
    sb_spawn_options options = helper_options(L"exit:0", line, POLICY_LINE);
    options.lifetime = SB_LIFETIME_DETACHED;
    child_run(client, &options, &result);
    CHECK_INT(result.err, DISABLED_BY_POLICY);
    options = (sb_spawn_options){.size = sizeof options, .command_line = L"cmd.exe /c exit 0"};
    child_run(client, &options, &result);
    CHECK_INT(result.err, DISABLED_BY_POLICY);

    check_about("a program that does not exist is not refused, it is missing");
    options = helper_options(L"exit:0", line, POLICY_LINE);
    options.application = L"C:\\none\\such.exe";
    child_run(client, &options, &result);
    CHECK(result.err == ERROR_PATH_NOT_FOUND || result.err == ERROR_FILE_NOT_FOUND);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

static unsigned __stdcall read_byte(void *pipe) {
    char byte;
    DWORD got;
    return ReadFile(pipe, &byte, 1, &got, NULL) && got == 1 ? 0 : 1;
}

/* A pipe that a thread reads from cannot be asked what it is. It counts as nothing that a rule names: before,
 * it counted as a pipe, and so did a file on a disk whose query somebody made wait. */
void try_unknown_kinds(void) {
    static const char only_pipes[] =
        "{\"version\": 1, \"default\": \"deny\", \"rules\": [{\"name\": \"pipes\", \"action\": \"allow\", "
        "\"handles\": {\"kinds\": [\"File.pipe\"]}}]}";
    HANDLE reading, writing;
    test_broker broker;
    DWORD put, code = 1;
    check_about("a file that gives no answer");
    if (!policy_start(&broker, only_pipes)) return;
    sb_client *client = broker_connect(broker.pipe);
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;

    const sb_handle pipe = {.name = L"p", .handle = reading};
    runs(client, L"exit:0", &pipe, 1);
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, read_byte, reading, 0, NULL);
    CHECK_INT(WaitForSingleObject(thread, 200), WAIT_TIMEOUT); /* it reads */
    refused(client, L"exit:0", &pipe, 1, "does not say whether it is a pipe");

    CHECK(WriteFile(writing, "x", 1, &put, NULL));
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 0);
    runs(client, L"exit:0", &pipe, 1);
    CloseHandle(thread);
    CloseHandle(reading);
    CloseHandle(writing);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

/* A variable that makes the program load other code: the program is the one that the rule names, but does
 * what the caller wants. */
void try_environment(void) {
    static const char clean[] =
        "{\"version\": 1, \"default\": \"deny\", \"rules\": [{\"name\": \"clean\", \"action\": \"allow\", "
        "\"program\": {\"environment_not\": [\"COR_*\", \"NODE_OPTIONS\"]}}]}";
    static const struct {
        const wchar_t *variables; /* as for sb_spawn */
        DWORD wanted;
    } cases[] = {{L"SystemRoot=C:\\windows\0A=NODE_OPTIONS=1\0", ERROR_SUCCESS},
                 {L"SystemRoot=C:\\windows\0NODE_OPTIONS=--require x.js\0", DISABLED_BY_POLICY},
                 {L"SystemRoot=C:\\windows\0cor_Profiler={x}\0", DISABLED_BY_POLICY}};
    test_broker broker;
    char text[4096];
    check_about("variables that a rule excludes");
    if (!policy_start(&broker, clean)) return;
    sb_client *client = broker_connect(broker.pipe);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wchar_t line[POLICY_LINE];
        sb_process process;
        sb_spawn_options options = helper_options(L"exit:0", line, POLICY_LINE);
        options.environment = cases[i].variables;
        DWORD err = sb_spawn(client, &options, &process, NULL);
        CHECK_INT(err, cases[i].wanted);
        if (!err) sb_process_close(&process);
    }

    policy_spawnctl(broker.pipe, L"policy explain --json -- spawnctl.exe", text, sizeof text);
    CHECK_HAS(text, "program.environment_not");
    CHECK_HAS(text, "the environment is known only when a launch is requested");
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

/* Launches "cwd" in a directory. True: as wanted; a child that runs is in the directory that the rule admits,
 * by its true path. */
static void in_directory(sb_client *client, const wchar_t *directory, DWORD wanted) {
    wchar_t line[POLICY_LINE];
    child_result result;
    char about[MAX_PATH];
    WideCharToMultiByte(CP_UTF8, 0, directory, -1, about, sizeof about, NULL, NULL);
    check_about(about);
    sb_spawn_options options = helper_options(L"cwd", line, POLICY_LINE);
    options.directory = directory;
    child_run(client, &options, &result);
    CHECK_INT(result.err, wanted);
    if (!result.err && !wanted) CHECK_HAS(result.output, "\\good\n");
}

/* A directory in which the program finds other files than the rule foresees. */
void try_directory(void) {
    static const char one_place[] =
        "{\"version\": 1, \"default\": \"deny\", \"rules\": [{\"name\": \"in-place\", \"action\": \"allow\", "
        "\"program\": {\"directory\": [\"**\\\\the place\\\\good\"]}}]}";
    wchar_t data[MAX_PATH], place[MAX_PATH], good[MAX_PATH], bad[MAX_PATH], path[2 * MAX_PATH];
    test_broker broker;
    char text[4096];
    check_about("directories");
    if (!policy_start(&broker, one_place)) return;
    sb_client *client = broker_connect(broker.pipe);
    CHECK(directory_make(data, L"directories"));
    swprintf(place, MAX_PATH, L"%ls\\the place", data);
    swprintf(good, MAX_PATH, L"%ls\\good", place);
    swprintf(bad, MAX_PATH, L"%ls\\bad", place);
    CHECK(CreateDirectoryW(place, NULL) && CreateDirectoryW(good, NULL) && CreateDirectoryW(bad, NULL));

    in_directory(client, good, ERROR_SUCCESS);
    in_directory(client, bad, DISABLED_BY_POLICY);
    in_directory(client, place, DISABLED_BY_POLICY);
    swprintf(path, 2 * MAX_PATH, L"%ls\\..\\GOOD\\.", bad);
    in_directory(client, path, ERROR_SUCCESS);
    swprintf(path, 2 * MAX_PATH, L"%ls\\..\\bad", good);
    in_directory(client, path, DISABLED_BY_POLICY);
    swprintf(path, 2 * MAX_PATH, L"%ls\\none", place);
    in_directory(client, path, ERROR_DIRECTORY);

    /* A drive that stands for a directory: the true path counts, and the child starts in it. */
    const wchar_t *const drive = L"Q:";
    bool defined = DefineDosDeviceW(0, drive, good) != 0,
         usable = defined && GetFileAttributesW(L"Q:\\") != INVALID_FILE_ATTRIBUTES;
    if (check_part("drive", usable ? NULL : "no drive can stand for a directory here")) {
        in_directory(client, L"Q:\\", ERROR_SUCCESS);
        CHECK(DefineDosDeviceW(DDD_REMOVE_DEFINITION, drive, good) && DefineDosDeviceW(0, drive, bad));
        in_directory(client, L"Q:\\", DISABLED_BY_POLICY);
    }
    if (defined) DefineDosDeviceW(DDD_REMOVE_DEFINITION, drive, usable ? bad : good);

    check_about("links");
    swprintf(path, 2 * MAX_PATH, L"%ls\\link", place);
    bool made = CreateSymbolicLinkW(path, bad, SYMBOLIC_LINK_FLAG_DIRECTORY) &&
                GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
    if (check_part("symbolic_link", made ? NULL : "no symbolic link can be made here")) {
        in_directory(client, path, DISABLED_BY_POLICY);
        CHECK(RemoveDirectoryW(path) && RemoveDirectoryW(good));
        CHECK(CreateSymbolicLinkW(good, bad, SYMBOLIC_LINK_FLAG_DIRECTORY));
        in_directory(client, good, DISABLED_BY_POLICY); /* the admitted name, but another directory */
        CHECK(RemoveDirectoryW(good));
    }

    policy_spawnctl(broker.pipe, L"policy explain --json -- spawnctl.exe", text, sizeof text);
    CHECK_HAS(text, "program.directory");
    CHECK_HAS(text, "the directory is known only when a launch is requested");
    sb_disconnect(client);
    directory_remove(data);
    CHECK_INT(broker_stop(&broker), 0);
}

static const char open_to_all[] = "{\"version\": 1, \"default\": \"allow\"}";
static const char closed[] = "{\"version\": 1, \"default\": \"deny\", \"rules\": [\n"
                             "{\"name\": \"closed\", \"action\": \"deny\", \"reason\": \"closed\"}]}";
#define CLOSED_SHA256 "2bce992606efae475d99cfd8f272de520a08aac1f82545f156e68df07bb4c5d9"
static const char wrong[] = "{\"version\": 1,\n  \"default\": \"perhaps\"}";

typedef struct json_writer {
    HANDLE file;
    volatile LONG stop;
    int writes;
} json_writer;

static unsigned __stdcall write_on(void *context) {
    json_writer *w = context;
    for (DWORD put; !w->stop && WriteFile(w->file, "x", 1, &put, NULL); w->writes++) Sleep(10);
    return 0;
}

/* Writes files in the directory all the time, as the audit of a busy broker does. */
static void reloads_while_another_file_changes(const test_broker *broker) {
    wchar_t path[MAX_PATH + 16];
    json_writer w = {0};
    check_about("reloading on change, while another file of the directory changes");
    swprintf(path, MAX_PATH + 16, L"%ls\\another", broker->data);
    w.file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_ALWAYS,
                         FILE_ATTRIBUTE_NORMAL | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (!CHECK(w.file != INVALID_HANDLE_VALUE)) return;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, write_on, &w, 0, NULL);
    policy_write(broker->data, closed);
    CHECK(policy_wait_rule(broker->pipe, "closed"));
    policy_write(broker->data, open_to_all);
    CHECK(policy_wait_rule(broker->pipe, "default"));
    InterlockedExchange(&w.stop, 1);
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK(w.writes > 0);
    CloseHandle(thread);
    CloseHandle(w.file);
}

/* Waits until status says that this keeps the broker from following policy.json; "": nothing. */
static bool wait_trouble(const wchar_t *pipe, const char *wanted) {
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    char text[8192], needle[128];
    snprintf(needle, sizeof needle, "\"policy_trouble\":\"%s%s", wanted, *wanted ? "" : "\"");
    do {
        if (!CHECK_INT(policy_spawnctl(pipe, L"status --json", text, sizeof text), 0)) return false;
        if (strstr(text, needle)) return true;
        Sleep(20);
    } while (!deadline_passed(deadline));
    printf("%s\n", text);
    return false;
}

static void reloads_of_a_file_that_is_gone(const test_broker *broker) {
    wchar_t path[MAX_PATH + 16], away[MAX_PATH + 16];
    char text[8192], rule[128], helper[MAX_PATH * 3];
    raw_spawn_text spawn_text;
    msg_spawn spawn = raw_spawn("exit:0", &spawn_text);
    snprintf(helper, sizeof helper, "%s", spawn.application);
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", broker->data);
    swprintf(away, MAX_PATH + 16, L"%ls\\policy.away", broker->data);

    check_about("a file that is gone: its policy stays in force");
    CHECK(MoveFileW(path, away));
    CHECK(wait_trouble(broker->pipe, "policy.json is gone"));
    CHECK(policy_rule_of(broker->pipe, helper, rule));
    CHECK_TEXT(rule, "closed");
    CHECK_INT(policy_spawnctl(broker->pipe, L"policy reload", text, sizeof text), 125);
    CHECK_HAS(text, "policy.json is gone");
    CHECK_INT(policy_spawnctl(broker->pipe, L"doctor", text, sizeof text), 3);
    CHECK_HAS(text, "policy.json is gone");

    check_about("a file that is there again");
    CHECK(MoveFileW(away, path));
    CHECK(wait_trouble(broker->pipe, ""));
    CHECK_INT(policy_spawnctl(broker->pipe, L"policy reload --none", text, sizeof text), 125);
    CHECK_HAS(text, "policy.json exists");

    check_about("status says which policy is in force, and since when");
    CHECK_INT(policy_spawnctl(broker->pipe, L"status", text, sizeof text), 0);
    CHECK_HAS(text, "\npolicy     policy.json, SHA-256 " CLOSED_SHA256 ", since 20");

    check_about("no file any more, as the administrator wants it");
    CHECK(DeleteFileW(path));
    CHECK_INT(policy_spawnctl(broker->pipe, L"policy reload --none", text, sizeof text), 0);
    CHECK(policy_wait_rule(broker->pipe, "default"));
    CHECK_INT(policy_spawnctl(broker->pipe, L"status", text, sizeof text), 0);
    CHECK_HAS(text, "\npolicy     the built-in one, since 20");
}

/* As a scanner does it, at the moment when the file has been written. */
static void reloads_of_a_file_that_is_held(const test_broker *broker) {
    wchar_t path[MAX_PATH + 16];
    DWORD put;
    check_about("a file that another process holds while it changes");
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", broker->data);
    HANDLE held = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (!CHECK(held != INVALID_HANDLE_VALUE)) return;
    CHECK(WriteFile(held, closed, sizeof closed - 1, &put, NULL));
    CHECK(wait_trouble(broker->pipe, "policy.json cannot be read"));
    CloseHandle(held);
    CHECK(policy_wait_rule(broker->pipe, "closed"));
    CHECK(wait_trouble(broker->pipe, ""));
}

void try_reloads(void) {
    test_broker broker;
    wchar_t data[MAX_PATH];
    char text[4096];
    check_about("a wrong policy at the start");
    if (!CHECK(directory_make_data(data, L"wrong")) || !policy_write(data, wrong)) return;
    CHECK_INT(broker_fail(data, text, sizeof text), 1);
    CHECK_HAS(text, "policy.json, line 2, column 3: default is neither");
    directory_remove(data);

    check_about("reloading on change");
    if (!policy_start(&broker, open_to_all)) return;
    CHECK(policy_wait_rule(broker.pipe, "default"));
    reloads_while_another_file_changes(&broker);
    policy_write(broker.data, closed);
    CHECK(policy_wait_rule(broker.pipe, "closed"));

    check_about("a wrong one keeps the old");
    policy_write(broker.data, wrong);
    CHECK_INT(policy_spawnctl(broker.pipe, L"policy reload", text, sizeof text), 125);
    CHECK_HAS(text, "line 2, column 3");
    CHECK(policy_wait_rule(broker.pipe, "closed"));

    check_about("spawnctl policy reload and explain");
    policy_write(broker.data, closed);
    CHECK_INT(policy_spawnctl(broker.pipe, L"policy reload", text, sizeof text), 0);
    CHECK_HAS(text, "reloaded: 1 rule");
    CHECK_INT(policy_spawnctl(broker.pipe, L"policy explain -- cmd.exe", text, sizeof text), 0);
    CHECK_HAS(text, "deny, by rule \"closed\": closed");
    CHECK_INT(policy_spawnctl(broker.pipe, L"policy explain --as SY --group BA --json -- cmd.exe", text,
                              sizeof text),
              0);
    CHECK_HAS(text, "\"decision\":\"deny\",\"rule\":\"closed\"");

    reloads_of_a_file_that_is_gone(&broker);
    reloads_of_a_file_that_is_held(&broker);
    CHECK_INT(broker_stop_said(&broker, text, sizeof text), 0);
    CHECK_HAS(text, "error 21: "); /* the Event Log has it too */
    CHECK(policy_count_in_audit(broker.data, "policy_refused", 14) > 0);
    directory_remove(broker.data);
}

void try_rights(void) {
    test_broker broker;
    child_result result;
    raw_audit audit;
    char text[4096];
    check_about("rights");
    if (!policy_start(&broker, "{\"version\": 1, \"default\": \"allow\", \"security\": \"D:(A;;0x2;;;WD)\"}"))
        return;
    sb_client *client = broker_connect(broker.pipe);
    helper_run(client, L"exit:0", NULL, 0, &result);
    CHECK_INT(result.err, DISABLED_BY_POLICY);
    CHECK(raw_audit_wait(broker.pipe, is_row, &(wanted_row){"security", "denied", false}));
    CHECK_INT(policy_spawnctl(broker.pipe, L"policy reload", text, sizeof text), 125);
    CHECK_HAS(text, "right to administer");
    CHECK_INT(policy_spawnctl(broker.pipe, L"policy explain --as SY cmd.exe", text, sizeof text), 125);
    CHECK_INT(policy_spawnctl(broker.pipe, L"kill 019a9c51-1f4e-7a9e-9c5f-0d6f3e0b7a11", text, sizeof text),
              125);
    CHECK_HAS(text, "right to launch");

    check_about("no right to read");
    policy_write(broker.data, "{\"version\": 1, \"default\": \"allow\", \"security\": \"D:(A;;0x1;;;WD)\"}");
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    do helper_run(client, L"exit:0", NULL, 0, &result);
    while (result.err && !deadline_passed(deadline));
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK(!raw_audit_read(broker.pipe, 0, 1, &audit));
    CHECK_INT(audit.reply.fault.kind, FAULT_DENIED);
    raw_audit_free(&audit);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}
