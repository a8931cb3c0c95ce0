/* Measures launches while the broker, or the caller, carries a load. */
#include "tests/bench/bench.h"
#include "tests/support/raw.h"

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds some ways without the load, then with it. Each is compared with itself without the load, or with the
 * direct way in the same state. */
static size_t add_both(const bench *b, const int *ways, size_t count, const char *without, const char *with,
                       bool against_itself, side *sides) {
    for (size_t i = 0; i < 2 * count; i++) {
        bool loaded = i >= count;
        const side *itself = &sides[i % count], *direct = &sides[loaded ? count : 0];
        sides[i] = (side){.what = loaded ? with : without,
                          .way = &b->ways[ways[i % count]],
                          .callers = 1,
                          .handle_count = 1,
                          .loaded = loaded,
                          .against = against_itself ? itself : direct};
    }
    return 2 * count;
}

/* ---- idle clients ---- */

enum { IDLE_MOST = 1000, FEW_CONNECTIONS = 8 };

typedef struct idle {
    const wchar_t *pipe;
    raw_client clients[IDLE_MOST];
    size_t wanted, there;
} idle;

static bool are_few(void *context) {
    const idle *all = context;
    msg_status status;
    return raw_status(all->pipe, &status) && status.connections <= FEW_CONNECTIONS;
}

static bool idle_load(void *context, bool there) {
    idle *all = context;
    bool good = true;
    if (!there) {
        while (all->there) raw_close(&all->clients[--all->there]);
        return poll_until(are_few, all, TEST_DEADLINE_MS);
    }
    while (good && all->there < all->wanted) {
        raw_client *client = &all->clients[all->there];
        good = raw_open(client, all->pipe);
        all->there += good;
        good = good && raw_hello(client);
    }
    return good;
}

bool bench_idle(const bench *b) {
    static const int ways[] = {BENCH_DIRECT, BENCH_BROKER};
    static idle all;
    side sides[4];
    measuring how = bench_plan(b, 12, 20);
    all = (idle){.pipe = b->ways[BENCH_BROKER].broker.pipe, .wanted = b->brief ? 20 : IDLE_MOST};
    how.load = idle_load;
    how.context = &all;
    report_part("idle", "1,000 clients of the broker connected and silent, and without.");
    size_t count = add_both(b, ways, 2, "none idle", b->brief ? "20 idle" : "1,000 idle", true, sides);
    return bench_sides(&how, sides, count, REPORT_RETURNED, "without");
}

/* ---- slow readers ---- */

enum { READERS = 16, ASKED_AHEAD = 4, SLOW_BYTES = 512, SLOW_MS = 2, WARM_UP = 100, ROWS = 200 };

typedef struct reader {
    const wchar_t *pipe;
    HANDLE stop, thread;
    bool failed;
} reader;

typedef struct readers {
    reader all[READERS];
    HANDLE stop;
} readers;

static bool ask(raw_client *client) {
    const msg_query query = {.limit = ROWS};
    size_t length;
    char *frame = msg_encode_query(client->next_id++, &query, &length);
    return raw_send_frame(client, frame, length);
}

/* Reads a few bytes of what the broker has for this client. */
static bool sip(raw_client *client) {
    OVERLAPPED overlapped = {.hEvent = client->event};
    DWORD got = 0;
    size_t length;
    void *space = frame_space(&client->reader, &length);
    if (!space) return false;
    ResetEvent(client->event);
    if (!ReadFile(client->pipe, space, length < SLOW_BYTES ? (DWORD)length : SLOW_BYTES, NULL, &overlapped) &&
        GetLastError() != ERROR_IO_PENDING)
        return false;
    if (!GetOverlappedResult(client->pipe, &overlapped, &got, TRUE)) return false;
    frame_received(&client->reader, got);
    return true;
}

/* Requests long replies, always several ahead, and reads them slowly. */
static unsigned __stdcall read_slowly(void *context) {
    reader *r = context;
    raw_client client;
    const char *text;
    size_t length;
    fault bad;
    bool good = raw_open(&client, r->pipe) && raw_hello(&client);
    for (int i = 0; good && i < ASKED_AHEAD; i++) good = ask(&client);
    while (good && WaitForSingleObject(r->stop, SLOW_MS) == WAIT_TIMEOUT) {
        good = sip(&client);
        while (good && frame_next(&client.reader, &text, &length, &bad) == FRAME_READY) good = ask(&client);
    }
    if (client.pipe) raw_close(&client);
    r->failed = !good;
    return 0;
}

