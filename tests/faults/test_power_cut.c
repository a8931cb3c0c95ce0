/* Kills the broker during launches, again and again: at random times, and at times that sweep the length of a
 * launch. Each time, no child has run without a record, no child is left suspended, the database opens, and
 * its chain verifies. --rounds N. */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/child.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>
#include <wchar.h>

enum { THREADS = 4, LAUNCHES_MOST = 200, PIPE_BYTES = 1024 * 1024, SWEEP = 16 };

typedef struct round {
    int number, threads;
    test_broker broker;
    sb_client *client;
    HANDLE said; /* where children write their names */
    volatile LONG begun;
    HANDLE first; /* set when the first launch is about to be requested */
} round;

typedef struct worker {
    round *r;
    int thread;
} worker;

/* How far launches had come when the broker was killed. */
typedef struct tally {
    int rounds, ran, unrecorded, undecided, started;
    int stillborn; /* processes that Wine left without a thread */
} tally;

static unsigned __stdcall work(void *context) {
    worker *w = context;
    round *r = w->r;
    wchar_t line[1024], actions[128];
    sb_handle said = {.name = L"said", .handle = r->said};
    sb_error error;

    for (int i = 0; i < LAUNCHES_MOST; i++) {
        sb_process process;
        swprintf(actions, 128, L"write:said:<r%dt%dn%d>", r->number, w->thread, i);
        sb_spawn_options options = helper_options(actions, line, 1024);
        options.handles = &said;
        options.handle_count = 1;
        InterlockedIncrement(&r->begun);
        SetEvent(r->first);
        if (sb_spawn(r->client, &options, &process, &error)) break;
        if (r->threads == 1) WaitForSingleObject(process.process, TEST_DEADLINE_MS);
        sb_process_close(&process);
    }

    return 0;
}

/* Returns the command lines of one round's launches, one a line, each with its outcome. */
static char *recorded(const char *database, int number) {
    char sql[256];
    size_t room = 1 << 20, used = 0;
    char *text = calloc(1, room);
    audit_error error = {0};
    db *d = NULL;
    db_statement *s = NULL;
    db_row row;
    bool found = true;

    snprintf(sql, sizeof sql,
             "SELECT command_line, outcome FROM launches WHERE command_line LIKE '%%<r%dt%%'", number);
    bool ok = text && db_open(database, DB_FOR_READING, &d, &error) && db_prepare(d, sql, &s, &error);
    db_args args = db_with(s);
    while (ok && (ok = db_next(&args, "reading", &row, &found, &error)) && found) {
        const char *line = db_get_text(&row), *outcome = db_get_text(&row);
        used += (size_t)snprintf(text + used, room - used, "%s %s\n", line, outcome);
    }

    if (!CHECK(ok)) printf("    %s\n", error.message);
    if (s) db_end(&args);
    db_finalize(&s);
    db_close(&d);

    return text;
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) count++;
    return count;
}

/* Checks that every child that said it ran has a record. */
static void check_records(const round *r, const char *database, const char *said, tally *t) {
    char *rows = recorded(database, r->number), token[64];
    if (!rows) return;
    for (const char *at = strchr(said, '<'); at; at = strchr(at + 1, '<'), t->ran++) {
        int length = (int)(strchr(at, '>') - at) + 1;
        snprintf(token, sizeof token, "%.*s", length, at);
        if (!CHECK(strstr(rows, token) != NULL)) printf("    %s ran, and is not on record\n", token);
    }
    int all = count_of(rows, "\n");
    t->undecided += count_of(rows, " pending\n");
    t->started += count_of(rows, " started\n");
    t->unrecorded += (int)r->begun - all;
    free(rows);
}

/* Waits that long after the first request, more precisely than Sleep can. */
static void wait_us(int64_t us) {
    LARGE_INTEGER start, now, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
    do QueryPerformanceCounter(&now);
    while ((now.QuadPart - start.QuadPart) * 1000000 / frequency.QuadPart < us);
}

/* Returns how many children of the test run. */
static int living(void) {
    int count = 0;
    PROCESSENTRY32W e = {.dwSize = sizeof e};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (all == INVALID_HANDLE_VALUE) return -1;
    for (BOOL more = Process32FirstW(all, &e); more; more = Process32NextW(all, &e))
        count += !_wcsicmp(e.szExeFile, L"test_helper.exe");
    CloseHandle(all);
    return count;
}

/* Reads what the children write, until none has the pipe any more. A suspended child would hold it for ever.
 * QUIRK wine 8: if a process is killed while it creates another, the new process can be left without a thread
 * but with its handles. It is in no list and never runs. CURE: none. The test recognises it: a suspended
 * child would be in the list. */
