/* A hostile client sends every frame of the corpus, cut at every byte, and mixes of frames, while a good
 * client launches children with handles. The good client must not notice: each of its launches is exact, and
 * fast enough. Afterwards the broker is as before. hostile [--rounds N] [--stride N] [--seed N] [--crowd N]
 * CORPUS */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/load/hostile.h"
#include "service/win32/nt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    QUIET = 12, /* launches to compare with */
    MEANWHILE_MOST = 4096,
    EVENTS_MOST = 4,
    TYPES_MOST = 64,
    HANDLES_MORE = 12, /* threads of the system's pool come and go; each has a few handles */
    THREADS_MORE = 8,
    IDLE_MS = 7000,
    MEMORY_MORE = 128 * 1024 * 1024 /* for the largest number of connections at once, which varies */
};

typedef struct times {
    int64_t us[MEANWHILE_MOST];
    int count;
} times;

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t quantile(times *t, int percent) {
    qsort(t->us, (size_t)t->count, sizeof *t->us, compare);
    return t->count ? t->us[(t->count - 1) * percent / 100] : 0;
}

/* Launches a child with some named events. It has exactly these, NUL, and the pipe that is its output. */
static void launch_one(sb_client *client, int number, times *ret) {
    static const wchar_t *const names[EVENTS_MOST] = {L"one", L"two", L"three", L"four"};
    static const char *const types[EVENTS_MOST] = {"Event", "Event", "Event", "Event"};
    child_result result;
    HANDLE reading = NULL, writing = NULL;
    sb_handle handles[EVENTS_MOST];
    wchar_t line[1024];
    size_t count = (size_t)number % (EVENTS_MOST + 1);
    sb_process process = {0};
    sb_error error = {0};

    memset(&result, 0, sizeof result);
    sb_spawn_options options = helper_options(L"handles names exit:7", line, 1024);
    for (size_t i = 0; i < count; i++)
        handles[i] = (sb_handle){.name = names[i], .handle = CreateEventW(NULL, TRUE, FALSE, NULL)};
    options.handles = handles;
    options.handle_count = count;
    CHECK(CreatePipe(&reading, &writing, NULL, 0));
    options.std_output = writing;
    int64_t start = ticks_us();
    DWORD err = sb_spawn(client, &options, &process, &error);
    int64_t took = ticks_us() - start;
    CloseHandle(writing);

    if (!CHECK_INT(err, ERROR_SUCCESS)) {
        printf("    %ls\n", error.message);
    } else {
        CHECK(read_to_end(reading, result.output, sizeof result.output, TEST_DEADLINE_MS));
        CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        GetExitCodeProcess(process.process, &result.exit_code);
        CHECK_INT(result.exit_code, 7);
        if (!CHECK(child_is_exact(result.output, handles, types, count)))
            printf("    of %zu events: %s\n", count, result.output);
        if (ret->count < MEANWHILE_MOST) ret->us[ret->count++] = took;
        CHECK(took < TEST_DEADLINE_MS * INT64_C(1000));
        sb_process_close(&process);
    }
    CloseHandle(reading);
    for (size_t i = 0; i < count; i++) CloseHandle(handles[i].handle);
}

typedef struct level {
    const test_broker *broker;
    int64_t handles, threads, memory;
    msg_status now;
    int64_t handles_now;
} level;

static bool is_idle(void *context) {
    level *l = context;
    return raw_status(l->broker->pipe, &l->now) && l->now.connections <= 1 && l->now.children == 0 &&
           l->now.in_flight <= 1;
}

/* A thread of the system's pool exits after five idle seconds, and the threads take turns: each look gives
 * some of them work. So it looks seldom. */
static bool is_back(void *context) {
    level *l = context;
    Sleep(IDLE_MS);
    l->handles_now = (int64_t)handle_count(l->broker->process, l->broker->process_id);
    return is_idle(l) && l->handles_now <= l->handles && l->now.threads <= l->threads &&
           l->now.working_set_bytes <= l->memory;
}

