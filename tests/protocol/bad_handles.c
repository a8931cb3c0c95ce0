#include "tests/protocol/bad.h"

#include <stdio.h>
#include <wchar.h>

enum { LINE = 1024 };

void bad_handle(const bad_place *place, const char *about, HANDLE handle, DWORD code) {
    wchar_t line[LINE];
    HANDLE reading, writing, first = CreateEventW(NULL, TRUE, FALSE, NULL),
                             last = CreateEventW(NULL, TRUE, FALSE, NULL);
    sb_handle handles[] = {{.name = L"first", .handle = first},
                           {.name = L"the-bad-one", .handle = handle},
                           {.name = L"last", .handle = last}};
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    CHECK(CreatePipe(&reading, &writing, NULL, 0));
    options.std_output = writing;
    options.handles = handles;
    options.handle_count = 3;
    bad_launch(place, about, &options, (bad_wanted){.code = code, .handle_index = 1, .named = "the-bad-one"});
    CloseHandle(reading);
    CloseHandle(writing);
    CloseHandle(first);
    CloseHandle(last);
}

/* Tries the value of a closed handle. It is far above the values in use, so that no new handle gets it. */
static void closed(const bad_place *place) {
    enum { COUNT = 200 };
    HANDLE events[COUNT];
    for (int i = 0; i < COUNT; i++) events[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (int i = COUNT - 1; i >= 0; i--) CloseHandle(events[i]);
    bad_handle(place, "a handle that is closed", events[COUNT - 1], ERROR_INVALID_HANDLE);
}

/* Tries a value that is a handle in a child only. */
static void of_another_process(const bad_place *place) {
    wchar_t line[LINE];
    sb_process child;
    DWORD flags;
    HANDLE value = NULL;
    sb_spawn_options options = helper_options(L"sleep:600000", line, LINE);

    check_about("a value of another process");
    if (!CHECK_INT(sb_spawn(place->client, &options, &child, NULL), ERROR_SUCCESS)) return;
    HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, child.process_id);
    for (int i = 0; process && i < 1000; i++) {
        if (!DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), process, &value, SYNCHRONIZE, FALSE,
                             0))
            break;
        /* Far enough above our own values that no new handle gets it. */
        if (!GetHandleInformation(value, &flags) && i >= 300) break;
    }

    CHECK(value && !GetHandleInformation(value, &flags));
    bad_handle(place, "a value that is a handle in another process only", value, ERROR_INVALID_HANDLE);
    if (process) CloseHandle(process);
    CHECK(TerminateProcess(child.process, 1));
    WaitForSingleObject(child.process, TEST_DEADLINE_MS);
    sb_process_close(&child);
}

static void pseudo(const bad_place *place) {
    static const char *const abouts[] = {"NULL",
                                         "pseudo handle -1",
                                         "pseudo handle -2",
                                         "pseudo handle -3",
                                         "pseudo handle -4",
                                         "pseudo handle -5",
                                         "pseudo handle -6"};
    for (int i = 0; i <= 6; i++) bad_handle(place, abouts[i], (HANDLE)(LONG_PTR)-i, ERROR_INVALID_HANDLE);
}

/* Tries console handles in a process that has a console. A test need not have one. */
int bad_console(const wchar_t *pipe) {
    bad_place place = {.local = !wcscmp(pipe, L"local"), .client = bad_client(pipe)};
    wcscpy(place.broker.pipe, pipe);
    HANDLE handle = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                NULL, OPEN_EXISTING, 0, NULL);
    if (CHECK(place.client != NULL) && CHECK(handle != INVALID_HANDLE_VALUE))
        bad_handle(&place, "a console handle", handle, ERROR_INVALID_HANDLE);
    if (handle != INVALID_HANDLE_VALUE) CloseHandle(handle);
    sb_disconnect(place.client);
    return check_report();
}

static void console(const bad_place *place) {
    wchar_t program[MAX_PATH], line[2 * MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    DWORD code = STILL_ACTIVE;

    check_about("a console handle, from a process that has a console");
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 2 * MAX_PATH, L"\"%ls\" console %ls", program,
             place->local ? L"local" : place->broker.pipe);
    if (!CHECK(CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &made)))
        return;
    CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(made.hProcess, &code);
    CHECK_INT(code, 0);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
}

static void standard(const bad_place *place) {
    wchar_t line[LINE];
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    options.std_output = INVALID_HANDLE_VALUE;
    bad_launch(place, "a bad standard handle", &options,
               (bad_wanted){.code = ERROR_INVALID_HANDLE, .handle_index = SIZE_MAX, .named = "output"});
}

void bad_handles(const bad_place *place) {
    closed(place);
    of_another_process(place);
    pseudo(place);
    console(place);
    standard(place);
}
