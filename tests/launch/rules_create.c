/* The rules about the call: identity, attributes, standard handles and desktop. */
#include "tests/launch/rules.h"

#include "service/win32/attest.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"
#include "service/win32/nt.h"
#include "tests/support/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- token.c, in a program where RevertToSelf can fail ---- */

enum { REVERT_CODE = ERROR_CANNOT_IMPERSONATE, WENT_ON = 7 };

static bool revert_fails;

static BOOL WINAPI revert(void) {
    if (!revert_fails) return RevertToSelf();
    SetLastError(REVERT_CODE);
    return FALSE;
}

#define RevertToSelf revert
#include "service/win32/token.c"
#undef RevertToSelf

int rules_revert(void) {
    HANDLE own = NULL, token = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &own) ||
        !DuplicateTokenEx(own, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
                          TokenImpersonation, &token) ||
        token_impersonate(token))
        return 1;
    revert_fails = true;
    token_revert();
    return WENT_ON;
}

static void cannot_revert(void) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 16];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = 0;
    check_about("a process that cannot stop impersonating ends at once");
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, MAX_PATH + 16, L"\"%ls\" revert", program);
    if (!CHECK(CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))) return;
    CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CHECK_INT(code, REVERT_CODE);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
}

void rules_identity(void) {
    HANDLE no_token = CreateEventW(NULL, TRUE, FALSE, NULL);
    PROCESS_INFORMATION child = {0};
    const char *what = "";
    rule r;
    cannot_revert();
    check_about("a broker that cannot be the caller creates nothing as itself");
    rule_make(&r, NULL, 0);
    r.spec.impersonate = no_token;
    CHECK(create_suspended(&r.spec, &child, &what) != ERROR_SUCCESS);
    CHECK_HAS(what, "cannot act as the caller");
    CHECK(!child.hProcess);
    CloseHandle(no_token);
}

/* ---- attributes ---- */

/* All attributes at once. The child is checked while it is suspended: a job that was assigned afterwards
 * would be too late. */
void rules_attributes(void) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    const uint64_t mitigations[2] = {UINT64_C(1) << 32, 0}; /* ..._EXTENSION_POINT_DISABLE_ALWAYS_ON */
    HANDLE a = CreateEventW(&inheritable, TRUE, FALSE, NULL),
           b = CreateEventW(&inheritable, TRUE, FALSE, NULL),
           other = CreateEventW(&inheritable, TRUE, FALSE, NULL), job = CreateJobObjectW(NULL, NULL);
    const HANDLE list[] = {a, b};
    const child_handle wanted[] = {{a, a, 0}, {b, b, 0}};
    PROCESS_INFORMATION child = {0};
    const char *what = "";
    BOOL inside = FALSE;
    DWORD points = 0;
    fault why;
    rule r;

    check_about(
        "handles, job, mitigations and child policy together: what they point to is there at the call");
    rule_make(&r, list, 2);
    r.spec.jobs = &job;
    r.spec.job_count = 1;
    r.spec.mitigations = mitigations;
    r.spec.no_child_processes = true;

    if (CHECK_INT(create_suspended(&r.spec, &child, &what), ERROR_SUCCESS)) {
        check_about("the job has the child before its first instruction");
        CHECK(IsProcessInJob(child.hProcess, job, &inside) && inside);
        check_about("and the rest is as requested");
        CHECK_INT(attest_child(child.hProcess, child.dwProcessId, wanted, 2, &why), FAULT_NONE);
        GetProcessMitigationPolicy(child.hProcess, ProcessExtensionPointDisablePolicy, &points,
                                   sizeof points);
        if (check_part("mitigations", on_wine() ? "Wine keeps no mitigation policy" : NULL))
            CHECK_INT(points & 1, 1);
        rule_end(&child);
    }

    CloseHandle(a);
    CloseHandle(b);
    CloseHandle(other);
    CloseHandle(job);
}

/* ---- standard handles ---- */