/* Runs the hostile client of that plan to its end, and launches children meanwhile. */
static void meanwhile(const hostile_plan *plan, sb_client *client, const hostile_tally *tally,
                      const wchar_t *share, times *ret) {
    HANDLE process = NULL;
    uint64_t said = GetTickCount64();
    if (!CHECK(hostile_start(plan, share, &process))) return;

    int failed = check_failures();
    for (int i = 0; WaitForSingleObject(process, 0) == WAIT_TIMEOUT && check_failures() < failed + 10; i++) {
        launch_one(client, i, ret);
        if (GetTickCount64() - said < 60000) continue;
        said = GetTickCount64();
        printf("%lld cuts, %lld connections; %d launches meanwhile\n", (long long)tally->cuts,
               (long long)tally->connections, i + 1);
        fflush(stdout);
    }

    DWORD code = STILL_ACTIVE;
    if (WaitForSingleObject(process, TEST_DEADLINE_MS) != WAIT_OBJECT_0) TerminateProcess(process, 1);
    WaitForSingleObject(process, TEST_DEADLINE_MS);
    GetExitCodeProcess(process, &code);
    CHECK_INT(code, 0);
    CloseHandle(process);
}

static void show(const hostile_tally *t, times *quiet, times *loud) {
    printf("hostile: %lld cuts (%lld dropped, %lld stalled, %lld gone on with another frame), %lld whole "
           "frames, %lld mixed, %lld "
           "requests beyond the limit, %lld bytes, %lld connections, %lld of them unread, %lld refused\n",
           (long long)t->cuts, (long long)t->dropped, (long long)t->stalled, (long long)t->continued,
           (long long)t->frames, (long long)t->mixed, (long long)t->beyond, (long long)t->bytes,
           (long long)t->connections, (long long)t->unread, (long long)t->refused);
    int64_t before = quantile(quiet, 50), during = quantile(loud, 50);
    printf("good: %d launches; median %lld us, %lld us without the hostile one: %.2f times; slowest tenth "
           "from %lld us, %lld us without\n",
           loud->count, (long long)during, (long long)before, before ? (double)during / (double)before : 0,
           (long long)quantile(loud, 90), (long long)quantile(quiet, 90));
}

static bool arguments(int argc, wchar_t **argv, hostile_plan *ret) {
    int at = 1;
    while (option_number(argc, argv, &at, L"--rounds", &ret->rounds) ||
           option_number(argc, argv, &at, L"--stride", &ret->stride) ||
           option_number(argc, argv, &at, L"--seed", &ret->seed) ||
           option_number(argc, argv, &at, L"--crowd", &ret->crowd))
        continue;
    if (at + 1 != argc || !ret->rounds || !ret->stride) {
        printf("usage: hostile [--rounds N] [--stride N] [--seed N] [--crowd N] CORPUS\n");
        return false;
    }
    wcsncpy(ret->corpus, argv[at], MAX_PATH - 1);
    return true;
}

static void show_level(const level *l) {
    printf("broker: %lld handles, %lld threads, %lld KiB; %lld connections, %lld children, %lld under way\n",
           (long long)l->handles_now, (long long)l->now.threads, (long long)l->now.working_set_bytes / 1024,
           (long long)l->now.connections, (long long)l->now.children, (long long)l->now.in_flight);
}

