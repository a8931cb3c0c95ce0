/* Every call on the path of a launch that can fail is made to fail in turn: the first call of each function,
 * the second, and so on. Each time the caller gets an error that names the step, or gets its child and a true
 * record. Nothing of a failed launch runs or remains, neither in the broker nor in the caller, and the next
 * launch works. With --rounds N [FUNCTION] the test does this with N errors each, starting at that function.
 * Without it, only the first call of each function fails, and only of those functions after whose failure a
 * launch must not continue. */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "proto/fault.h"
#include "tests/faults/faults.h"
#include "tests/support/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>
#include <wchar.h>

enum { TOKEN = 32, LEVELS = 3, CONFIRMATIONS = 5, MISSES = 2, SETTLE_MS = 1500, SHOWN_MOST = 40 };

static const char *const names[FAULTS_COUNT] = {
#define X(name, parameters, failure, error) [FAULTS_##name] = #name,
    FAULTS_OF_IMPORTS(X) FAULTS_OF_LOOK_UPS(X)
#undef X
#define X(name) [FAULTS_##name] = #name,
        FAULTS_OF_MEMORY(X) FAULTS_OF_SQLITE(X)
#undef X
            [FAULTS_RevertToSelf] = "RevertToSelf"};

/* The errors of each round: SQLite's out of memory, I/O error, full and busy. 0: the table's error. */
static const struct {
    LONG windows, sqlite;
} errors[] = {{0, 7}, {ERROR_ACCESS_DENIED, 778}, {ERROR_DISK_FULL, 13}, {ERROR_NOT_ENOUGH_MEMORY, 5}};

static test_broker broker;
static faults_control *control;
static char database[AUDIT_PATH_BYTES];
static int launches;

static struct {
    int functions, faults, refused, went_on, unheard, recovered;
    int stages[STAGE_COUNT];
} tally;

/* One launch: it connects and launches a child; what the child wrote and the error are kept. */
typedef struct attempt {
    char token[TOKEN];
    DWORD err;
    sb_error error;
    char output[256];
    bool ended; /* no process has the writing end of its output any more */
} attempt;

static DWORD spawn(sb_client *client, attempt *a, HANDLE output, sb_process *ret) {
    wchar_t line[1024], actions[64];
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    const sb_handle handle = {.name = L"event", .handle = event, .access = SYNCHRONIZE};
    swprintf(actions, 64, L"echo:%hs", a->token);
    sb_spawn_options options = helper_options(actions, line, 1024);
    options.handles = &handle;
    options.handle_count = 1;
    options.std_output = output;
    DWORD err = sb_spawn(client, &options, ret, &a->error);
    CloseHandle(event);
    return err;
}

static void launch(attempt *a) {
    const sb_connect_options where = {.size = sizeof where, .pipe_name = broker.pipe, .no_reconnect = TRUE};
    HANDLE reading = NULL, writing = NULL;
    sb_client *client = NULL;
    sb_process process = {0};
    *a = (attempt){0};
    snprintf(a->token, TOKEN, "launch-%d.", ++launches);
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    a->err = sb_connect(&where, &client, &a->error);
    if (!a->err) a->err = spawn(client, a, writing, &process);
    CloseHandle(writing);
    a->ended = read_to_end(reading, a->output, sizeof a->output, TEST_DEADLINE_MS);
    CloseHandle(reading);
    if (!a->err) {
        CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        sb_process_close(&process);
    }
    sb_disconnect(client);
}

static bool ran(const attempt *a) {
    return strstr(a->output, a->token) != NULL;
}

/* ---- the record ---- */

typedef struct row {
    const attempt *of;
    const char *wanted; /* NULL: any outcome but pending */
    char text[AUDIT_TEXT_BYTES];
} row;

static void read_row(row *r) {
    char sql[512];
    snprintf(sql, sizeof sql,
             "SELECT outcome || ' ' || ifnull(stage, '-') || ' ' || ifnull(exit_code, '-') FROM launches "
             "WHERE command_line LIKE '%%%s%%' ORDER BY seq DESC LIMIT 1",
             r->of->token);
    audit_text(database, sql, r->text);
}

