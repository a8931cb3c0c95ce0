/* Tests spawnctl as a user runs it: what it prints, and its exit codes. This program is also the child that
 * spawnctl runs. */
#include "tests/support/checks.h"
#include "tests/client/ctl_console.h"
#include "tests/client/ctl_runner.h"
#include "tests/support/harness.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static wchar_t self[MAX_PATH];

/* ---- the child ---- */

static void put(HANDLE file, const char *text) {
    DWORD written;
    WriteFile(file, text, (DWORD)strlen(text), &written, NULL);
}

/* Returns what a standard handle is: console, pipe, null, none or other. */
static const char *kind_of(DWORD std) {
    HANDLE handle = GetStdHandle(std);
    DWORD mode;
    if (!handle || handle == INVALID_HANDLE_VALUE) return "none";
    if (GetConsoleMode(handle, &mode)) return "console";
    return GetFileType(handle) == FILE_TYPE_PIPE   ? "pipe"
           : GetFileType(handle) == FILE_TYPE_CHAR ? "null"
                                                   : "other";
}

/* Prints what its standard handles are, and the line that it read, to both outputs. */
static int line_child(void) {
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE), output = GetStdHandle(STD_OUTPUT_HANDLE),
           error = GetStdHandle(STD_ERROR_HANDLE);
    char text[100], said[128];
    DWORD got = 0;
    snprintf(said, sizeof said, "ask: %s %s %s\r\n", kind_of(STD_INPUT_HANDLE), kind_of(STD_OUTPUT_HANDLE),
             kind_of(STD_ERROR_HANDLE));
    put(output, said);
    if (!ReadFile(input, text, sizeof text - 1, &got, NULL)) got = 0;
    text[got] = 0;
    text[strcspn(text, "\r\n")] = 0;
    snprintf(said, sizeof said, "out: %s\r\n", text);
    put(output, said);
    snprintf(said, sizeof said, "err: %s\r\n", text);
    put(error, said);
    return 7;
}

/* Leaves a child behind that has the standard handles. */
static int leaver(void) {
    wchar_t line[MAX_PATH + 16];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    for (int i = 0; i < 3; i++)
        SetHandleInformation(GetStdHandle(ids[i]), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    swprintf(line, MAX_PATH + 16, L"\"%ls\" sleep", self);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made)) return 1;
    put(GetStdHandle(STD_OUTPUT_HANDLE), "leaving\r\n");
    return 9;
}

/* "args" prints each argument in angle brackets. "log" writes to the handle of that name. "copy" copies input
 * to output. "line" calls line_child. "descriptor" prints what descriptor 3 holds. "sleep" waits as long as
 * any test. */
static int child(int argc, wchar_t **argv) {
    HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE), log;
    char text[500];
    if (!wcscmp(argv[1], L"leaver")) return leaver();
    if (argc > 3 && !wcscmp(argv[1], L"console")) return ctl_console_child(argv[2], argv[3], self);
    if (!wcscmp(argv[1], L"line")) return line_child();

    if (!wcscmp(argv[1], L"descriptor")) {
        int got_bytes = _read(3, text, sizeof text - 1);
        text[got_bytes > 0 ? got_bytes : 0] = 0;
        put(output, text);
        return 0;
    }

    if (!wcscmp(argv[1], L"log")) {
        if (!(log = sb_inherited_handle(L"log"))) return 3;
        put(log, "logged");
        return 0;
    }

    if (!wcscmp(argv[1], L"sleep")) Sleep(TEST_DEADLINE_MS);
    for (DWORD got; !wcscmp(argv[1], L"copy");) {
        if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, sizeof text - 1, &got, NULL) || !got) return 0;
        text[got] = 0;
        put(output, text);
    }

    for (int i = 2; i < argc; i++) {
        int length = WideCharToMultiByte(CP_UTF8, 0, argv[i], -1, text, sizeof text - 2, NULL, NULL);
        if (length) text[length - 1] = 0;
        put(output, "<");
        put(output, text);
        put(output, ">");
    }

    return 0;
}

/* ---- cases ---- */

