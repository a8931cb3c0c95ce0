#include "tests/launch/launch.h"

#include <stdio.h>

enum { LINE = 1024 };

/* Makes a pipe that holds text and whose writing end is closed. */
static HANDLE filled_pipe(const char *text) {
    HANDLE reading, writing;
    DWORD put;
    if (!CreatePipe(&reading, &writing, NULL, 0)) return NULL;
    WriteFile(writing, text, (DWORD)strlen(text), &put, NULL);
    CloseHandle(writing);
    return reading;
}

static void all_given(const launch_place *place) {
    wchar_t line[LINE];
    char text[64];
    child_result result;
    HANDLE reading, writing, input = filled_pipe("input text\n");
    sb_spawn_options options = helper_options(L"std stdio", line, LINE);

    check_about("standard handles that are given");
    CHECK(CreatePipe(&reading, &writing, NULL, 0));
    options.std_input = input;
    options.std_error = writing;
    child_run(place->client, &options, &result);
    CloseHandle(writing);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK(result.ended);
    CHECK_TEXT(result.output, "pipe pipe pipe\ninput text\n");
    CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
    CHECK_TEXT(text, "error text\n");
    CloseHandle(reading);
    CloseHandle(input);
}

/* One standard handle is given, the others are NUL; the child reports through a named pipe. */
static void one_given(const launch_place *place) {
    static const char *const wanted[] = {"pipe null null\n", "null pipe null\n", "null null pipe\n"};

    check_about("standard handles, one given, the others NUL");
    for (int i = 0; i < 3; i++) {
        wchar_t line[LINE];
        char text[64];
        sb_process process;
        sb_spawn_options options = helper_options(L"std:report", line, LINE);
        HANDLE reading, writing, given_reading, given_writing;
        CHECK(CreatePipe(&reading, &writing, NULL, 0) && CreatePipe(&given_reading, &given_writing, NULL, 0));

        sb_handle report = {.name = L"report", .handle = writing};
        options.handles = &report;
        options.handle_count = 1;
        if (i == 0) options.std_input = given_reading;
        if (i == 1) options.std_output = given_writing;
        if (i == 2) options.std_error = given_writing;

        DWORD err = sb_spawn(place->client, &options, &process, NULL);
        CloseHandle(writing);
        CloseHandle(given_reading);
        CloseHandle(given_writing);

        if (CHECK_INT(err, ERROR_SUCCESS)) {
            CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
            CHECK_TEXT(text, wanted[i]);
            sb_process_close(&process);
        }
        CloseHandle(reading);
    }
}

static void none_given(const launch_place *place) {
    wchar_t line[LINE];
    char text[64];
    HANDLE reading, writing;
    sb_process process;
    sb_spawn_options options = helper_options(L"std:report stdio", line, LINE);

    check_about("no standard handle given: NUL, at its end at once");
    CHECK(CreatePipe(&reading, &writing, NULL, 0));
    sb_handle report = {.name = L"report", .handle = writing};
    options.handles = &report;
    options.handle_count = 1;
    DWORD err = sb_spawn(place->client, &options, &process, NULL);
    CloseHandle(writing);

    if (CHECK_INT(err, ERROR_SUCCESS)) {
        DWORD code = STILL_ACTIVE;
        CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
        CHECK_TEXT(text, "null null null\n");
        CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        GetExitCodeProcess(process.process, &code);
        CHECK_INT(code, 0);
        sb_process_close(&process);
    }
    CloseHandle(reading);
}

static void shared(const launch_place *place) {
    wchar_t line[LINE];
    char text[128];
    HANDLE reading, writing;
    sb_process process;
    sb_spawn_options options = helper_options(L"stdio echo:out", line, LINE);
    check_about("one handle for two standard handles");
    CHECK(CreatePipe(&reading, &writing, NULL, 0));
    options.std_output = options.std_error = writing;
    DWORD err = sb_spawn(place->client, &options, &process, NULL);

    wchar_t same_line[LINE];
    DWORD code = 0;
    sb_process same;
    sb_spawn_options same_options = helper_options(L"same-std", same_line, LINE);
    same_options.std_output = same_options.std_error = writing;
    if (CHECK_INT(sb_spawn(place->client, &same_options, &same, NULL), ERROR_SUCCESS)) {
        CHECK_INT(WaitForSingleObject(same.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CHECK(GetExitCodeProcess(same.process, &code));
        CHECK_INT(code, 1);
        sb_process_close(&same);
    }
    CloseHandle(writing);

    if (CHECK_INT(err, ERROR_SUCCESS)) {
        CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
        CHECK_TEXT(text, "error text\nout\n");
        sb_process_close(&process);
    }
    CloseHandle(reading);
}

/* The pipe of a child ends when the child ends, although children that were launched meanwhile still run. */
static void end_of_file(const launch_place *place) {
    enum { OTHERS = 4 };
    wchar_t line[LINE];
    sb_process others[OTHERS];
    HANDLE reading[OTHERS], writing[OTHERS];
    child_result result;

    check_about("end of file comes when the child ends, whatever else runs");
    for (int i = 0; i < OTHERS; i++) {
        sb_spawn_options options = helper_options(L"sleep:600000", line, LINE);
        CHECK(CreatePipe(&reading[i], &writing[i], NULL, 0));
        options.std_output = writing[i];
        CHECK_INT(sb_spawn(place->client, &options, &others[i], NULL), ERROR_SUCCESS);
    }

    helper_run(place->client, L"echo:done", NULL, 0, &result);
    CHECK(result.ended);
    CHECK_TEXT(result.output, "done\n");

    for (int i = 0; i < OTHERS; i++) {
        char text[16];
        CloseHandle(writing[i]);
        CHECK(TerminateProcess(others[i].process, 9));
        CHECK(read_to_end(reading[i], text, sizeof text, TEST_DEADLINE_MS));
        CloseHandle(reading[i]);
        sb_process_close(&others[i]);
    }
}

void launch_std(const launch_place *place) {
    all_given(place);
    one_given(place);
    none_given(place);
    shared(place);
    end_of_file(place);
}