static bool row_is_there(void *context) {
    row *r = context;
    read_row(r);
    if (r->wanted) return !strcmp(r->text, r->wanted);
    return r->text[0] && strncmp(r->text, "pending", 7) != 0;
}

/* Returns whether this failed launch need not have a record: the caller was not known yet, or recording
 * itself failed. */
static bool may_lack_record(const sb_error *why) {
    stage s = (stage)why->stage;
    if (s == STAGE_DECODE && why->code == ERROR_OUTOFMEMORY) return true; /* the request was not decoded */
    return s == STAGE_CONNECT || s == STAGE_SEND || s == STAGE_RECEIVE || s == STAGE_IDENTIFY ||
           s == STAGE_RECORD;
}

static void check_record(const attempt *a) {
    char wanted[64];
    row r = {.of = a, .wanted = "started - 0"};
    if (a->err) {
        snprintf(wanted, sizeof wanted, "failed %s -", stage_name((stage)a->error.stage));
        r.wanted = wanted;
    }
    if (a->err && may_lack_record(&a->error)) {
        read_row(&r);
        if (!r.text[0]) return;
        if (a->error.stage != SB_STAGE_RECORD) r.wanted = NULL;
    }
    if (a->err && a->error.stage == SB_STAGE_DECIDE && a->error.code == ERROR_ACCESS_DISABLED_BY_POLICY)
        r.wanted = "denied decide -"; /* a condition that cannot be evaluated denies the launch */
    if (poll_until(row_is_there, &r, TEST_DEADLINE_MS)) return;
    check_text(__FILE__, __LINE__, "the record", r.text, r.wanted ? r.wanted : "a decision");
    printf("    the caller was told: error %lu, stage %d, %ls\n", a->err, (int)a->error.stage,
           a->error.message);
}

/* ---- what is left ---- */

typedef struct levels {
    LONG64 of[LEVELS];
} levels;
static const char *const level_names[LEVELS] = {"blocks of memory in the broker", "handles in the broker",
                                                "handles in the caller"};
static levels usual;

static levels measure(void) {
    levels now = {{control->blocks, (LONG64)handle_count(broker.process, broker.process_id),
                   (LONG64)handle_count(GetCurrentProcess(), GetCurrentProcessId())}};
    return now;
}

static bool within(const levels *now, const levels *most) {
    for (int i = 0; i < LEVELS; i++)
        if (now->of[i] > most->of[i]) return false;
    return true;
}

/* Measures until the values stop falling, and returns them. */
static levels settle(void) {
    levels now, last = measure();
    uint64_t deadline = deadline_in(SETTLE_MS);
    for (;;) {
        now = measure();
        if (within(&now, &usual) || deadline_passed(deadline)) return now;
        if (within(&last, &now)) break;
        last = now;
        Sleep(50);
    }
    Sleep(150);
    return measure();
}

/* ---- one fault ---- */

static void plant(int function, int n, LONG err) {
    control->fired = 0;
    control->error = err;
    control->countdown = n;
    InterlockedExchange(&control->target, function + 1);
}

static bool begin(const wchar_t *data);

static bool has_ended(void) {
    return WaitForSingleObject(broker.process, 0) == WAIT_OBJECT_0;
}

static bool next_works(void *context) {
    attempt a;
    ++*(int *)context;
    if (has_ended()) return true;
    launch(&a);
    if (a.err) Sleep(50); /* the audit retries twice a second */
    return !a.err && ran(&a);
}

/* After a successful launch, waits for the work that remains after the child's exit, which can fail too. */
static void finish_path(const attempt *a) {
    row r = {.of = a, .wanted = "started - 0"};
    if (!a->err) poll_until(row_is_there, &r, control->fired ? 0 : TEST_DEADLINE_MS);
}

static bool may_go_on(int function) {
    static const char lists[] =
#define Y(reason, functions) functions " "
        FAULTS_MAY_GO_ON(Y)
#undef Y
        ;
    size_t length = strlen(names[function]);
    for (const char *at = strstr(lists, names[function]); at; at = strstr(at + 1, names[function]))
        if ((at == lists || at[-1] == ' ') && at[length] == ' ') return true;
    return false;
}

