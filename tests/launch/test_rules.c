/* The rules of Windows that Wine does not enforce (docs/windows-quirks.md). Each is broken on purpose, and
 * our own check must fail. Without the check, Windows would reject the call; Wine would let it succeed. */
#include "service/win32/attest.h"
#include "service/win32/launch.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/harness.h"
#include "tests/support/raw.h"
#include "tests/launch/rules.h"
#include "service/win32/stack.h"

#include <process.h>
#include <psapi.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};

void rule_make(rule *r, const HANDLE *handles, size_t count) {
    beside_program(r->image, L"test_helper.exe");
    swprintf(r->line, 64, L"test_helper.exe exit:0");
    r->spec = (create_spec){.image = r->image,
                            .command_line = r->line,
                            .handles = handles,
                            .handle_count = count,
                            .flags = CREATE_NO_WINDOW};
}

void rule_end(PROCESS_INFORMATION *child) {
    TerminateProcess(child->hProcess, 0);
    CHECK_INT(WaitForSingleObject(child->hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(child->hProcess);
    CloseHandle(child->hThread);
}

/* The list must be rejected, with these words. */
static void refused(const char *about, rule *r, const char *words) {
    PROCESS_INFORMATION child = {0};
    const char *what = "";
    check_about(about);
    DWORD err = create_suspended(&r->spec, &child, &what);
    CHECK_INT(err, ERROR_INVALID_PARAMETER);
    CHECK_HAS(what, words);
    CHECK(child.hProcess == NULL);
    if (!err) rule_end(&child);
}

static void bad_lists(void) {
    HANDLE good = CreateEventW(&inheritable, TRUE, FALSE, NULL),
           private = CreateEventW(NULL, TRUE, FALSE, NULL);
    const HANDLE null[] = {good, NULL}, twice[] = {good, good}, kept[] = {good, private};
    rule r;

    rule_make(&r, null, 2);
    refused("NULL in the list", &r, "NULL or pseudo");
    for (LONG_PTR value = -1; value >= -6; value--) {
        const HANDLE pseudo[] = {(HANDLE)value, good};
        rule_make(&r, pseudo, 2);
        refused("a pseudo handle in the list", &r, "NULL or pseudo");
    }

    rule_make(&r, twice, 2);
    refused("a handle twice", &r, "twice");
    rule_make(&r, kept, 2);
    refused("a handle that is not inheritable", &r, "not inheritable");
    rule_make(&r, &good, 1);
    r.spec.std[1] = private;
    refused("a standard handle that is not in the list", &r, "standard handle");
    CloseHandle(good);
    CloseHandle(private);
}

/* Creates a child with one list and attests it against another. */
static fault_kind attest(const HANDLE *given, size_t given_count, const HANDLE *expected,
                         size_t expected_count, fault *why) {
    PROCESS_INFORMATION child = {0};
    const char *what = "";
    rule r;
    rule_make(&r, given, given_count);
    DWORD err = create_suspended(&r.spec, &child, &what);
    if (!CHECK_INT(err, ERROR_SUCCESS)) return FAULT_INTERNAL;
    child_handle wanted[4];
    for (size_t i = 0; i < expected_count; i++) wanted[i] = (child_handle){expected[i], expected[i], 0};
    fault_kind kind = attest_child(child.hProcess, child.dwProcessId, wanted, expected_count, why);
    rule_end(&child);
    return kind;
}

/* Plants an inheritable handle in this process first: the child would inherit it if a list were empty or not
 * applied. */
static void attestation(void) {
    HANDLE planted = CreateEventW(&inheritable, TRUE, FALSE, NULL),
           a = CreateEventW(&inheritable, TRUE, FALSE, NULL),
           b = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    const HANDLE both[] = {a, b};
    fault why;

    check_about("exactly the list");
    CHECK_INT(attest(both, 2, both, 2, &why), FAULT_NONE);

    check_about("no handles: nothing is inherited");
    CHECK_INT(attest(NULL, 0, NULL, 0, &why), FAULT_NONE);

    check_about("was not requested");
    CHECK_INT(attest(both, 2, both, 1, &why), FAULT_LAUNCH_FAILED);
    CHECK_INT(why.stage, STAGE_ATTEST);
    CHECK_HAS(why.message, "was not requested");

    check_about("one too few");
    CHECK_INT(attest(both, 1, both, 2, &why), FAULT_LAUNCH_FAILED);
    CHECK_HAS(why.message, "1 of 2");
    CloseHandle(planted);
    CloseHandle(a);
    CloseHandle(b);
}

/* The value is right, but the object is another one: as if, between creation and attestation, the handle had
 * been closed and its value used again. */
static void another_object(void) {
    HANDLE a = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    HANDLE value = a;
    PROCESS_INFORMATION child = {0};
    const char *what = "";
    fault why;
    rule r;

    check_about("the same number, another object");
    rule_make(&r, &a, 1);
    if (!CHECK_INT(create_suspended(&r.spec, &child, &what), ERROR_SUCCESS)) return;
    HANDLE other = CreateEventW(&inheritable, TRUE, FALSE, NULL), moved = NULL;
    CloseHandle(a);

    /* The lowest free value is the one that was just closed. */
    CHECK(DuplicateHandle(GetCurrentProcess(), other, GetCurrentProcess(), &moved, 0, TRUE,
                          DUPLICATE_SAME_ACCESS));

    if (moved == value) {
        const child_handle wanted = {value, value, 0};
        CHECK_INT(attest_child(child.hProcess, child.dwProcessId, &wanted, 1, &why), FAULT_LAUNCH_FAILED);
        CHECK_HAS(why.message, "another object");
    } else {
        printf("the system gave another number: not checked here\n");
    }

    rule_end(&child);
    CloseHandle(other);
    CloseHandle(moved);
}

static void suspended(void) {
    PROCESS_INFORMATION child = {0};
    const char *what = "";
    rule r;

    check_about("a child is created suspended");
    rule_make(&r, NULL, 0);
    if (!CHECK_INT(create_suspended(&r.spec, &child, &what), ERROR_SUCCESS)) return;
    CHECK_INT(ResumeThread(child.hThread), 1); /* how often it was suspended before */
    rule_end(&child);
}

/* Undoes a launch whose job was set to outlive the broker already, so that nothing else would end the child.
 */
static void undone(void) {
    PROCESS_INFORMATION made = {0};
    HANDLE self = GetCurrentProcess(), process = NULL;
    launched child = {0};
    const char *what = "";
    rule r;

    check_about("a launch is undone after its child was detached");
    rule_make(&r, NULL, 0);
    HANDLE job = CreateJobObjectW(NULL, NULL);
    r.spec.jobs = &job;
    r.spec.job_count = 1;
    if (!CHECK_INT(create_suspended(&r.spec, &made, &what), ERROR_SUCCESS)) return;
    child = (launched){.process = made.hProcess, .thread = made.hThread, .job = job};
    CHECK(DuplicateHandle(self, made.hProcess, self, &process, 0, FALSE, DUPLICATE_SAME_ACCESS));

    launch_undo(self, &child);
    CHECK(!child.process && !child.thread && !child.job);
    if (!CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0))
        TerminateProcess(process, 1);
    CloseHandle(process);
}

/* A second broker on the same pipe, with its own data. */
static void brokers(void) {
    test_broker first;
    wchar_t line[1024], program[MAX_PATH], data[MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION second = {0};
    DWORD code = STILL_ACTIVE;

    check_about("a second broker on the same pipe");
    if (!broker_start(&first, NULL) || !directory_make_data(data, L"second")) return;
    beside_program(program, L"spawnbroker.exe");
    swprintf(line, 1024, L"spawnbroker.exe console --pipe %ls --data \"%ls\"", first.pipe, data);

    if (CHECK(CreateProcessW(program, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &start,
                             &second))) {
        CHECK_INT(WaitForSingleObject(second.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        GetExitCodeProcess(second.hProcess, &code);
        CHECK_INT(code, 1);
        if (code == STILL_ACTIVE) TerminateProcess(second.hProcess, 1);
        CloseHandle(second.hProcess);
        CloseHandle(second.hThread);
    }

    check_about("the first one's status");
    msg_status status;
    if (CHECK(raw_status(first.pipe, &status))) {
        CHECK(status.handles > 0);
        CHECK(status.threads > 0);
    }
    CHECK_INT(broker_stop(&first), 0);
    directory_remove(data);
}

static DWORD WINAPI read_one(void *pipe) {
    char byte;
    DWORD got;
    return ReadFile(pipe, &byte, 1, &got, NULL) ? got : 0;
}

/* On Windows, a query of the type or the name of a synchronous pipe waits for the read in progress. Neither
 * the broker nor the caller may wait for it. */
static void busy_pipe(sb_client *client) {
    HANDLE read_end, write_end, thread;
    wchar_t line[1024];
    sb_process process;
    sb_error error;
    DWORD put;

    if (!CHECK(CreatePipe(&read_end, &write_end, NULL, 0))) return;
    if (!CHECK((thread = CreateThread(NULL, 0, read_one, read_end, 0, NULL)) != NULL)) return;
    sb_handle handle = {.name = L"busy", .handle = read_end};
    sb_spawn_options options = helper_options(L"exit:0", line, 1024);
    options.handles = &handle;
    options.handle_count = 1;
    options.timeout_ms = TEST_DEADLINE_MS;
    if (CHECK_INT(sb_spawn(client, &options, &process, &error), ERROR_SUCCESS)) sb_process_close(&process);
    CHECK_INT(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    CHECK(WriteFile(write_end, "x", 1, &put, NULL));
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(read_end);
    CloseHandle(write_end);
}

static void busy_pipes(void) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    test_broker broker;
    sb_client *client = NULL;
    check_about("a pipe that is being read");
    if (!broker_start(&broker, NULL)) return;
    if (CHECK((client = broker_connect(broker.pipe)) != NULL)) busy_pipe(client);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
    check_about("a pipe that is being read, without a broker");
    if (!CHECK_INT(sb_connect(&local, &client, NULL), ERROR_SUCCESS)) return;
    busy_pipe(client);
    sb_disconnect(client);
}

static SIZE_T working_set(void) {
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory));
    return memory.WorkingSetSize;
}

/* The used part of the stack is unchanged; below it, no page stays in memory. */
static unsigned __stdcall give_back(void *context) {
    SIZE_T *ret_less = context;
    char kept[4096];
    memset(kept, 'x', sizeof kept);
    SIZE_T before = working_set();
    stack_give_back();
    SIZE_T after = working_set();
    *ret_less = before > after ? before - after : 0;
    for (size_t i = 0; i < sizeof kept; i++)
        if (kept[i] != 'x') return 1;
    return 0;
}

static void stacks(void) {
    SIZE_T less = 0;
    DWORD code = 1;
    check_about("a thread's stack");
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, give_back, &less, 0, NULL);
    if (!CHECK(thread != NULL)) return;
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_INT(code, 0);
    if (on_wine()) CHECK(less >= 512 * 1024);
    CloseHandle(thread);
}

int wmain(int argc, wchar_t **argv) {
    if (argc > 1 && !wcscmp(argv[1], L"revert")) return rules_revert();
    bad_lists();
    attestation();
    suspended();
    undone();
    another_object();
    rules_devices();
    rules_table();
    rules_identity();
    rules_attributes();
    rules_std();
    rules_desktop();
    rules_files();
    rules_images();
    rules_waits();
    rules_hashes();
    brokers();
    busy_pipes();
    stacks();
    return check_report();
}