/* Prints the broker's handles by type, which shows what is left. */
static void show_types(const test_broker *broker) {
    static struct {
        char type[sizeof((nt_object *)0)->type];
        int count;
    } types[TYPES_MOST];
    nt_handle *table;
    size_t count, used = 0, k;

    memset(types, 0, sizeof types);
    if (nt_handle_table(broker->process, broker->process_id, &table, &count)) return;
    for (size_t i = 0; i < count; i++) {
        HANDLE copy = NULL;
        nt_object object = {0};
        if (!DuplicateHandle(broker->process, table[i].value, GetCurrentProcess(), &copy, 0, FALSE,
                             DUPLICATE_SAME_ACCESS))
            continue;
        bool known = !nt_query_object(copy, &object);
        CloseHandle(copy);
        for (k = 0; known && k < used && strcmp(types[k].type, object.type); k++) continue;
        if (!known || k == TYPES_MOST) continue;
        if (k == used) strcpy(types[used++].type, object.type);
        types[k].count++;
    }

    free(table);
    printf("   ");
    for (k = 0; k < used; k++) printf(" %d %s", types[k].count, types[k].type);
    printf("\n");
}

/* Uses everything once, because what the broker opens at its first use is not a leak. */
static void warm_up(hostile_plan plan, hostile_tally *tally, const wchar_t *share, level *l) {
    static times ignored;
    sb_client *client = broker_connect(plan.pipe);
    check_about("warm-up");
    plan.rounds = 1;
    plan.stride *= 5;
    if (!CHECK(client != NULL)) return;
    meanwhile(&plan, client, tally, share, &ignored);
    sb_disconnect(client);
    CHECK(poll_until(is_idle, l, 2 * TEST_DEADLINE_MS));
    l->handles_now = (int64_t)handle_count(l->broker->process, l->broker->process_id);
    l->handles = l->handles_now + HANDLES_MORE;
    l->threads = l->now.threads + THREADS_MORE;
    l->memory = l->now.working_set_bytes + MEMORY_MORE;
    show_level(l);
    show_types(l->broker);
    memset(tally, 0, sizeof *tally);
}

static void compare_both(const hostile_plan *plan, hostile_tally *tally, const wchar_t *share) {
    static times quiet, loud;
    sb_client *client = broker_connect(plan->pipe);
    check_about("without the hostile client");
    if (!CHECK(client != NULL)) return;
    for (int i = 0; i < QUIET; i++) launch_one(client, i, &quiet);
    check_about("with it");
    meanwhile(plan, client, tally, share, &loud);
    CHECK_INT(tally->done, 1);
    CHECK(loud.count > 0);
    show(tally, &quiet, &loud);
    sb_disconnect(client);
}

static void check_afterwards(test_broker *broker, level *l) {
    char database[AUDIT_PATH_BYTES];
    check_about("afterwards");
    if (!CHECK(poll_until(is_back, l, 2 * TEST_DEADLINE_MS)))
        printf("    at most %lld handles, %lld threads, %lld KiB and nothing under way are wanted\n",
               (long long)l->handles, (long long)l->threads, (long long)l->memory / 1024);
    show_level(l);
    show_types(broker);
    CHECK_INT(processes_of(L"test_helper.exe"), 0);
    CHECK_INT(broker_stop_keep(broker), 0);
    audit_path(broker->data, L"audit.db", database);
    if (CHECK_INT(audit_findings(database, broker->data), 0)) printf("the audit's chain is whole\n");
    directory_remove(broker->data);
}

int wmain(int argc, wchar_t **argv) {
    static hostile_plan plan = {.stride = 1, .rounds = 1, .seed = 1, .crowd = 1000};
    wchar_t share[64];
    test_broker broker;
    if (argc == 9 && !wcscmp(argv[1], L"--hostile")) return hostile_main(argv + 2);
    if (!arguments(argc, argv, &plan)) return 2;
    swprintf(share, 64, L"sb-hostile-%lu", GetCurrentProcessId());
    hostile_tally *tally = hostile_share(share);
    if (!tally || !broker_start(&broker, NULL)) return 2;
    level l = {.broker = &broker};
    wcscpy(plan.pipe, broker.pipe);
    printf("seed %u, %u rounds of every %u. cut, %u connections at a time\n", plan.seed, plan.rounds,
           plan.stride, plan.crowd);
    warm_up(plan, tally, share, &l);
    compare_both(&plan, tally, share);
    check_afterwards(&broker, &l);
    return check_report();
}