static void check_attempt(const attempt *a, int function) {
    CHECK(a->ended);
    if (!a->err) {
        tally.went_on++;
        CHECK(may_go_on(function));
        CHECK(ran(a));
    } else if (a->error.stage == SB_STAGE_RECEIVE && ran(a)) {
        tally.unheard++; /* only the reply was lost */
    } else {
        tally.refused++;
        tally.stages[a->error.stage]++;
        CHECK(!ran(a));
        CHECK(a->error.stage != SB_STAGE_NONE);
        CHECK(a->error.message[0] != 0);
    }
    check_record(a);
}

/* Plants a failure in call n and launches. Returns false if there is no such call. */
static bool try_once(int function, int n, LONG err) {
    attempt a;
    int tries = 0;
    plant(function, n, err);
    launch(&a);
    finish_path(&a);
    bool fired = control->fired != 0;
    InterlockedExchange(&control->target, 0);
    if (!fired) return false;
    check_attempt(&a, function);
    CHECK(poll_until(next_works, &tries, TEST_DEADLINE_MS));
    tally.recovered += tries > 1;
    return true;
}

/* Checks for a leak: more is there than before, and it grows each time the fault is tried again. */
static void check_leak(int function, int n, LONG err, levels now) {
    bool grows[LEVELS] = {false}, any = true;
    levels first = usual;
    for (int i = 0; any && i <= CONFIRMATIONS; i++) {
        levels last = i ? now : usual;
        if (i) try_once(function, n, err);
        if (i) now = settle();
        any = false;
        for (int k = 0; k < LEVELS; k++) {
            grows[k] = now.of[k] > last.of[k] && (grows[k] || !i);
            any = any || grows[k];
        }
    }
    for (int k = 0; k < LEVELS; k++) {
        if (!CHECK(!grows[k])) printf("    %s: %lld, %lld before\n", level_names[k], now.of[k], first.of[k]);
        if (now.of[k] > usual.of[k]) usual.of[k] = now.of[k];
    }
}

static bool try_fault(int function, int n, LONG err) {
    char about[96];
    int failures = check_failures();
    snprintf(about, sizeof about, "%s, call %d", names[function], n);
    bool fired = try_once(function, n, err);
    if (!CHECK(!has_ended())) {
        broker_stop_keep(&broker);
        begin(broker.data);
    }
    if (!fired) return false;
    tally.faults++;
    levels now = settle();
    if (!within(&now, &usual)) check_leak(function, n, err, now);
    if (check_failures() > failures) printf("    with %s, error %ld\n", about, err);
    return true;
}

static bool is_sqlite(int function) {
    return !strncmp(names[function], "sqlite3_", 8);
}

/* Makes each call of the function fail, until it has no more calls. */
static void try_function(int function, int calls, int round, bool all) {
    LONG err = is_sqlite(function) ? errors[round].sqlite : errors[round].windows;
    int faults = 0, misses = 0, refused = tally.refused;
    if (!calls || (!all && may_go_on(function) && function != FAULTS_sqlite3_step)) return;
    for (int n = 1; misses < MISSES && (all || n == 1) && check_failures() < SHOWN_MOST; n++) {
        if (try_fault(function, n, err)) faults++, misses = 0;
        else misses++;
    }
    tally.functions++;
    printf("%-32s %5d calls, %5d made to fail, %5d launches refused\n", names[function], calls, faults,
           tally.refused - refused);
}

/* Counts how often a launch calls each function, and keeps the largest count of a few launches. */
static void count_calls(LONG ret_calls[FAULTS_COUNT]) {
    memset(ret_calls, 0, FAULTS_COUNT * sizeof *ret_calls);
    for (int i = 0; i < 4; i++) {
        attempt a;
        LONG before[FAULTS_COUNT];
        for (int f = 0; f < FAULTS_COUNT; f++) before[f] = control->calls[f];
        control->fired = 0;
        launch(&a);
        CHECK_INT(a.err, ERROR_SUCCESS);
        CHECK(ran(&a));
        finish_path(&a);
        for (int f = 0; f < FAULTS_COUNT; f++)
            if (control->calls[f] - before[f] > ret_calls[f]) ret_calls[f] = control->calls[f] - before[f];
    }
}

/* ---- the broker ---- */