static bool readers_load(void *context, bool there) {
    readers *r = context;
    bool good = true;
    if (there) ResetEvent(r->stop);
    else SetEvent(r->stop);

    for (int i = 0; i < READERS; i++) {
        reader *one = &r->all[i];
        if (there) {
            one->failed = false;
            one->thread = (HANDLE)_beginthreadex(NULL, 0, read_slowly, one, 0, NULL);
            good = one->thread && good;
        } else if (one->thread) {
            WaitForSingleObject(one->thread, INFINITE);
            CloseHandle(one->thread);
            one->thread = NULL;
            if (one->failed) fprintf(stderr, "a slow reader was cut off\n");
            good = !one->failed && good;
        }
    }

    return good;
}

/* Makes records, so that there is something to read. */
static bool readers_warm_up(const bench *b) {
    const measuring how = {.rounds = 1, .launches = b->brief ? 4 : WARM_UP, .seed = b->seed};
    side some = {.what = "", .way = &b->ways[BENCH_BROKER], .callers = 4, .handle_count = 4};
    bool good = measure_run(&how, &some, 1);
    measure_free(&some, 1);
    return good;
}

bool bench_readers(const bench *b) {
    static const int ways[] = {BENCH_DIRECT, BENCH_BROKER};
    readers all = {.stop = CreateEventW(NULL, TRUE, FALSE, NULL)};
    side sides[4];
    measuring how = bench_plan(b, 12, 20);
    how.load = readers_load;
    how.context = &all;
    for (int i = 0; i < READERS; i++)
        all.all[i] = (reader){.pipe = b->ways[BENCH_BROKER].broker.pipe, .stop = all.stop};
    report_part("readers",
                "16 clients that ask for pages of the audit and read them 512 bytes at a time, and without.");
    size_t count = add_both(b, ways, 2, "no readers", "16 slow readers", true, sides);
    bool good = all.stop && readers_warm_up(b) && bench_sides(&how, sides, count, REPORT_RETURNED, "without");
    if (all.stop) CloseHandle(all.stop);
    return good;
}

/* ---- a big caller ---- */

enum { BIG_HANDLES = 10000, BRIEF_HANDLES = 100, PAGE = 4096 };
#define BIG_BYTES (2 * (size_t)1024 * 1024 * 1024)
#define BRIEF_BYTES ((size_t)16 * 1024 * 1024)

typedef struct big {
    size_t bytes;
    char *memory;
    int handle_count;
    HANDLE handles[BIG_HANDLES];
} big;

static bool big_load(void *context, bool there) {
    big *all = context;
    if (there) {
        all->memory = VirtualAlloc(NULL, all->bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (size_t i = 0; all->memory && i < all->bytes; i += PAGE) all->memory[i] = 1;
        for (int i = 0; i < all->handle_count; i++) all->handles[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
        return all->memory && all->handles[all->handle_count - 1];
    }
    if (all->memory) VirtualFree(all->memory, 0, MEM_RELEASE);
    for (int i = 0; i < all->handle_count; i++)
        if (all->handles[i]) CloseHandle(all->handles[i]);
    all->memory = NULL;
    memset(all->handles, 0, sizeof all->handles);
    return true;
}

bool bench_big(const bench *b) {
    static const int ways[] = {BENCH_DIRECT, BENCH_LOCK,           BENCH_HELPER,
                               BENCH_BROKER, BENCH_NO_ATTESTATION, BENCH_NO_AUDIT};
    static big all;
    side sides[2 * BENCH_WAYS];
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    measuring how = bench_plan(b, 10, 20);
    all = (big){.bytes = b->brief ? BRIEF_BYTES : BIG_BYTES,
                .handle_count = b->brief ? BRIEF_HANDLES : BIG_HANDLES};
    how.load = big_load;
    how.context = &all;
    report_part("big", "A caller with 2 GiB of memory in use and 10,000 handles open, and the same without.");
    if (!GlobalMemoryStatusEx(&memory) || memory.ullAvailPhys < 2 * all.bytes) {
        report_end("Skipped: this machine has not twice that memory to spare.");
        return true;
    }
    size_t count = add_both(b, ways, BENCH_WAYS, "small caller", "big caller", false, sides);
    return bench_sides(&how, sides, count, REPORT_RETURNED | REPORT_CHILD, "direct");
}
