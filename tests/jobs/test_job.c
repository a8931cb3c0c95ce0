/* A child and its descendants form one job: spawnctl kill terminates them together, and limits hold for all.
 */
#include "tests/jobs/jobs.h"

#include <stdio.h>
#include <string.h>
#include <tlhelp32.h>
#include <wchar.h>

enum { LINE = 1024 };

/* The id of a process whose parent is pid; 0: none. */
static DWORD child_of(DWORD pid) {
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    DWORD found = 0;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    for (BOOL more = Process32FirstW(all, &entry); more && !found; more = Process32NextW(all, &entry))
        if (entry.th32ParentProcessID == pid && !_wcsicmp(entry.szExeFile, L"test_helper.exe"))
            found = entry.th32ProcessID;
    CloseHandle(all);
    return found;
}

static bool has_child(void *context) {
    return child_of(*(const DWORD *)context) != 0;
}

DWORD job_spawnctl(const wchar_t *pipe, const wchar_t *arguments) {
    wchar_t program[MAX_PATH], line[LINE];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    DWORD code = STILL_ACTIVE;
    beside_program(program, L"spawnctl.exe");
    swprintf(line, LINE, L"spawnctl --pipe %ls %ls", pipe, arguments);
    if (!CHECK(
            CreateProcessW(program, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &start, &process)))
        return code;
    CHECK_INT(WaitForSingleObject(process.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(process.hProcess, &code);
    if (code == STILL_ACTIVE) TerminateProcess(process.hProcess, 1);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    return code;
}

/* Launches a child that starts another and waits for it; both hold the writing end of output. */
static bool start_tree(sb_client *client, sb_lifetime lifetime, sb_process *ret, HANDLE *ret_output) {
    wchar_t line[LINE], helper[MAX_PATH];
    HANDLE read_end, write_end;
    sb_error error;
    beside_program(helper, L"test_helper.exe");
    swprintf(line, LINE, L"cmd.exe /c \"\"%ls\" sleep:600000\"", helper);
    if (!CHECK(CreatePipe(&read_end, &write_end, NULL, 0))) return false;
    sb_spawn_options options = {
        .size = sizeof options, .command_line = line, .std_output = write_end, .lifetime = lifetime};
    DWORD err = sb_spawn(client, &options, ret, &error);
    CloseHandle(write_end);
    if (!CHECK_INT(err, ERROR_SUCCESS)) {
        printf("%ls\n", error.message);
        CloseHandle(read_end);
        return false;
    }
    *ret_output = read_end;
    return CHECK(poll_until(has_child, &ret->process_id, TEST_DEADLINE_MS));
}

static void kill_tree(const test_broker *broker, sb_client *client, sb_lifetime lifetime, bool by_launch) {
    sb_process process;
    HANDLE output;
    DWORD code = STILL_ACTIVE;
    char text[64];
    wchar_t arguments[128];
    if (!start_tree(client, lifetime, &process, &output)) return;
    if (by_launch) swprintf(arguments, 128, L"kill %hs", process.launch_id);
    else swprintf(arguments, 128, L"kill %lu", process.process_id);
    CHECK_INT(job_spawnctl(broker->pipe, arguments), 0);
    CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(process.process, &code);
    CHECK_INT(code, 1);
    /* The pipe ends only when no process of the tree holds it. */
    CHECK(read_to_end(output, text, sizeof text, TEST_DEADLINE_MS));
    CloseHandle(output);
    CHECK_INT(job_spawnctl(broker->pipe, arguments), 125); /* no such child is left */
    sb_process_close(&process);
}

/* The child ends and its own child continues; both belong to the launch. Then the caller ends. */
static void descendants(const test_broker *broker) {
    sb_process process;
    HANDLE output;
    char text[64];
    sb_client *client = broker_connect(broker->pipe);
    if (!CHECK(client != NULL) || !start_tree(client, SB_LIFETIME_BROKER, &process, &output)) return;
    CHECK(TerminateProcess(process.process, 9));
    CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK(!read_to_end(output, text, sizeof text,
                       1500)); /* longer than the broker takes to look for callers that ended */
    wchar_t arguments[128];
    swprintf(arguments, 128, L"kill %hs", process.launch_id);
    CHECK_INT(job_spawnctl(broker->pipe, arguments), 0);
    CHECK(read_to_end(output, text, sizeof text, TEST_DEADLINE_MS));
    CloseHandle(output);
    sb_process_close(&process);
    sb_disconnect(client);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    (void)argc, (void)argv;
    if (!broker_start(&broker, NULL)) return 2;
    sb_client *client = broker_connect(broker.pipe);
    if (!client) return 2;

    check_about("kill by process id");
    kill_tree(&broker, client, SB_LIFETIME_CALLER, false);

    check_about("kill by launch");
    kill_tree(&broker, client, SB_LIFETIME_BROKER, true);

    check_about("kill of a detached child");
    kill_tree(&broker, client, SB_LIFETIME_DETACHED, true);

    check_about("descendants of a child that has ended");
    descendants(&broker);

    check_about("no such child");
    CHECK_INT(job_spawnctl(broker.pipe, L"kill 3"), 125);
    job_limits(&broker, client);
    job_nested(&broker, client);
    job_within(&broker, client);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
    job_ends();

    return check_report();
}