/* Starts a child that counts its standard handles, while `own_output` is this process's own. */
static void count_std(rule *r, HANDLE own_output, DWORD wanted) {
    HANDLE own = GetStdHandle(STD_OUTPUT_HANDLE);
    PROCESS_INFORMATION child;
    const char *what = "";
    DWORD code = 99;

    wcscpy(r->line, L"test_helper.exe count-std");
    r->spec.flags = DETACHED_PROCESS;
    SetStdHandle(STD_OUTPUT_HANDLE, own_output);
    DWORD err = create_suspended(&r->spec, &child, &what);
    SetStdHandle(STD_OUTPUT_HANDLE, own);

    if (!CHECK_INT(err, ERROR_SUCCESS)) return;
    ResumeThread(child.hThread);
    CHECK_INT(WaitForSingleObject(child.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(child.hProcess, &code);
    CHECK_INT(code, wanted);
    rule_end(&child);
}

void rules_std(void) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE reading, writing;
    rule r;
    if (!CHECK(CreatePipe(&reading, &writing, &inheritable, 0))) return;

    check_about("a standard handle that is not given is none, not the creator's number");
    rule_make(&r, NULL, 0);
    count_std(&r, writing, 0);

    check_about("standard handles that are given are the child's");
    const HANDLE list[] = {reading, writing};
    rule_make(&r, list, 2);
    r.spec.std[0] = reading;
    r.spec.std[1] = writing;
    count_std(&r, NULL, 2);

    CloseHandle(reading);
    CloseHandle(writing);
}

/* ---- the desktop ---- */

/* A request without a desktop. On Windows, NULL would mean the window station of the broker, which is the
 * service's own. */
void rules_desktop(void) {
    test_broker broker;
    raw_client client = {0};
    raw_spawn_text text;
    msg_reply reply;
    msg_spawn_result result;
    HANDLE reading, writing;
    char output[256] = "";
    size_t length;

    check_about("no desktop in the request: winsta0\\default, and not the broker's own");
    if (!CHECK(broker_start(&broker, NULL)) || !CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    msg_spawn spawn = raw_spawn("desktop", &text);
    spawn.std[MSG_STD_OUTPUT] = (uint32_t)(ULONG_PTR)writing;

    if (CHECK(raw_open(&client, broker.pipe)) && CHECK(raw_hello(&client))) {
        char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
        if (CHECK(raw_call(&client, frame, length, &reply))) {
            if (CHECK(msg_reply_spawn(&reply, &result))) {
                CloseHandle((HANDLE)(ULONG_PTR)result.process);
                CloseHandle((HANDLE)(ULONG_PTR)result.thread);
            }
            msg_reply_free(&reply);
        }
    }

    CloseHandle(writing);
    CHECK(read_to_end(reading, output, sizeof output, TEST_DEADLINE_MS));
    CHECK_TEXT(output, "winsta0\\default\n");
    CloseHandle(reading);
    raw_close(&client);
    CHECK_INT(broker_stop(&broker), 0);
}

/* ---- devices ---- */

/* The C runtime is told the same kinds as GetFileType reports, for devices that exist here and for others. */
void rules_devices(void) {
    static const DWORD character[] = {0x0B, 0x16, 0x18, 0x1B, 0x2B},
                       others[] = {0, 0x02, NT_DEVICE_DISK, NT_DEVICE_NAMED_PIPE};
    wchar_t program[MAX_PATH];
    HANDLE all[4];
    DWORD devices[4];

    check_about("devices are told apart as GetFileType does");
    GetModuleFileNameW(NULL, program, MAX_PATH);
    all[0] =
        CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    all[1] = CreateFileW(program, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (!CHECK(CreatePipe(&all[2], &all[3], NULL, 0))) return;
    CHECK_INT(nt_query_devices(all, 4, NULL, devices), ERROR_SUCCESS);

    for (int i = 0; i < 4; i++) {
        CHECK_INT(nt_is_character_device(devices[i]), GetFileType(all[i]) == FILE_TYPE_CHAR);
        CHECK_INT(devices[i] == NT_DEVICE_NAMED_PIPE, GetFileType(all[i]) == FILE_TYPE_PIPE);
        CloseHandle(all[i]);
    }

    for (size_t i = 0; i < sizeof character / sizeof *character; i++)
        CHECK(nt_is_character_device(character[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) CHECK(!nt_is_character_device(others[i]));
}

/* ---- handle tables ---- */

static const nt_handle *find(const nt_handle *table, size_t count, HANDLE value) {
    for (size_t i = 0; i < count; i++)
        if (table[i].value == value) return &table[i];
    return NULL;
}

/* The way to read a table is chosen at run time: per process on Windows, from the system's table on Wine. */
void rules_table(void) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE kept = CreateEventW(NULL, TRUE, FALSE, NULL), given = CreateMutexW(&inheritable, FALSE, NULL),
           weak = NULL;
    nt_handle *table = NULL;
    size_t count = 0;

    check_about("a handle table has each handle with its rights and whether it is inheritable");
    CHECK(DuplicateHandle(GetCurrentProcess(), kept, GetCurrentProcess(), &weak, SYNCHRONIZE, TRUE, 0));
    CloseHandle(kept);

    if (CHECK_INT(nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &table, &count),
                  ERROR_SUCCESS)) {
        const nt_handle *g = find(table, count, given), *w = find(table, count, weak);
        CHECK(g && g->inheritable && g->access == MUTEX_ALL_ACCESS);
        CHECK(w && w->inheritable && w->access == SYNCHRONIZE);
        CHECK(!find(table, count, kept) || kept == weak);
        free(table);
    }

    CHECK(SetHandleInformation(given, HANDLE_FLAG_INHERIT, 0));
    if (CHECK_INT(nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &table, &count),
                  ERROR_SUCCESS)) {
        const nt_handle *g = find(table, count, given);
        CHECK(g && !g->inheritable);
        free(table);
    }
    CloseHandle(given);
    CloseHandle(weak);
}
