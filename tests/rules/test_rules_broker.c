/* The product on machines that the one of the tests is not (tests/rules/machine.c): what a user sees there.
 */
#include "tests/rules/rules.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"
#include "tests/support/tool.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { SERVED_MS = 20000, LIMIT_MS = 1500 };

static wchar_t ctl[MAX_PATH], helper[MAX_PATH], directory[MAX_PATH];
static test_broker broker;

/* Starts a broker on a machine on which the variable says so. */
static bool start_where(const char *about, const wchar_t *variable, const wchar_t *value) {
    check_about(about);
    if (variable) SetEnvironmentVariableW(variable, value);
    bool started = broker_start(&broker, NULL);
    if (variable) SetEnvironmentVariableW(variable, NULL);
    return started;
}

static DWORD launch(const wchar_t *program, const wchar_t *rest) {
    return tool_run(program, L"run --pipe %ls %ls", broker.pipe, rest);
}

/* A launch of the helper, which ends with 7. */
static void served(void) {
    wchar_t rest[2 * MAX_PATH];
    swprintf(rest, 2 * MAX_PATH, L"-- \"%ls\" exit:7", helper);
    int64_t begun = ticks_us();
    if (!CHECK_INT(launch(ctl, rest), 7)) printf("  %s\n", tool_err);
    CHECK(ticks_us() - begun < INT64_C(1000) * SERVED_MS);
}

static void stop(void) {
    int64_t begun = ticks_us();
    CHECK_INT(broker_stop(&broker), 0);
    CHECK(ticks_us() - begun < INT64_C(1000) * SERVED_MS);
}

/* ---- 6: a service's account ---- */

/* In a process that has not loaded user32, as most of services. Returns the exit code of its child. */
static int call(const wchar_t *pipe) {
    const sb_connect_options connect = {.size = sizeof connect, .pipe_name = pipe};
    const sb_spawn_options options = {
        .size = sizeof options, .application = helper, .command_line = L"test_helper.exe exit:7"};
    sb_client *client = NULL;
    sb_process process = {0};
    sb_error error = {0};
    DWORD code = 0;
    DWORD err = sb_connect(&connect, &client, &error);
    if (!err) err = sb_spawn(client, &options, &process, &error);
    if (err) {
        printf("  %ls\n", error.message);
        return 1;
    }
    WaitForSingleObject(process.process, TEST_DEADLINE_MS);
    GetExitCodeProcess(process.process, &code);
    sb_process_close(&process);
    sb_disconnect(client);
    return (int)code;
}

static void services(void) {
    wchar_t rest[2 * MAX_PATH], self[MAX_PATH];
    if (!start_where("a caller in session 0, which has no desktop to name", NULL, NULL)) return;
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, L"service");
    served();
    GetModuleFileNameW(NULL, self, MAX_PATH);
    if (!CHECK_INT(tool_run(self, L"call %ls", broker.pipe), 7)) printf("  %s\n", tool_out);
    check_about("one that names a desktop that it cannot open");
    swprintf(rest, 2 * MAX_PATH, L"--desktop WinSta0\\Default -- \"%ls\" exit:7", helper);
    CHECK_INT(launch(ctl, rest), STATUS_DLL_INIT_FAILED);
    CHECK_HAS(tool_err, "window station or desktop");
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, NULL);
    stop();
}

/* ---- 13: a program whose open waits ---- */

typedef struct slow_launch {
    wchar_t rest[2 * MAX_PATH];
    DWORD code;
} slow_launch;

/* tool_run is for one thread at a time. */
static DWORD WINAPI launch_slow(void *context) {
    slow_launch *s = context;
    wchar_t line[4 * MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    s->code = 99;
    swprintf(line, 4 * MAX_PATH, L"\"%ls\" run --pipe %ls %ls", ctl, broker.pipe, s->rest);
    if (!CreateProcessW(ctl, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &start, &made)) return 1;
    WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS);
    GetExitCodeProcess(made.hProcess, &s->code);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return 0;
}

static void slow_programs(void) {
    enum { SLOW = 4, TIMED_OUT = 124 };
    static slow_launch slow[SLOW];
    HANDLE threads[SLOW];
    wchar_t tool[2 * MAX_PATH];
    swprintf(tool, 2 * MAX_PATH, L"%ls\\slow.exe", directory);
    CHECK(CopyFileW(helper, tool, FALSE));
    if (!start_where("programs whose open waits end at their time limit", RULES_SLOW_VARIABLE, tool)) return;
    int64_t begun = ticks_us();
    for (int i = 0; i < SLOW; i++) {
        swprintf(slow[i].rest, 2 * MAX_PATH, L"--timeout %dms -- \"%ls\" exit:7", LIMIT_MS, tool);
        threads[i] = CreateThread(NULL, 0, launch_slow, &slow[i], 0, NULL);
    }
    served(); /* meanwhile */
    WaitForMultipleObjects(SLOW, threads, TRUE, TEST_DEADLINE_MS);
    CHECK(ticks_us() - begun < INT64_C(1000) * (LIMIT_MS + SERVED_MS));
    for (int i = 0; i < SLOW; i++) {
        CHECK_INT(slow[i].code, TIMED_OUT);
        CloseHandle(threads[i]);
    }
    served();
    stop();
}