static void results(void) {
    wchar_t helper[MAX_PATH];

    check_about("exit codes");
    CHECK_INT(run("", L"run -- cmd.exe /c exit 7"), 7);
    CHECK_INT(run("", L"run cmd.exe /c exit -1"), (DWORD)-1);
    CHECK_INT(run("", L"run -- no-such-program-here x"), 127);
    CHECK_HAS(err, "no-such-program-here.exe");
    CHECK_INT(run("", L"run -- C:\\windows\\win.ini"), 126);
    CHECK_INT(run("", L"run --cwd C:\\no\\such\\directory -- cmd.exe /c exit 0"), 125);
    CHECK_HAS(err, "C:\\no\\such\\directory");
    CHECK_INT(run("", L"run --handle a=C:\\no\\file -- cmd.exe"), 125);

    check_about("an exit code of Windows is explained");
    beside_program(helper, L"test_helper.exe");
    CHECK_INT(run("", L"run -- \"%ls\" exit:3221225794", helper), 0xC0000142);
    CHECK_HAS(err, "exited with 0xC0000142: a DLL failed to initialize");

    check_about("time-out");
    ULONGLONG start = GetTickCount64();
    CHECK_INT(run("", L"run --timeout 700ms -- cmd.exe /c ping -n 20 127.0.0.1 > NUL"), 124);
    CHECK(GetTickCount64() - start < 10000);

    check_about("JSON");
    CHECK_INT(run("", L"run --json -- cmd.exe /c exit 7"), 7);
    CHECK_TEXT(out, "");
    CHECK_HAS(err, "\"exit_code\":7,\"ended\":\"exited\"}\n");
    CHECK_INT(run("", L"run --json -- no-such-program-here"), 127);
    CHECK_HAS(err, "{\"error\":{\"code\":2,\"stage\":\"resolve\"");
}

static void passing(void) {
    wchar_t directory[MAX_PATH], helper[MAX_PATH];
    char text[100] = "";
    DWORD got = 0;

    check_about("arguments arrive as they are");
    CHECK_INT(run("", L"run -- \"%ls\" args plain \"a b\" \"\" \"q\\\"q\" \"end\\\\\" \\ \x00E9\x6F22", self),
              0);
    CHECK_TEXT(out, "<plain><a b><><q\"q><end\\><\\><\xC3\xA9\xE6\xBC\xA2>");

    check_about("standard handles");
    CHECK_INT(run("one\r\ntwo\r\n", L"run -- \"%ls\" copy", self), 0);
    CHECK_TEXT(out, "one\r\ntwo\r\n");
    CHECK_INT(run("", L"run -- cmd.exe /c \"echo to-out & echo to-err 1>&2\""), 0);
    CHECK_HAS(out, "to-out");
    CHECK_HAS(err, "to-err");

    check_about("environment and directory");
    CHECK_INT(run("", L"run --env SB_A=1 --env SB_A=2 --env SB_B= -- cmd.exe /c \"echo [%%SB_A%%] & cd\""),
              0);
    CHECK_HAS(out, "[2]");
    CHECK_INT(run("", L"run --cwd C:\\windows -- cmd.exe /c cd"), 0);
    CHECK_HAS(out, "C:\\windows");

    check_about("priority, processors, desktop and the rest");
    beside_program(helper, L"test_helper.exe");
    CHECK_INT(run("",
                  L"run --priority idle --affinity 0x1 --desktop WinSta0\\Default --mitigation 0x100000000,0 "
                  L"-- \"%ls\" priority affinity desktop",
                  helper),
              0);
    CHECK_TEXT(out, "40\n1\nWinSta0\\Default\n");
    CHECK_INT(run("", L"run --no-child-processes -- \"%ls\" plain", helper), 0);
    if (check_part("child_policy", on_wine() ? "Wine does not enforce a child process policy" : NULL))
        CHECK_HAS(out, "refused");
    CHECK_INT(
        run("",
            L"run --drop-privileges --deny-group S-1-5-32-544 --deny-group S-1-5-32-545 -- \"%ls\" privileges "
            L"group:S-1-5-32-545",
            helper),
        0);
    CHECK_TEXT(out, "SeChangeNotifyPrivilege\ndenies\n");
    CHECK_INT(run("", L"run --low-integrity --restricted -- \"%ls\" integrity restricted", helper),
              lax_tokens() ? 125 : 0);
    if (check_part("restricted", lax_tokens())) CHECK_TEXT(out, "1000\nrestricted\n");
    else CHECK_HAS(err, "did not apply this reduction");

    CHECK_INT(run("", L"run --affinity 0xFFFFFFFFFFFFFFFF -- \"%ls\" affinity", helper), 125);
    CHECK_HAS(err, "affinity 0xffffffffffffffff names processors");

    check_about("limits");
    CHECK_INT(run("",
                  L"run --limit memory=1G --limit process-memory=900M --limit processes=8 -- \"%ls\" plain",
                  helper),
              0);
    CHECK_TEXT(out, "launched\n");
    CHECK_INT(run("", L"run --limit processes=1 -- \"%ls\" plain", helper), 0);
    if (check_part("limits_enforced", on_wine() ? "Wine does not enforce the limits of a job" : NULL))
        CHECK_HAS(out, "refused");
    int code = run("", L"run --limit cpu=50 -- \"%ls\" exit:0", helper);
    if (!check_part("cpu_rate", on_wine() && code ? "Wine has no CPU rates" : NULL)) {
        CHECK_INT(code, 125);
        CHECK_HAS(err, "limits"); /* it came as far as the limits */
    } else CHECK_INT(code, 0);

    check_about("a handle");
    if (!CHECK(directory_make(directory, L"ctl"))) return;
    CHECK_INT(run("", L"run \"--handle=log=%ls\\a log.txt:w\" -- \"%ls\" log", directory, self), 0);
    beside_program(helper, L"test_spawnctl.exe");
    CHECK_INT(run("", L"run \"--handle=in@3=%ls\\a log.txt\" -- \"%ls\" descriptor", directory, helper), 0);
    CHECK_TEXT(out, "logged");
    wcscat(directory, L"\\a log.txt");
    HANDLE file = CreateFileW(directory, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && ReadFile(file, text, sizeof text - 1, &got, NULL));
    CHECK_TEXT(text, "logged");
    CloseHandle(file);
    *wcsrchr(directory, L'\\') = 0;
    directory_remove(directory);
}

