/* The modes of a client. SB_MODE_AUTO is local only where neither a broker nor a service exists; when a
 * broker denies, it does not become local. And the lifetimes of SB_MODE_LOCAL. */
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LINE = 1024 };

#define SERVICE L"SpawnBroker"

static DWORD open_client(const wchar_t *pipe, sb_mode mode, sb_client **ret, sb_error *error) {
    const sb_connect_options options = {
        .size = sizeof options, .pipe_name = pipe, .mode = mode, .timeout_ms = 2000};
    *ret = NULL;
    return sb_connect(&options, ret, error);
}

static void fails(const wchar_t *pipe, sb_mode mode, DWORD code, sb_stage stage_wanted) {
    sb_client *client;
    sb_error error = {0};
    CHECK_INT(open_client(pipe, mode, &client, &error), code);
    CHECK_INT(error.stage, stage_wanted);
    CHECK(!client && error.message[0]);
    sb_disconnect(client);
}

/* A launch has a record only if a broker did it. */
static void launches(sb_client *client, bool by_broker) {
    child_result result;
    helper_run(client, L"echo:here exit:4", NULL, 0, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 4);
    CHECK_TEXT(result.output, "here\n");
    CHECK_INT(strlen(result.launch_id), by_broker ? 36 : 0);
}

static void with_broker(void) {
    test_broker broker;
    sb_client *client;
    child_result result;
    check_about("auto, where a broker serves: the broker");
    if (!CHECK(broker_start(&broker, NULL))) return;
    if (CHECK_INT(open_client(broker.pipe, SB_MODE_AUTO, &client, NULL), ERROR_SUCCESS))
        launches(client, true);
    check_about("auto, when the broker has gone: an error, and not the local mode");
    CHECK_INT(broker_stop(&broker), 0);
    helper_run(client, L"exit:0", NULL, 0, &result);
    CHECK(result.err != ERROR_SUCCESS);
    sb_disconnect(client);
}

static void with_refusing_broker(void) {
    static const char policy[] = "{\"version\":1,\"default\":\"deny\",\"rules\":[]}";
    wchar_t data[MAX_PATH], path[MAX_PATH + 16];
    test_broker broker;
    sb_client *client;
    child_result result;
    check_about("auto, where the broker's policy refuses: refused");
    if (!CHECK(directory_make_data(data, L"modes"))) return;
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data);
    CHECK(file_write(path, policy, sizeof policy - 1));
    if (!CHECK(broker_start(&broker, data))) return;
    if (CHECK_INT(open_client(broker.pipe, SB_MODE_AUTO, &client, NULL), ERROR_SUCCESS)) {
        helper_run(client, L"exit:0", NULL, 0, &result);
        CHECK_INT(result.err, ERROR_ACCESS_DISABLED_BY_POLICY);
        CHECK_INT(result.error.stage, SB_STAGE_DECIDE);
    }
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

/* Makes one instance whose owner is not trusted. */
static void with_strange_server(void) {
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    wchar_t name[64], path[96];

    check_about("auto, where a stranger serves: not to be trusted");
    swprintf(name, 64, L"sb-modes-strange-%lu", GetCurrentProcessId());
    swprintf(path, 96, L"\\\\.\\pipe\\%ls", name);
    if (!CHECK(ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"O:WDG:WDD:(A;;GA;;;WD)", SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL)))
        return;

    HANDLE pipe = CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 4096,
                                   4096, 0, &attributes);
    if (pipe == INVALID_HANDLE_VALUE) {
        printf("  such a pipe cannot be made here (error %lu): not checked\n", GetLastError());
    } else {
        fails(name, SB_MODE_AUTO, ERROR_INVALID_OWNER, SB_STAGE_VERIFY);
        check_about("auto, where the only instance is taken: busy");
        fails(name, SB_MODE_AUTO, ERROR_SEM_TIMEOUT, SB_STAGE_CONNECT);
        CloseHandle(pipe);
    }
    LocalFree(attributes.lpSecurityDescriptor);
}

/* Whether the service exists; more: a manager that can make one, or NULL. */
static SC_HANDLE manager_open(bool *ret_installed) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE | SC_MANAGER_CONNECT);
    SC_HANDLE any = manager ? manager : OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = any ? OpenServiceW(any, SERVICE, SERVICE_QUERY_STATUS) : NULL;
    *ret_installed = service != NULL;
    if (service) CloseServiceHandle(service);
    if (any && any != manager) CloseServiceHandle(any);
    return manager;
}

