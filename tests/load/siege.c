/* All attacks at once on one broker: those of tests/attacks in turn, each on a thread of its own, and the
 * hostile client with its frames. Meanwhile a good client launches a child every second. It prints how long
 * each had to wait, and how the broker's memory and its audit grew; each has a bound. siege [--seconds N]
 * [--wait MS] [--seed N] CORPUS
 */
#include "tests/attacks/attacks.h"
#include "tests/load/hostile.h"

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    QUIET = 5, /* launches to compare with */
    EVERY_MS = 1000,
    PAUSE_MS = 200, /* between the rounds of an attack: it is the broker that must wait, not the processor */
    MIB = 1024 * 1024,
    MEMORY_MOST_MIB = 300,
    AUDIT_MOST_MIB = 50,
    LATER_MS = 5000 /* how long the attackers may take to end */
};

static const struct {
    const char *name;
    void (*run)(const attack_target *target);
} rounds[] = {
#define X(name) {#name, attack_round_##name},
    ATTACK_ROUNDS(X)
#undef X
};
enum { ROUNDS = sizeof rounds / sizeof *rounds };

/* What the processes share, in a named section. */
typedef struct siege_share {
    attack_target target;
    volatile LONG stop;
    volatile LONG64 begun[ROUNDS]; /* rounds of each attack */
} siege_share;

static siege_share *share_of(const wchar_t *name) {
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(siege_share), name);
    siege_share *view =
        section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *view) : NULL;
    if (!view) printf("sharing %ls: error %lu\n", name, GetLastError());
    return view; /* the section and the view live as long as the process */
}

/* ---- the attackers' process ---- */

static siege_share *attackers_share;

static DWORD WINAPI attack(void *context) {
    const size_t which = (size_t)(ULONG_PTR)context;
    while (!attackers_share->stop) {
        InterlockedIncrement64(&attackers_share->begun[which]);
        rounds[which].run(&attackers_share->target);
        Sleep(PAUSE_MS);
    }
    return 0;
}

static int attackers_main(const wchar_t *name) {
    HANDLE threads[ROUNDS];
    if (!(attackers_share = share_of(name))) return 2;
    for (size_t i = 0; i < ROUNDS; i++)
        threads[i] = CreateThread(NULL, 0, attack, (void *)(ULONG_PTR)i, 0, NULL);
    WaitForMultipleObjects(ROUNDS, threads, TRUE, INFINITE);
    return 0;
}

/* Starts this program as the attackers. What they print is of no use: their checks fail when they get in each
 * other's way. */
static HANDLE start_attackers(const wchar_t *name) {
    wchar_t program[MAX_PATH], line[2 * MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    PROCESS_INFORMATION made;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 2 * MAX_PATH, L"\"%ls\" --attackers %ls", program, name);
    start.hStdOutput = start.hStdError =
        CreateFileW(L"NUL", GENERIC_WRITE, 0, &inheritable, OPEN_EXISTING, 0, NULL);
    BOOL good = CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made);
    CloseHandle(start.hStdOutput);
    if (!CHECK(good)) return NULL;
    CloseHandle(made.hThread);
    return made.hProcess;
}

/* ---- the good client ---- */

typedef struct waits {
    int64_t longest_us, sum_us;
    int count;
} waits;

/* Launches a child with a handle, which must get it, and adds up how long the launch took. */
static void launch_one(sb_client *client, waits *ret) {
    wchar_t line[1024];
    sb_process process;
    sb_error error = {0};
    DWORD code = STILL_ACTIVE;
    const sb_handle event = {.name = L"event", .handle = CreateEventW(NULL, TRUE, FALSE, NULL)};
    sb_spawn_options options = helper_options(L"exit:7", line, 1024);
    options.handles = &event;
    options.handle_count = 1;
    options.timeout_ms = TEST_DEADLINE_MS;

    int64_t start = ticks_us();
    DWORD err = sb_spawn(client, &options, &process, &error);
    int64_t took = ticks_us() - start;
    CloseHandle(event.handle);
    if (!CHECK_INT(err, ERROR_SUCCESS)) {
        printf("    %ls\n", error.message);
        return;
    }

    CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(process.process, &code);
    CHECK_INT(code, 7);
    sb_process_close(&process);
    ret->count++;
    ret->sum_us += took;
    if (took > ret->longest_us) ret->longest_us = took;
}

/* ---- the table ---- */

typedef struct siege {
    test_broker broker;
    siege_share *share;
    hostile_tally *tally;
    unsigned seconds, wait_ms, seed;
    waits quiet, loud;
    int64_t memory, audit_before, audit; /* bytes: the most, and at the start, and now */
} siege;

static void look(siege *s) {
    PROCESS_MEMORY_COUNTERS m = {.cb = sizeof m};
    if (CHECK(K32GetProcessMemoryInfo(s->broker.process, &m, sizeof m)) &&
        (int64_t)m.WorkingSetSize > s->memory)
        s->memory = (int64_t)m.WorkingSetSize;
    s->audit = attack_audit_bytes(&s->broker);
}

static int64_t mean(const waits *w) {
    return w->count ? w->sum_us / w->count : 0;
}

