/* Measures each piece of a launch by itself: the least time that it can take. The pieces run in rounds, as
 * the launches do. */
#include "tests/bench/bench.h"
#include "tests/bench/clock.h"
#include "service/win32/create.h"
#include "service/win32/job.h"
#include "service/win32/nt.h"
#include "tests/support/raw.h"
#include "service/win32/win.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { ROUNDS = 20, TIMES_A_ROUND = 20, BRIEF_TIMES = 2, MOST = ROUNDS * TIMES_A_ROUND, BLOCK = 4096 };

/* The objects that the pieces use. */
typedef struct bed {
    raw_client client;                /* connected to the broker */
    HANDLE broker, event, ours, file; /* ours: an end of a pipe; a thread answers at the other */
    HANDLE frozen;                    /* a child that never ran */
    DWORD frozen_pid;
} bed;

/* ---- pieces: each does its work once, and says for how long; negative: it failed ---- */

static int64_t ask_broker(bed *b) {
    msg_reply reply;
    size_t length;
    int64_t begun = clock_us();
    char *frame = msg_encode_list(b->client.next_id++, &length);
    if (!raw_call(&b->client, frame, length, &reply)) return -1;
    int64_t took = clock_us() - begun;
    msg_reply_free(&reply);
    return took;
}

static int64_t ask_pipe(bed *b) {
    char byte = 'x';
    DWORD done;
    int64_t begun = clock_us();
    bool good = WriteFile(b->ours, &byte, 1, &done, NULL) && ReadFile(b->ours, &byte, 1, &done, NULL);
    return good ? clock_us() - begun : -1;
}

static int64_t duplicate(bed *b) {
    HANDLE there, self = GetCurrentProcess();
    int64_t begun = clock_us();
    bool good = DuplicateHandle(self, b->event, b->broker, &there, 0, FALSE, DUPLICATE_SAME_ACCESS);
    int64_t took = clock_us() - begun;
    if (good) DuplicateHandle(b->broker, there, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE);
    return good ? took : -1;
}

static int64_t flush(bed *b) {
    static const char block[BLOCK];
    DWORD done;
    int64_t begun = clock_us();
    bool good = WriteFile(b->file, block, BLOCK, &done, NULL) && FlushFileBuffers(b->file);
    return good ? clock_us() - begun : -1;
}

static int64_t make_job(bed *b) {
    const msg_limits none = {0};
    (void)b;
    int64_t begun = clock_us();
    HANDLE job = CreateJobObjectW(NULL, NULL);
    bool good = job && !job_limit(job, &none, true);
    int64_t took = clock_us() - begun;
    if (job) CloseHandle(job);
    return good ? took : -1;
}

static void end(HANDLE process, HANDLE thread) {
    TerminateProcess(process, 0);
    CloseHandle(thread);
    CloseHandle(process);
}

/* Calls create_suspended, with or without a job. */
static int64_t create(bool in_job) {
    wchar_t line[512];
    const side like = {0};
    const way_launch launch = measure_launch(&like, 0, line);
    const char *what;
    PROCESS_INFORMATION made;
    HANDLE inheritable, self = GetCurrentProcess(), job = in_job ? CreateJobObjectW(NULL, NULL) : NULL;
    wchar_t *environment = GetEnvironmentStringsW(), directory[MAX_PATH];

    GetCurrentDirectoryW(MAX_PATH, directory);
    if (!DuplicateHandle(self, launch.nul, self, &inheritable, 0, TRUE, DUPLICATE_SAME_ACCESS)) return -1;
    const create_spec spec = {.image = launch.application,
                              .command_line = launch.line,
                              .environment = environment,
                              .directory = directory,
                              .handles = &inheritable,
                              .handle_count = 1,
                              .std = {inheritable, inheritable, inheritable},
                              .jobs = &job,
                              .job_count = job != NULL,
                              .flags = CREATE_NO_WINDOW};
    int64_t begun = clock_us();
    DWORD err = create_suspended(&spec, &made, &what);
    int64_t took = clock_us() - begun;
    if (!err) end(made.hProcess, made.hThread);
    FreeEnvironmentStringsW(environment);
    CloseHandle(inheritable);
    win_close(&job);

    return err ? -1 : took;
}

static int64_t create_plain(bed *b) {
    (void)b;
    return create(false);
}

static int64_t create_in_job(bed *b) {
    (void)b;
    return create(true);
}

