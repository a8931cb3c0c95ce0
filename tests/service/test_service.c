/* Runs the broker as a service: registers, starts, uses, stops and deletes it through the service manager. */
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

#include <stdio.h>
#include <wchar.h>

typedef struct service_wait {
    SC_HANDLE service;
    DWORD wanted;
    SERVICE_STATUS_PROCESS status;
} service_wait;

static bool has_state(void *context) {
    service_wait *w = context;
    DWORD length;
    return QueryServiceStatusEx(w->service, SC_STATUS_PROCESS_INFO, (BYTE *)&w->status, sizeof w->status,
                                &length) &&
           w->status.dwCurrentState == w->wanted;
}

static bool wait_state(SC_HANDLE service, DWORD wanted, SERVICE_STATUS_PROCESS *ret) {
    service_wait w = {.service = service, .wanted = wanted};
    bool there = poll_until(has_state, &w, TEST_DEADLINE_MS);
    *ret = w.status;
    return there;
}

static void use(const wchar_t *pipe) {
    child_result result;
    sb_client *client = broker_connect(pipe);
    if (!CHECK(client != NULL)) return;
    helper_run(client, L"echo:from.a.service exit:6", NULL, 0, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_TEXT(result.output, "from.a.service\n");
    CHECK_INT(result.exit_code, 6);
    sb_disconnect(client);
}

static void run(SC_HANDLE service, const wchar_t *pipe) {
    SERVICE_STATUS_PROCESS status;
    SERVICE_STATUS last;
    DWORD code = STILL_ACTIVE;

    check_about("start");
    if (!CHECK(StartServiceW(service, 0, NULL))) {
        printf("error %lu\n", GetLastError());
        return;
    }

    CHECK(wait_state(service, SERVICE_RUNNING, &status));
    CHECK(status.dwControlsAccepted & SERVICE_ACCEPT_STOP);
    HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, status.dwProcessId);
    CHECK(process != NULL);

    check_about("use");
    use(pipe);

    check_about("stop");
    CHECK(ControlService(service, SERVICE_CONTROL_STOP, &last));
    CHECK(wait_state(service, SERVICE_STOPPED, &status));
    CHECK_INT(status.dwWin32ExitCode, NO_ERROR);

    if (process) {
        CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CHECK(GetExitCodeProcess(process, &code));
        CHECK_INT(code, 0);
        CloseHandle(process);
    }
}

int wmain(int argc, wchar_t **argv) {
    wchar_t name[64], pipe[64], data[MAX_PATH], program[MAX_PATH], line[3 * MAX_PATH];
    (void)argc, (void)argv;
    swprintf(name, 64, L"SpawnBrokerTest%lu", GetCurrentProcessId());
    swprintf(pipe, 64, L"sb-service-%lu", GetCurrentProcessId());
    beside_program(program, L"spawnbroker.exe");
    CHECK(directory_make_data(data, L"service"));
    swprintf(line, sizeof line / sizeof *line, L"\"%ls\" --pipe %ls --data \"%ls\"", program, pipe, data);

    check_about("register");
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE | SC_MANAGER_CONNECT);
    if (!manager && GetLastError() == ERROR_ACCESS_DENIED) {
        printf("not an administrator: not checked\n");
        return check_report();
    }
    CHECK(manager != NULL);
    SC_HANDLE service =
        CreateServiceW(manager, name, L"Spawn Broker test", SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                       SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
    if (CHECK(service != NULL)) {
        run(service, pipe);
        check_about("delete");
        CHECK(DeleteService(service));
        CloseServiceHandle(service);
    }
    if (manager) CloseServiceHandle(manager);
    directory_remove(data);
    return check_report();
}
