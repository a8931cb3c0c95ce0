/* Replies that come after the caller has given up. */
#include "fake.h"

#include "check.h"

static HANDLE launched; /* our own handle of the process that the late reply hands over */

static bool late(fake *f, HANDLE pipe, const msg_request *request) {
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    wchar_t line[] = L"C:\\windows\\system32\\cmd.exe";
    (void)f;
    if (!CreateProcessW(line, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &process))
        return false;
    DuplicateHandle(GetCurrentProcess(), process.hProcess, GetCurrentProcess(), &launched, 0, FALSE,
                    DUPLICATE_SAME_ACCESS);
    Sleep(800);
    return fake_launched(pipe, request, process.dwProcessId, process.hProcess, process.hThread);
}

static void check_undone(size_t handles_before) {
    DWORD code = STILL_ACTIVE;
    CHECK_INT(WaitForSingleObject(launched, 5000), WAIT_OBJECT_0);
    GetExitCodeProcess(launched, &code);
    CHECK_INT(code, ERROR_TIMEOUT);
    CloseHandle(launched);
    launched = NULL;
    for (int i = 0; i < 20 && fake_handle_count() > handles_before; i++) continue;
    CHECK_INT(fake_handle_count(), handles_before);
}

static void late_replies(void) {
    static fake f = {.serve = late};
    sb_client *client = NULL;
    sb_process process = {0};
    sb_error error;
    check_case("a reply after the time-out");
    fake_start(&f, NULL, 3);
    CHECK_INT(fake_connect(&f, 2000, &client, NULL), ERROR_SUCCESS); /* what is loaded once is loaded now */
    sb_disconnect(client);
    size_t bare = fake_handle_count();
    if (!CHECK_INT(fake_connect(&f, 2000, &client, NULL), ERROR_SUCCESS)) return;
    size_t before = fake_handle_count();
    ULONGLONG start = GetTickCount64();
    CHECK_INT(fake_spawn(client, 0, 150, &process, &error), ERROR_TIMEOUT);
    CHECK_INT(error.stage, SB_STAGE_RECEIVE);
    CHECK(!process.process && GetTickCount64() - start < 790);
    Sleep(900);
    check_undone(before);
    check_case("the same, disconnected meanwhile");
    CHECK_INT(fake_spawn(client, 0, 150, &process, NULL), ERROR_TIMEOUT);
    sb_disconnect(client);
    check_undone(bare);
}

int main(void) {
    late_replies();
    return check_report();
}
