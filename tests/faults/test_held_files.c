/* Another process has one of the broker's files open, and shares it with nobody. A start waits for it; if it
 * takes too long, the broker says which file that is. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { HELD_MS = 1500, FOR_EVER_MS = 9000 /* a refusal comes later than that */ };

static const wchar_t *const names[] = {L"audit.db", L"audit.db.lock", L"audit.key", L"policy.json"};
enum { NAMES = sizeof names / sizeof *names };

static HANDLE hold(const wchar_t *data, const wchar_t *name) {
    wchar_t path[MAX_PATH + 16];
    swprintf(path, MAX_PATH + 16, L"%ls\\%ls", data, name);
    HANDLE file = CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    return file;
}

static DWORD WINAPI let_go(void *file) {
    Sleep(HELD_MS);
    CloseHandle(file);
    return 0;
}

static void held_for_a_moment(const wchar_t *data, const wchar_t *name) {
    test_broker broker;
    char about[64];
    snprintf(about, sizeof about, "%ls is held for a moment", name);
    check_about(about);
    uint64_t start = GetTickCount64();
    HANDLE thread = CreateThread(NULL, 0, let_go, hold(data, name), 0, NULL);
    if (broker_start(&broker, data)) {
        printf("  ready after %llu ms\n", (unsigned long long)(GetTickCount64() - start));
        CHECK(GetTickCount64() - start >= HELD_MS - 50);
        CHECK_INT(broker_stop_keep(&broker), 0);
    }
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
}

typedef struct refusal {
    const wchar_t *data, *name;
    DWORD code;
    uint64_t took;
    char said[1024];
} refusal;

static DWORD WINAPI refuse(void *context) {
    refusal *r = context;
    HANDLE file = hold(r->data, r->name);
    uint64_t start = GetTickCount64();
    r->code = broker_fail(r->data, r->said, sizeof r->said);
    r->took = GetTickCount64() - start;
    CloseHandle(file);
    return 0;
}

/* Makes a data directory with all files in it. */
static bool made(wchar_t *data) {
    static const char policy[] = "{\"version\": 1, \"default\": \"allow\"}";
    wchar_t path[MAX_PATH + 16];
    test_broker broker;
    if (!CHECK(directory_make_data(data, L"held"))) return false;
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data);
    return CHECK(file_write(path, policy, strlen(policy))) && broker_start(&broker, data) &&
           CHECK_INT(broker_stop_keep(&broker), 0);
}

/* At the same time, since each takes long. */
static void held_for_ever(wchar_t data[][MAX_PATH]) {
    static refusal all[NAMES];
    HANDLE threads[NAMES];
    for (size_t i = 0; i < NAMES; i++) {
        all[i] = (refusal){.data = data[i], .name = names[i]};
        threads[i] = CreateThread(NULL, 0, refuse, &all[i], 0, NULL);
    }

    for (size_t i = 0; i < NAMES; i++) {
        char name[64];
        CHECK_INT(WaitForSingleObject(threads[i], 2 * TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
        snprintf(name, sizeof name, "\\%ls", names[i]);
        check_about(name);
        CHECK(all[i].code != STILL_ACTIVE && all[i].code != 0);
        CHECK_HAS(all[i].said, name);
        CHECK_HAS(all[i].said, "another process has it open");
        CHECK(all[i].took > FOR_EVER_MS);
    }
}

int wmain(int argc, wchar_t **argv) {
    static wchar_t data[NAMES][MAX_PATH];
    (void)argc, (void)argv;
    check_about("files that others hold");
    for (size_t i = 0; i < NAMES; i++)
        if (!made(data[i])) return 2;

    for (size_t i = 0; i < NAMES; i++) held_for_a_moment(data[i], names[i]);
    held_for_ever(data);
    for (size_t i = 0; i < NAMES; i++) directory_remove(data[i]);
    return check_report();
}