/* ---- 14: a 32-bit caller ---- */

static void wow64(void) {
    wchar_t windows[MAX_PATH], rest[2 * MAX_PATH];
    GetSystemWindowsDirectoryW(windows, MAX_PATH);
    if (!start_where("a 32-bit caller launches a 64-bit program", NULL, NULL)) return;
    SetEnvironmentVariableW(RULES_WOW64_VARIABLE, L"1");
    swprintf(rest, 2 * MAX_PATH, L"-- %ls\\Sysnative\\cmd.exe /c exit 7", windows);
    if (!CHECK_INT(launch(ctl, rest), 7)) printf("  %s\n", tool_err);
    check_about("and the 32-bit one of that name");
    swprintf(rest, 2 * MAX_PATH, L"-- %ls\\System32\\cmd.exe /c exit 7", windows);
    launch(ctl, rest);
    SetEnvironmentVariableW(RULES_WOW64_VARIABLE, NULL);
    CHECK_INT(tool_run(ctl, L"audit list --pipe %ls --fields application", broker.pipe), 0);
    CHECK_HAS(tool_out, "System32\\cmd.exe");
    CHECK_HAS(tool_out, "SysWOW64\\cmd.exe");
    stop();
}

/* ---- 15: a volume without a letter ---- */

static void volumes(void) {
    static const char policy[] =
        "{\"version\": 1, \"default\": \"deny\", \"rules\": [{\"name\": \"x\", "
        "\"action\": \"allow\", \"program\": {\"path\": [\"C:\\\\**\\\\tool.exe\"]}, "
        "\"caller\": {\"image\": [\"C:\\\\**\\\\ctl.exe\"]}}]}";
    wchar_t tool[2 * MAX_PATH], caller[2 * MAX_PATH], data[2 * MAX_PATH], rest[4 * MAX_PATH];
    swprintf(tool, 2 * MAX_PATH, L"%ls\\tool.exe", directory);
    swprintf(caller, 2 * MAX_PATH, L"%ls\\ctl.exe", directory);
    swprintf(data, 2 * MAX_PATH, L"%ls\\policy.json", directory);
    if (!CHECK(directory[0] == L'C') || !CHECK(CopyFileW(helper, tool, FALSE)) ||
        !CHECK(CopyFileW(ctl, caller, FALSE)) || !CHECK(file_write(data, policy, sizeof policy - 1)))
        return;
    if (!start_where("a caller and a program on a volume that the mount manager does not know",
                     RULES_VOLUMES_VARIABLE, L"C"))
        return;
    swprintf(data, 2 * MAX_PATH, L"%ls\\policy.json", broker.data);
    CHECK(file_write(data, policy, sizeof policy - 1));
    CHECK_INT(tool_run(ctl, L"policy reload --pipe %ls", broker.pipe), 0);
    swprintf(rest, 4 * MAX_PATH, L"-- \"%ls\" exit:7", tool);
    if (!CHECK_INT(launch(caller, rest), 7)) printf("  %s\n", tool_err);
    check_about("which a rule still tells from others");
    swprintf(rest, 4 * MAX_PATH, L"-- \"%ls\" exit:7", helper);
    CHECK(launch(caller, rest) != 7);
    stop();
}

/* ---- 24 and 26 ---- */

static void times(void) {
    if (start_where("a machine that boots: there is no Event Log yet", RULES_BOOT_VARIABLE, L"1")) {
        served();
        stop();
    }
    if (start_where("a clock that was set back: callers are from the future", RULES_CLOCK_VARIABLE,
                    L"-3600")) {
        served();
        stop();
    }
    if (start_where("no domain controller answers: a name takes half a minute", RULES_ACCOUNTS_VARIABLE,
                    L"30000")) {
        served();
        served();
        stop();
    }
}

int wmain(int argc, wchar_t **argv) {
    beside_program(ctl, L"spawnctl.exe");
    beside_program(helper, L"test_helper.exe");
    if (argc > 2) return call(argv[2]);
    if (!check_part("machines", rules_enforce(RULES_ALL) ? NULL : "only the layer makes such machines") ||
        !CHECK(directory_make(directory, L"machines")))
        return check_report();
    services();
    slow_programs();
    wow64();
    volumes();
    times();
    directory_remove(directory);
    return check_report();
}
