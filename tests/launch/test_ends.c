/* A caller that is terminated during a launch, at any point of it, leaves no process behind: with a broker
 * and without. This program is also the caller and the child. */
#include "tests/support/checks.h"
#include "tests/launch/faulty.h"
#include "tests/support/raw.h"

#include <stdio.h>
#include <string.h>
#include <tlhelp32.h>
#include <wchar.h>

enum { LINE = 2 * MAX_PATH + 128 };

static const char *const points[FAULTY_POINTS] = {[FAULTY_BEFORE_CREATE] = "before the child is made",
                                                  [FAULTY_AFTER_CREATE] = "when the child is made",
                                                  [FAULTY_BEFORE_HAND_BACK] = "when the child is attested",
                                                  [FAULTY_AFTER_HAND_BACK] =
                                                      "when it has the child's handles",
                                                  [FAULTY_BEFORE_RESUME] = "before the child runs",
                                                  [FAULTY_AFTER_RESUME] = "when the child runs",
                                                  [FAULTY_AFTER_SHARE] = "when it has the child's job"};

static void own_line(wchar_t *line, const wchar_t *arguments) {
    wchar_t program[MAX_PATH];
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, LINE, L"\"%ls\" %ls", program, arguments);
}

/* argv: "caller", pipe or "local", point, lifetime. It is terminated during its one launch. */
static int caller(wchar_t **argv) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    wchar_t line[LINE], arguments[64];
    sb_client *client = NULL;
    sb_process process;
    sb_error error;
    if (wcscmp(argv[2], L"local")) client = broker_connect(argv[2]);
    else sb_connect(&local, &client, NULL);
    if (!client) return 2;
    swprintf(arguments, 64, L"sleep fault-end:%ls:%lu", argv[3], GetCurrentProcessId());
    own_line(line, arguments);
    const sb_spawn_options options = {
        .size = sizeof options, .command_line = line, .lifetime = (sb_lifetime)wcstol(argv[4], NULL, 10)};
    DWORD err = sb_spawn(client, &options, &process, &error);
    if (err) fwprintf(stderr, L"launch: %ls\n", error.message);
    Sleep(TEST_DEADLINE_MS); /* the broker terminates it a moment after the reply */
    return 3;
}

/* Counts the other processes of this program: callers, their helpers and their children. end: terminates
 * them. */
static size_t others(bool end) {
    wchar_t program[MAX_PATH];
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    size_t count = 0;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
        if (_wcsicmp(entry.szExeFile, wcsrchr(program, L'\\') + 1) ||
            entry.th32ProcessID == GetCurrentProcessId())
            continue;
        count++;
        HANDLE process = end ? OpenProcess(PROCESS_TERMINATE, FALSE, entry.th32ProcessID) : NULL;
        if (process) TerminateProcess(process, 1);
        if (process) CloseHandle(process);
    }
    CloseHandle(all);
    return count;
}

static bool no_others(void *context) {
    (void)context;
    return others(false) == 0;
}

/* The outcome that a record must have. */
typedef struct record {
    char word[48];
    bool started;
} record;

static bool is_decided(const msg_launch *row, void *context) {
    const record *r = context;
    if (!row->command_line || !strstr(row->command_line, r->word)) return false;
    return r->started ? !strcmp(row->outcome, "started") && row->has_exit_code
                      : !strcmp(row->outcome, "failed");
}

static void try_point(const wchar_t *where, int point, sb_lifetime lifetime) {
    wchar_t line[LINE], arguments[128];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = STILL_ACTIVE;
    bool local = !wcscmp(where, L"local");
    record r = {.started = point > FAULTY_AFTER_HAND_BACK};

    swprintf(arguments, 128, L"caller %ls %d %d", where, point, (int)lifetime);
    own_line(line, arguments);
    if (!CHECK(CreateProcessW(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))) return;
    CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(made.hProcess, &code);
    CHECK_INT(code, FAULTY_EXIT_CODE);
    if (code == STILL_ACTIVE) TerminateProcess(made.hProcess, 1);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    if (!CHECK(poll_until(no_others, NULL, TEST_DEADLINE_MS))) printf("%zu still ran\n", others(true));
    if (local) return;
    snprintf(r.word, sizeof r.word, "fault-end:%d:%lu", point, made.dwProcessId);
    CHECK(raw_audit_wait(where, is_decided, &r));
}

/* Detached children outlive their caller once they run; before, they end as all others. */
static void try_all(const wchar_t *where, int last, int last_frozen) {
    char about[96];
    for (int point = 1; point <= last; point++) {
        for (int lifetime = SB_LIFETIME_CALLER; lifetime <= SB_LIFETIME_DETACHED; lifetime++) {
            bool local = !wcscmp(where, L"local");
            if (lifetime == SB_LIFETIME_BROKER && local) continue;
            if (lifetime != SB_LIFETIME_CALLER && point > last_frozen) continue;
            snprintf(about, sizeof about, "%s: a caller that ends %s, lifetime %d",
                     local ? "local" : "broker", points[point], lifetime);
            check_about(about);
            try_point(where, point, (sb_lifetime)lifetime);
        }
    }
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    msg_status status;
    if (argc > 4 && !wcscmp(argv[1], L"caller")) return caller(argv);
    if (argc > 1) Sleep(4 * TEST_DEADLINE_MS);
    if (argc > 1) return 0;
    check_about("nothing runs yet");
    CHECK_INT(others(false), 0);
    if (!CHECK(broker_start_program(&broker, L"spawnbroker_faulty.exe", NULL))) return 2;
    try_all(broker.pipe, FAULTY_AFTER_SHARE, FAULTY_AFTER_HAND_BACK);
    check_about("afterwards the broker has no children");
    if (CHECK(raw_status(broker.pipe, &status))) CHECK_INT(status.children, 0);
    CHECK_INT(broker_stop(&broker), 0);
    try_all(L"local", FAULTY_AFTER_RESUME, FAULTY_BEFORE_RESUME);
    return check_report();
}
