/* Replies that come after the caller has given up. */
#include "tests/client/fake.h"

#include "tests/support/check.h"

/* HANDLES_AT_REST: each of the fake's three threads has one more handle while it waits for a connection. */
enum { LAUNCHES = 5, HANDLES_AT_REST = 3, WAIT_MS = 20000 };

static HANDLE go;         /* the fake may reply */
static HANDLE launched;   /* this test's handle of the process that the late reply returns */
static HANDLE descendant; /* and of another process in the same job */

static bool late(fake *f, HANDLE pipe, const msg_request *request) {
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process, other;
    wchar_t line[] = L"C:\\windows\\system32\\cmd.exe";
    HANDLE job = CreateJobObjectW(NULL, NULL);
    (void)f;
    if (!job ||
        !CreateProcessW(line, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &process) ||
        !CreateProcessW(line, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &other) ||
        !AssignProcessToJobObject(job, process.hProcess) || !AssignProcessToJobObject(job, other.hProcess))
        return false;
    CloseHandle(other.hThread);
    descendant = other.hProcess;
    DuplicateHandle(GetCurrentProcess(), process.hProcess, GetCurrentProcess(), &launched, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    WaitForSingleObject(go, WAIT_MS);
    Sleep(100); /* sb_disconnect is in progress */
    return fake_launched(pipe, request, process.dwProcessId, process.hProcess, process.hThread, job);
}

static void give_up(sb_client *client) {
    sb_process process = {0};
    sb_error error;
    ULONGLONG start = GetTickCount64();
    CHECK_INT(fake_spawn(client, 0, 150, &process, &error), ERROR_TIMEOUT);
    CHECK_INT(error.stage, SB_STAGE_RECEIVE);
    CHECK(!process.process && GetTickCount64() - start >= 100);
    SetEvent(go);
}

static void check_undone(void) {
    DWORD code = STILL_ACTIVE;
    for (int i = 0; i < WAIT_MS / 10 && !launched; i++) Sleep(10);
    if (!CHECK(launched)) return;
    CHECK_INT(WaitForSingleObject(launched, WAIT_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(launched, &code);
    CHECK_INT(code, ERROR_TIMEOUT);
    CHECK_INT(WaitForSingleObject(descendant, WAIT_MS), WAIT_OBJECT_0);
    CloseHandle(descendant);
    CloseHandle(launched);
    launched = NULL;
}

static void check_handles(size_t before) {
    size_t now = fake_handle_count();
    for (int i = 0; i < 20 && now > before + HANDLES_AT_REST; i++) now = fake_handle_count();
    if (!CHECK(now <= before + HANDLES_AT_REST)) CHECK_INT(now, before);
}

int main(void) {
    static fake f = {.serve = late};
    sb_client *client = NULL;
    go = CreateEventW(NULL, FALSE, FALSE, NULL);

    check_case("replies after the time-out");
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, WAIT_MS, &client, NULL), ERROR_SUCCESS)) return check_report();
    size_t before = fake_handle_count();
    for (int i = 0; i < LAUNCHES; i++) {
        give_up(client);
        check_undone();
    }

    check_handles(before);
    sb_disconnect(client);

    check_case("the same, disconnected meanwhile");
    before = fake_handle_count();
    for (int i = 0; i < LAUNCHES; i++) {
        if (!CHECK_INT(fake_connect(&f, WAIT_MS, &client, NULL), ERROR_SUCCESS)) break;
        give_up(client);
        sb_disconnect(client);
        check_undone();
    }
    check_handles(before);
    return check_report();
}
