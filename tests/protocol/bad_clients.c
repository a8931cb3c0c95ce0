/* Clients that end during a launch: they disconnect, or are terminated. */
#include "tests/protocol/bad.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static bool idle(void *context) {
    const bad_place *place = context;
    msg_status status;
    return raw_status(place->broker.pipe, &status) && status.children == 0 && status.in_flight <= 1;
}

static bool back_to(void *context) {
    const size_t *wanted = context;
    return handle_count(GetCurrentProcess(), GetCurrentProcessId()) <= *wanted;
}

/* Checks that every launch on record has an outcome, and an exit if it started. */
static void all_decided(const bad_place *place) {
    raw_audit audit;
    int undecided = 0;
    CHECK(raw_audit_read(place->broker.pipe, 0, LIMIT_QUERY_ROWS, &audit));
    for (size_t i = 0; i < audit.count; i++)
        undecided += !strcmp(audit.rows[i].outcome, "pending") ||
                     (!strcmp(audit.rows[i].outcome, "started") && !audit.rows[i].has_exit_code);
    CHECK_INT(undecided, 0);
    raw_audit_free(&audit);
}

/* Sends a whole request and closes the connection before a reply can come. */
static void disconnect(const bad_place *place) {
    enum { TIMES = 10 };
    size_t own = handle_count(GetCurrentProcess(), GetCurrentProcessId());
    check_about("a client that disconnects during a launch");
    for (int i = 0; i < TIMES; i++) {
        raw_client client = {0};
        raw_spawn_text text;
        size_t length;
        msg_spawn spawn = raw_spawn("sleep:600000", &text);
        if (CHECK(raw_open(&client, place->broker.pipe)) && CHECK(raw_hello(&client))) {
            char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
            CHECK(raw_send_frame(&client, frame, length));
        }
        raw_close(&client);
    }
    CHECK(poll_until(idle, (void *)(uintptr_t)place, TEST_DEADLINE_MS / 2));
    CHECK(poll_until(back_to, &own, TEST_DEADLINE_MS / 2));
    all_decided(place);
}

/* A helper launches sleepers one after another, and is terminated at some point. */
static void ended(const bad_place *place) {
    static const int after_ms[] = {1, 20, 50, 100, 200};

    check_about("a client that is terminated during a launch");
    for (size_t i = 0; i < sizeof after_ms / sizeof *after_ms; i++) {
        wchar_t program[MAX_PATH], line[2 * MAX_PATH];
        STARTUPINFOW start = {.cb = sizeof start};
        PROCESS_INFORMATION made;
        DWORD code = 0;
        beside_program(program, L"test_helper.exe");
        swprintf(line, 2 * MAX_PATH, L"\"%ls\" die:%ls:%d", program, place->broker.pipe, after_ms[i]);
        if (!CHECK(CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))) return;
        CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        GetExitCodeProcess(made.hProcess, &code);
        CHECK_INT(code, 42);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    CHECK(poll_until(idle, (void *)(uintptr_t)place, TEST_DEADLINE_MS / 2));
    all_decided(place);
}

void bad_clients(const bad_place *place) {
    disconnect(place);
    ended(place);
}