static int64_t read_table(bed *b) {
    nt_handle *table;
    size_t count;
    int64_t begun = clock_us();
    DWORD err = nt_handle_table(b->frozen, b->frozen_pid, &table, &count);
    int64_t took = clock_us() - begun;
    if (!err) free(table);
    return err ? -1 : took;
}

typedef struct piece {
    const char *what;
    int64_t (*run)(bed *b);
    double us[MOST];
    size_t count;
} piece;

static piece pieces[] = {
    {.what = "a byte to a thread and back by pipe", .run = ask_pipe},
    {.what = "the least request (list) and reply", .run = ask_broker},
    {.what = "one DuplicateHandle", .run = duplicate},
    {.what = "a job with its limits", .run = make_job},
    {.what = "CreateProcess, frozen, a handle list", .run = create_plain},
    {.what = "the same in a job", .run = create_in_job},
    {.what = "reading a child's handle table", .run = read_table},
    {.what = "4 KiB to a file, and flushed", .run = flush},
};
enum { PIECES = sizeof pieces / sizeof *pieces };

/* ---- the bed ---- */

static unsigned __stdcall answer(void *context) {
    HANDLE far_end = context;
    char byte;
    DWORD done;
    while (ReadFile(far_end, &byte, 1, &done, NULL) && done && WriteFile(far_end, &byte, 1, &done, NULL))
        continue;
    CloseHandle(far_end);
    return 0;
}

static HANDLE open_echo(HANDLE *ret_thread) {
    wchar_t name[64];
    swprintf(name, 64, L"\\\\.\\pipe\\sb-bench-%lu", GetCurrentProcessId());
    HANDLE far_end = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, BLOCK, BLOCK, 0, NULL);
    HANDLE near_end = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    bool good = far_end != INVALID_HANDLE_VALUE && near_end != INVALID_HANDLE_VALUE;
    *ret_thread = good ? (HANDLE)_beginthreadex(NULL, 0, answer, far_end, 0, NULL) : NULL;
    return *ret_thread ? near_end : NULL;
}

static bool freeze_child(bed *b) {
    wchar_t line[512];
    const side like = {0};
    const way_launch launch = measure_launch(&like, 0, line);
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    if (!CreateProcessW(launch.application, launch.line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL,
                        &start, &made))
        return false;
    CloseHandle(made.hThread);
    b->frozen = made.hProcess;
    b->frozen_pid = made.dwProcessId;
    return true;
}

static bool run_rounds(bed *b, int rounds, int times) {
    bool good = true;
    for (int i = 0; good && i < rounds * PIECES; i++) {
        piece *p = &pieces[i % PIECES];
        for (int k = 0; good && k < times; k++) {
            int64_t us = p->run(b);
            good = us >= 0;
            p->us[p->count++] = (double)us;
        }
        if (!good) fprintf(stderr, "%s: error %lu\n", p->what, GetLastError());
    }
    return good;
}

bool bench_pieces(const bench *b) {
    wchar_t path[MAX_PATH];
    HANDLE echo = NULL;
    bed all = {.broker = b->ways[BENCH_BROKER].broker.process,
               .event = CreateEventW(NULL, TRUE, FALSE, NULL)};

    report_part("pieces",
                "What a launch is made of, each by itself, in this process (the second: by the broker).");
    report_columns("piece", bench_quantiles, 3);
    swprintf(path, MAX_PATH, L"%ls\\flushed", b->ways[BENCH_BROKER].broker.data);
    all.file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    all.ours = open_echo(&echo);
    bool good = raw_open(&all.client, b->ways[BENCH_BROKER].broker.pipe) && raw_hello(&all.client) &&
                all.event && all.ours && all.file != INVALID_HANDLE_VALUE && freeze_child(&all) &&
                run_rounds(&all, b->brief ? 1 : ROUNDS, b->brief ? BRIEF_TIMES : TIMES_A_ROUND);
    for (int i = 0; good && i < PIECES; i++) bench_times(pieces[i].what, pieces[i].us, pieces[i].count);
    report_end("");
    if (all.frozen) TerminateProcess(all.frozen, 0);
    win_close(&all.frozen);
    win_close(&all.ours); /* its thread then ends */
    if (echo) WaitForSingleObject(echo, TEST_DEADLINE_MS);
    win_close(&echo);
    if (all.file != INVALID_HANDLE_VALUE) CloseHandle(all.file);
    win_close(&all.event);
    raw_close(&all.client);

    return good;
}