static void row(const char *what, int64_t got, int64_t most, const char *unit) {
    printf("%-32s %8lld %-3s (at most %lld)%s\n", what, (long long)got, unit, (long long)most,
           got > most ? "  TOO MUCH" : "");
    check_about(what);
    CHECK(got <= most);
}

static void show(const siege *s) {
    const hostile_tally *t = s->tally;
    for (size_t i = 0; i < ROUNDS; i++) {
        printf("%-32s %8lld rounds\n", rounds[i].name, (long long)s->share->begun[i]);
        check_about(rounds[i].name);
        CHECK(s->share->begun[i] > 0);
    }
    printf("%-32s %8lld cuts, %lld mixed frames, %lld connections\n", "frames", (long long)t->cuts,
           (long long)t->mixed, (long long)t->connections);
    check_about("frames");
    CHECK(t->cuts > 0 && t->mixed > 0);

    printf("%-32s %8d, on average %lld ms; %lld ms in quiet\n", "good launches", s->loud.count,
           (long long)mean(&s->loud) / 1000, (long long)mean(&s->quiet) / 1000);
    row("longest wait of a good launch", (s->loud.longest_us - mean(&s->quiet)) / 1000, s->wait_ms, "ms");
    row("the broker's memory", s->memory / MIB, MEMORY_MOST_MIB, "MiB");
    row("the audit's growth", (s->audit - s->audit_before) / MIB, AUDIT_MOST_MIB, "MiB");
}

/* ---- the siege ---- */

static void end_process(HANDLE process) {
    if (!process) return;
    if (WaitForSingleObject(process, LATER_MS) != WAIT_OBJECT_0) TerminateProcess(process, 1);
    WaitForSingleObject(process, TEST_DEADLINE_MS);
    CloseHandle(process);
}

static void besiege(siege *s, sb_client *client) {
    const uint64_t begun = GetTickCount64(), end = begun + s->seconds * UINT64_C(1000);
    for (uint64_t next = begun, told = begun; next < end && check_failures() < 10; next += EVERY_MS) {
        const uint64_t now = GetTickCount64();
        if (now < next) Sleep((DWORD)(next - now));
        launch_one(client, &s->loud);
        look(s);
        if (GetTickCount64() - told < 60000) continue;
        told = GetTickCount64();
        printf("%llu s: %d launches, longest %lld ms; %lld MiB of memory, %lld MiB of audit\n",
               (unsigned long long)(told - begun) / 1000, s->loud.count, (long long)s->loud.longest_us / 1000,
               (long long)s->memory / MIB, (long long)s->audit / MIB);
        fflush(stdout);
    }
}

static void run(siege *s, const wchar_t *name, hostile_plan *plan) {
    HANDLE attackers = NULL, hostile = NULL;
    sb_client *client = broker_connect(s->broker.pipe);
    if (!CHECK(client != NULL)) return;
    check_about("in quiet");
    for (int i = 0; i < QUIET; i++) launch_one(client, &s->quiet);
    look(s);
    s->audit_before = s->audit;

    check_about("besieged");
    wcscpy(plan->pipe, s->broker.pipe);
    if ((attackers = start_attackers(name)) != NULL && CHECK(hostile_start(plan, name + 1, &hostile)))
        besiege(s, client);
    InterlockedExchange(&s->share->stop, 1);
    InterlockedExchange(&s->tally->stop, 1);
    end_process(attackers);
    end_process(hostile);

    check_about("afterwards");
    attack_target_calm();
    launch_one(client, &s->loud);
    look(s);
    sb_disconnect(client);
    show(s);
}

static bool arguments(int argc, wchar_t **argv, siege *s, hostile_plan *ret_plan) {
    int at = 1;
    while (option_number(argc, argv, &at, L"--seconds", &s->seconds) ||
           option_number(argc, argv, &at, L"--wait", &s->wait_ms) ||
           option_number(argc, argv, &at, L"--seed", &s->seed))
        continue;
    if (at + 1 != argc || !s->seconds) {
        printf("usage: siege [--seconds N] [--wait MS] [--seed N] CORPUS\n");
        return false;
    }
    *ret_plan = (hostile_plan){.stride = 1, .rounds = 1000, .seed = s->seed, .crowd = 100};
    wcsncpy(ret_plan->corpus, argv[at], MAX_PATH - 1);
    return true;
}

int wmain(int argc, wchar_t **argv) {
    static siege s = {.seconds = 600, .wait_ms = 2000, .seed = 1};
    static hostile_plan plan;
    wchar_t name[64];
    if (argc == 9 && !wcscmp(argv[1], L"--hostile")) return hostile_main(argv + 2);
    if (argc == 3 && !wcscmp(argv[1], L"--attackers")) return attackers_main(argv[2]);
    if (argc == 4 && !wcscmp(argv[1], L"act")) return attack_act_squat(argv[3]);
    if (!arguments(argc, argv, &s, &plan)) return 2;

    swprintf(name, 64, L"Xsb-siege-%lu", GetCurrentProcessId());
    s.share = share_of(name);
    s.tally = hostile_share(name + 1);
    if (!s.share || !s.tally || !attack_target_start(&s.broker, &s.share->target)) return 2;
    printf("%u seconds, seed %u\n", s.seconds, s.seed);
    fflush(stdout);
    run(&s, name, &plan);
    CHECK_INT(broker_stop(&s.broker), 0);
    attack_target_remove();
    return check_report();
}