static void with_stopped_service(SC_HANDLE manager, const wchar_t *nobody) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 4];
    check_about("auto, where the service is registered and does not run: no broker, and not the local mode");
    beside_program(program, L"spawnbroker.exe");
    swprintf(line, MAX_PATH + 4, L"\"%ls\"", program);
    SC_HANDLE service =
        CreateServiceW(manager, SERVICE, L"Spawn Broker test", SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                       SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
    if (!CHECK(service != NULL)) return;
    fails(nobody, SB_MODE_AUTO, ERROR_FILE_NOT_FOUND, SB_STAGE_CONNECT);
    CHECK(DeleteService(service));
    CloseServiceHandle(service);
}

static void without_broker(void) {
    sb_client *client;
    wchar_t nobody[64];
    bool installed;

    swprintf(nobody, 64, L"sb-modes-nobody-%lu", GetCurrentProcessId());
    SC_HANDLE manager = manager_open(&installed);

    check_about("broker, where there is none");
    fails(nobody, SB_MODE_BROKER, ERROR_FILE_NOT_FOUND, SB_STAGE_CONNECT);

    check_about("a mode that is none");
    fails(nobody, (sb_mode)3, ERROR_INVALID_PARAMETER, SB_STAGE_NONE);
    if (installed) {
        printf("  the service is installed here: what is without one is not checked\n");
        fails(nobody, SB_MODE_AUTO, ERROR_FILE_NOT_FOUND, SB_STAGE_CONNECT);
    } else {
        check_about("auto, where there is neither broker nor service: local");
        if (CHECK_INT(open_client(nobody, SB_MODE_AUTO, &client, NULL), ERROR_SUCCESS))
            launches(client, false);
        sb_disconnect(client);
        if (manager) with_stopped_service(manager, nobody);
        else printf("  not an administrator: a stopped service is not checked\n");
    }
    if (manager) CloseServiceHandle(manager);
}

/* ---- lifetimes without a broker ---- */

static void lifetimes(void) {
    wchar_t line[LINE];
    char message[600];
    sb_client *client;
    sb_error error;
    sb_process process;
    if (!CHECK_INT(open_client(NULL, SB_MODE_LOCAL, &client, NULL), ERROR_SUCCESS)) return;

    check_about("local, with the caller: ends when the caller has ended");
    HANDLE child = helper_orphan(client, L"local", L"caller");
    if (child) CHECK_INT(WaitForSingleObject(child, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    if (child) CloseHandle(child);

    check_about("local, detached: goes on when the client is closed");
    sb_spawn_options options = helper_options(L"sleep:600000", line, LINE);
    options.lifetime = SB_LIFETIME_BROKER;
    CHECK_INT(sb_spawn(client, &options, &process, &error), ERROR_NOT_SUPPORTED);
    snprintf(message, sizeof message, "%ls", error.message);
    CHECK_HAS(message, "lifetime");
    options.lifetime = SB_LIFETIME_DETACHED;

    if (CHECK_INT(sb_spawn(client, &options, &process, &error), ERROR_SUCCESS)) {
        sb_disconnect(client);
        client = NULL;
        CHECK_INT(WaitForSingleObject(process.process, 500), WAIT_TIMEOUT);
        CHECK(TerminateProcess(process.process, 1));
        sb_process_close(&process);
    }
    sb_disconnect(client);
}

/* The caller is created here: no job terminates it. */
static void detached_outlives(void) {
    wchar_t program[MAX_PATH], line[LINE];
    char text[32] = "";
    HANDLE reading, writing, child = NULL;
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;

    check_about("local, detached: goes on when the caller has ended");
    beside_program(program, L"test_helper.exe");
    swprintf(line, LINE, L"\"%ls\" launch:local:detached", program);
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    SetHandleInformation(writing, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    start.hStdOutput = writing;

    if (CHECK(CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &made))) {
        CloseHandle(writing);
        writing = NULL;
        CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
        CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        child = OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, strtoul(text, NULL, 10));
        if (CHECK(child != NULL)) {
            CHECK_INT(WaitForSingleObject(child, 500), WAIT_TIMEOUT);
            CHECK(TerminateProcess(child, 1));
            CloseHandle(child);
        }
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    if (writing) CloseHandle(writing);
    CloseHandle(reading);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    without_broker();
    with_broker();
    with_refusing_broker();
    with_strange_server();
    lifetimes();
    detached_outlives();
    return check_report();
}