static bool begin(const wchar_t *data) {
    wchar_t directory[MAX_PATH];
    swprintf(directory, MAX_PATH, L"%ls", data);
    if (!CHECK(broker_start_program(&broker, L"spawnbroker_faults.exe", directory))) return false;
    for (int i = 0; i < 3; i++) {
        attempt a;
        launch(&a);
        CHECK_INT(a.err, ERROR_SUCCESS);
    }
    Sleep(100);
    usual = measure();
    return true;
}

static int living(void) {
    int count = 0;
    PROCESSENTRY32W e = {.dwSize = sizeof e};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    for (BOOL more = Process32FirstW(all, &e); more; more = Process32NextW(all, &e))
        count += !_wcsicmp(e.szExeFile, L"test_helper.exe");
    CloseHandle(all);
    return count;
}

static bool none_living(void *context) {
    (void)context;
    return !living();
}

static void end(const wchar_t *data) {
    msg_status status;
    if (CHECK(raw_status(broker.pipe, &status))) CHECK_INT(status.children, 0);
    CHECK_INT(broker_stop_keep(&broker), 0);
    CHECK(poll_until(none_living, NULL, TEST_DEADLINE_MS));
    CHECK_INT(audit_findings(database, data), 0);
}

/* A broker that cannot revert to itself exits at once. Nothing of the launch runs, and the next broker
 * continues. */
static void cannot_revert(const wchar_t *data, int calls, bool all) {
    int tried = 0;
    check_about("RevertToSelf");
    for (int n = 1; n <= (all ? calls : 1); n++) {
        attempt a;
        if (!begin(data)) return;
        plant(FAULTS_RevertToSelf, n, 0);
        launch(&a);
        if (!control->fired) printf("    call %d did not come\n", n);
        CHECK(a.err != ERROR_SUCCESS && !ran(&a) && a.ended);
        CHECK_INT(WaitForSingleObject(broker.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        broker_stop_keep(&broker);
        CHECK_INT(audit_findings(database, data), 0);
        tried++;
    }
    printf("%-32s %5d calls, %5d made to fail, the broker ended each time\n", "RevertToSelf", calls, tried);
}

static bool share_control(void) {
    wchar_t name[64];
    swprintf(name, 64, L"Local\\sb-faults-%lu", GetCurrentProcessId());
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *control, name);
    control = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *control) : NULL;
    return control && SetEnvironmentVariableW(FAULTS_VARIABLE, name);
}

static void show(void) {
    printf("%d functions, %d faults: %d launches refused, %d went on all the same, %d whose answer was lost; "
           "%d times the audit took a moment to work again\nrefused at:",
           tally.functions, tally.faults, tally.refused, tally.went_on, tally.unheard, tally.recovered);
    for (int s = 0; s < STAGE_COUNT; s++)
        if (tally.stages[s]) printf(" %s %d", stage_name((stage)s), tally.stages[s]);
    printf("\n");
}

/* Returns the function of that name, or the first. It lets a long run continue where it stopped. */
static int first_function(const wchar_t *name) {
    char one[64];
    snprintf(one, sizeof one, "%ls", name ? name : L"");
    for (int f = 0; f < FAULTS_COUNT; f++)
        if (!strcmp(names[f], one)) return f;
    return 0;
}

int wmain(int argc, wchar_t **argv) {
    LONG calls[FAULTS_COUNT];
    wchar_t data[MAX_PATH];
    bool all = argc >= 3 && !wcscmp(argv[1], L"--rounds");
    int rounds = all ? (int)wcstol(argv[2], NULL, 10) : 1;
    const int most = (int)(sizeof errors / sizeof *errors);

    setvbuf(stdout, NULL, _IONBF, 0);
    if (rounds > most) rounds = most;
    if (!CHECK(directory_make_data(data, L"faults")) || !CHECK(share_control())) return 2;
    audit_path(data, L"audit.db", database);
    if (!begin(data)) return 2;
    count_calls(calls);

    for (int round = 0; round < rounds; round++) {
        printf("round %d of %d\n", round + 1, rounds);
        for (int f = first_function(argc > 3 ? argv[3] : NULL); f < FAULTS_RevertToSelf; f++)
            try_function(f, calls[f], round, all);
    }

    end(data);
    cannot_revert(data, calls[FAULTS_RevertToSelf], all);
    show();
    directory_remove(data);

    return check_report();
}
