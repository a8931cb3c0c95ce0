/* Replies that come after the caller has given up. */
#include "tests/client/fake.h"

#include "tests/support/check.h"

/* HANDLES_AT_REST: each of the fake's three threads has one more handle while it waits for a connection. */
enum { LAUNCHES = 5, HANDLES_AT_REST = 3, WAIT_MS = 20000 };

static HANDLE go;         /* the fake may reply */
static HANDLE launched;   /* this test's handle of the process that the late reply returns */
static HANDLE descendant; /* and of another process in the same job */

static void give_up(sb_client *client);

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

/* ---- replies with values that name other handles of the caller ---- */

static HANDLE own_job, own_event; /* handles of this process that the broker never gave it */
static HANDLE own_process, own_thread;

/* What one reply claims. */
typedef struct claim {
    const char *what;
    HANDLE process, thread, job;
    DWORD pid; /* 0: of this process */
} claim;

static claim claimed;

static bool lie(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f;
    WaitForSingleObject(go, WAIT_MS);
    return fake_launched(pipe, request, claimed.pid ? claimed.pid : GetCurrentProcessId(), claimed.process,
                         claimed.thread, claimed.job);
}

static bool still_open(HANDLE handle) {
    DWORD flags;
    return GetHandleInformation(handle, &flags) != 0;
}

/* A reply that comes too late is undone: its child is ended and its handles are closed. Its values are the
 * broker's word, and a wrong one must hurt nobody. */
static void lies(void) {
    static fake f = {.serve = lie};
    sb_client *client = NULL;
    own_job = CreateJobObjectW(NULL, NULL);
    own_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &own_process, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &own_thread, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    const claim claims[] = {
        {"this process, by its pseudo handle", GetCurrentProcess(), GetCurrentThread(), NULL, 0},
        {"this process, by its pseudo handle, as another", GetCurrentProcess(), own_event, own_job, 4},
        {"this process, by a handle", own_process, own_thread, own_job, 0},
        {"this process, as another", own_process, own_thread, NULL, 4},
        {"an event", own_event, own_event, own_event, 4},
        {"no process, and a job that is none of the child's", NULL, NULL, own_job, 4},
    };
    fake_start(&f, NULL, 2);
    check_case("late replies that name other handles");
    if (!CHECK_INT(fake_connect(&f, WAIT_MS, &client, NULL), ERROR_SUCCESS)) return;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        check_case("%s", claims[i].what);
        LONG served = f.served;
        claimed = claims[i];
        give_up(client);
        for (int n = 0; n < WAIT_MS / 10 && f.served == served; n++) Sleep(10);
        /* The reply to the next call comes after the late one has been undone. */
        sb_process process = {0};
        sb_error error;
        claimed = (claim){"none", GetCurrentProcess(), own_event, NULL, 4};
        SetEvent(go);
        CHECK_INT(fake_spawn(client, 0, WAIT_MS, &process, &error), ERROR_INVALID_DATA);
        CHECK(still_open(own_job) && still_open(own_event) && still_open(own_process) &&
              still_open(own_thread));
    }
    sb_disconnect(client);
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

/* Runs lies() in a process of its own, because a reply that is believed ends that process. */
static void lies_elsewhere(void) {
    wchar_t path[MAX_PATH], line[] = L"test_client_late lies";
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = STILL_ACTIVE;
    check_case("a process that gets late replies which name its own handles");
    if (!CHECK(GetModuleFileNameW(NULL, path, MAX_PATH)) ||
        !CHECK(CreateProcessW(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)))
        return;
    CHECK_INT(WaitForSingleObject(process.hProcess, WAIT_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(process.hProcess, &code);
    CHECK_INT(code, 0);
    TerminateProcess(process.hProcess, 1);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
}

int main(int argc, char **argv) {
    static fake f = {.serve = late};
    sb_client *client = NULL;
    go = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (argc > 1 && !strcmp(argv[1], "lies")) {
        lies();
        return check_report();
    }

    lies_elsewhere();
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
