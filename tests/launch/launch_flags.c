#include "tests/launch/launch.h"

enum { LINE = 1024 };

static void suspended(const launch_place *place) {
    wchar_t line[LINE];
    sb_process process;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    sb_handle handle = {.name = L"event", .handle = event};
    sb_spawn_options options = helper_options(L"signal:event", line, LINE);

    check_about("CREATE_SUSPENDED");
    options.creation_flags = CREATE_SUSPENDED;
    options.handles = &handle;
    options.handle_count = 1;

    if (CHECK_INT(sb_spawn(place->client, &options, &process, NULL), ERROR_SUCCESS)) {
        /* A child that runs would signal within some tens of milliseconds. */
        CHECK_INT(WaitForSingleObject(event, 300), WAIT_TIMEOUT);
        CHECK_INT(WaitForSingleObject(process.process, 0), WAIT_TIMEOUT);
        CHECK_INT(ResumeThread(process.thread), 1);
        CHECK_INT(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        sb_process_close(&process);
    }
    CloseHandle(event);
}

static void accepted(const launch_place *place, DWORD flags, const char *name) {
    wchar_t line[LINE];
    child_result result;
    sb_spawn_options options = helper_options(L"exit:3", line, LINE);
    check_about(name);
    options.creation_flags = flags;
    child_run(place->client, &options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 3);
}

static void refused(const launch_place *place, DWORD flags, const char *name) {
    wchar_t line[LINE];
    char message[1024];
    child_result result;
    sb_spawn_options options = helper_options(L"exit:3", line, LINE);
    check_about(name);
    options.creation_flags = flags;
    child_run(place->client, &options, &result);
    CHECK_INT(result.err, ERROR_NOT_SUPPORTED);
    WideCharToMultiByte(CP_UTF8, 0, result.error.message, -1, message, sizeof message, NULL, NULL);
    CHECK_HAS(message, name);
}

void launch_flags(const launch_place *place) {
    suspended(place);
    accepted(place, CREATE_NEW_PROCESS_GROUP, "CREATE_NEW_PROCESS_GROUP");
    accepted(place, CREATE_NO_WINDOW, "CREATE_NO_WINDOW");
    accepted(place, DETACHED_PROCESS, "DETACHED_PROCESS");
    accepted(place, BELOW_NORMAL_PRIORITY_CLASS, "BELOW_NORMAL_PRIORITY_CLASS");
    accepted(place, CREATE_UNICODE_ENVIRONMENT, "CREATE_UNICODE_ENVIRONMENT");
    refused(place, DEBUG_PROCESS, "DEBUG_PROCESS");
    refused(place, CREATE_BREAKAWAY_FROM_JOB, "CREATE_BREAKAWAY_FROM_JOB");
    refused(place, EXTENDED_STARTUPINFO_PRESENT, "EXTENDED_STARTUPINFO_PRESENT");
}