/* Checks what ps prints while a child runs. */
static void live_child(const wchar_t *pipe) {
    wchar_t line[MAX_PATH + 16];
    char id[16];
    sb_process process;
    sb_client *client = broker_connect(pipe);
    swprintf(line, MAX_PATH + 16, L"\"%ls\" sleep", self);
    sb_spawn_options options = {.size = sizeof options, .command_line = line, .lifetime = SB_LIFETIME_BROKER};
    if (CHECK(client) && CHECK_INT(sb_spawn(client, &options, &process, NULL), ERROR_SUCCESS)) {
        snprintf(id, sizeof id, "%lu", process.process_id);
        CHECK_INT(run("", L"ps"), 0);
        CHECK_HAS(out, id);
        CHECK_HAS(out, "test_spawnctl.exe");
        CHECK_INT(run("", L"ps --json"), 0);
        CHECK_HAS(out, process.launch_id);
        TerminateProcess(process.process, 0);
        sb_process_close(&process);
    }
    sb_disconnect(client);
}

static void showing(const wchar_t *pipe) {
    check_about("status and ps");
    CHECK_INT(run("", L"status"), 0);
    CHECK_HAS(out, "SINCE START");
    CHECK_INT(run("", L"status --json"), 0);
    CHECK_HAS(out, "\"launches_started\":");
    live_child(pipe);
    check_about("the audit, with text that would take over a terminal");
    CHECK_INT(run("", L"run -- cmd.exe /c rem first"), 0);
    CHECK_INT(run("", L"run -- cmd.exe /c rem \x1B[31m \x202E last"), 0);
    CHECK_INT(run("", L"audit list -n 3"), 0);
    CHECK_HAS(out, "\\x1b[31m \\u202e last");
    CHECK(!strchr(out, 0x1B) && !strstr(out, "\xE2\x80\xAE"));
    const char *first = strstr(out, "first"), *last = strstr(out, "last");
    CHECK(first && last && last < first); /* the newest comes first */
    CHECK_INT(run("", L"audit list -n 1 --json"), 0);
    CHECK_HAS(out, "{\"launches\":[{\"launch_id\":");
}

/* A policy names folders as this machine has them. */
static void folders(void) {
    static const char *const names[] = {"SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramData"};
    wchar_t directory[MAX_PATH];
    char text[256];

    check_about("folders in a policy");
    if (!CHECK(directory_make(directory, L"policy"))) return;
    wcscat(directory, L"\\policy.json");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int length =
            snprintf(text, sizeof text,
                     "{\"version\":1,\"default\":\"deny\",\"rules\":[{\"name\":\"one\",\"action\":\"allow\","
                     "\"program\":{\"path\":[\"%%%s%%\\\\**\\\\*.exe\"]}}]}",
                     names[i]);
        CHECK(file_write(directory, text, (size_t)length));
        CHECK_INT(run("", L"policy check --json \"%ls\"", directory), 0);
        CHECK_TEXT(out, "{\"good\":true,\"rules\":1,\"warnings\":[]}\n");
    }
    *wcsrchr(directory, L'\\') = 0;
    directory_remove(directory);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    GetModuleFileNameW(NULL, self, MAX_PATH);
    if (argc > 1) return child(argc, argv);
    folders();
    if (!broker_start(&broker, NULL)) return 1;
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", broker.pipe);
    results();
    passing();
    showing(broker.pipe);
    ctl_console(broker.pipe, self);
    CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}