static bool all_ended(HANDLE reader, char *said, size_t size, int *stillborn) {
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    size_t used = 0;
    while (!deadline_passed(deadline)) {
        bool ended = read_to_end(reader, said + used, size - used, 3000);
        used += strlen(said + used);
        if (ended) return true;
        if (!on_wine() || living() != 0) continue;
        ++*stillborn;
        return true;
    }
    return false;
}

static void play(round *r, const wchar_t *data, const char *database, int64_t kill_us, tally *t) {
    static char said[PIPE_BYTES];
    char pending[AUDIT_TEXT_BYTES];
    HANDLE reader = NULL, threads[THREADS];
    worker workers[THREADS];

    if (!CHECK(broker_start(&r->broker, data))) return;
    audit_text(database, "SELECT count(*) FROM launches WHERE outcome = 'pending'", pending);
    CHECK_TEXT(pending, "0"); /* the broker has decided what the last round left open */
    CHECK(CreatePipe(&reader, &r->said, NULL, PIPE_BYTES));
    r->first = CreateEventW(NULL, FALSE, FALSE, NULL);
    r->client = broker_connect_once(r->broker.pipe);
    CHECK(r->client != NULL);
    for (int i = 0; i < r->threads; i++) {
        workers[i] = (worker){r, i};
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, work, &workers[i], 0, NULL);
    }

    WaitForSingleObject(r->first, TEST_DEADLINE_MS);
    wait_us(kill_us);
    TerminateProcess(r->broker.process, 9);
    CHECK(WaitForSingleObject(r->broker.process, TEST_DEADLINE_MS) == WAIT_OBJECT_0);
    CHECK(WaitForMultipleObjects((DWORD)r->threads, threads, TRUE, TEST_DEADLINE_MS) != WAIT_TIMEOUT);
    for (int i = 0; i < r->threads; i++) CloseHandle(threads[i]);
    sb_disconnect(r->client);
    CloseHandle(r->said);
    CloseHandle(r->first);
    broker_stop_keep(&r->broker);
    CHECK(all_ended(reader, said, sizeof said, &t->stillborn));
    CloseHandle(reader);
    CHECK_INT(audit_findings(database, data), 0);
    check_records(r, database, said, t);
    t->rounds++;
}

/* Returns how long a launch takes here, in microseconds. */
static int64_t launch_us(const wchar_t *data, const char *database) {
    char text[AUDIT_TEXT_BYTES];
    tally ignored = {0};
    int64_t us = 0;
    for (int64_t wait = 400000; us <= 0 && wait < TEST_DEADLINE_MS * INT64_C(1000);
         wait *= 2) { /* for a busy machine */
        round r = {.number = 0, .threads = 1};
        play(&r, data, database, wait, &ignored);
        audit_text(database, "SELECT CAST(avg(total_us) AS INTEGER) FROM launches WHERE outcome = 'started'",
                   text);
        us = atoll(text);
    }
    return us > 0 ? us : 400000;
}

static void show(const char *what, const tally *t) {
    printf("%s: %d kills; %d children ran, each on record; of the launches, %d were not yet on record, %d "
           "without an outcome, "
           "%d started\n",
           what, t->rounds, t->ran, t->unrecorded, t->undecided, t->started);
    if (t->stillborn) printf("    in %d rounds Wine left a process that never came to be\n", t->stillborn);
}

int wmain(int argc, wchar_t **argv) {
    int rounds = argc == 3 && !wcscmp(argv[1], L"--rounds") ? (int)wcstol(argv[2], NULL, 10) : 200;
    wchar_t data[MAX_PATH];
    char database[AUDIT_PATH_BYTES];
    tally random = {0}, sweep = {0};
    unsigned seed = GetTickCount();

    srand(seed);
    printf("seed %u\n", seed);
    if (!directory_make_data(data, L"power-cut")) return 2;
    audit_path(data, L"audit.db", database);
    int64_t whole = launch_us(data, database);
    printf("a launch takes %lld us, and as long again until it is asked for\n", (long long)whole);

    for (int i = 1; i <= rounds && check_failures() < 10; i++) {
        round r = {.number = i, .threads = i % 2 ? THREADS : 1};
        if (i % 2) play(&r, data, database, (rand() * 32768LL + rand()) % (4 * whole), &random);
        else play(&r, data, database, 2 * whole * (i / 2 % SWEEP) / SWEEP, &sweep);
        if (i % 20 == 0) printf("%d of %d\n", i, rounds);
    }

    show("at random, under load", &random);
    show("swept over a launch", &sweep);
    CHECK(sweep.unrecorded > 0 && random.ran > 0);
    directory_remove(data);

    return check_report();
}
