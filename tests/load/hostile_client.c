/* The hostile client does each kind of work on a thread of its own. No connection waits for another. */
#include "tests/load/hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PATIENCE_MS = 200, GREETING_MS = 2000, STALLED_MOST = 32, CUTTERS = 2, BURST = 3 * LIMIT_IN_FLIGHT };

typedef struct hostile {
    hostile_plan plan;
    hostile_tally *tally;
    hostile_frames frames;
    volatile LONG next;   /* the next cut, over all rounds */
    volatile LONG number; /* the number of the last thread */
} hostile;

static void count(volatile LONG64 *of, LONG64 more) {
    InterlockedAdd64(of, more);
}

/* Connects. Prints nothing on failure, because a broker refuses connections at its limit. */
static bool open_pipe(hostile *h, raw_client *ret) {
    wchar_t path[128];
    swprintf(path, 128, L"\\\\.\\pipe\\%ls", h->plan.pipe);
    raw_client c = {.next_id = 1};
    for (int i = 0; i < 50 && !c.pipe; i++) {
        c.pipe = CreateFileW(path, FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~FILE_APPEND_DATA), 0, NULL,
                             OPEN_EXISTING,
                             FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
        if (c.pipe != INVALID_HANDLE_VALUE) break;
        c.pipe = NULL;
        if (GetLastError() != ERROR_PIPE_BUSY || h->tally->stop) break;
        WaitNamedPipeW(path, PATIENCE_MS);
    }

    if (!c.pipe || !(c.event = CreateEventW(NULL, TRUE, FALSE, NULL))) {
        if (c.pipe) CloseHandle(c.pipe);
        count(&h->tally->refused, 1);
        return false;
    }

    count(&h->tally->connections, 1);
    *ret = c;
    return true;
}

/* Writes as much as the broker takes in a short time. Returns false if it did not take all. */
static bool push(hostile *h, raw_client *c, const void *bytes, size_t size) {
    OVERLAPPED at = {.hEvent = c->event};
    DWORD put = 0;
    if (!size) return true;
    ResetEvent(c->event);
    if (!WriteFile(c->pipe, bytes, (DWORD)size, NULL, &at) && GetLastError() != ERROR_IO_PENDING)
        return false;
    if (WaitForSingleObject(c->event, PATIENCE_MS) != WAIT_OBJECT_0) CancelIoEx(c->pipe, &at);
    bool good = GetOverlappedResult(c->pipe, &at, &put, TRUE) && put == size;
    count(&h->tally->bytes, put);
    return good;
}

static bool push_frame(hostile *h, raw_client *c, const hostile_frame *frame) {
    count(&h->tally->frames, 1);
    return push(h, c, frame->bytes, frame->size);
}

/* Reads at most `most` replies that are there or come soon. */
static void pull(raw_client *c, int most) {
    msg_reply reply;
    while (most-- > 0 && raw_receive(c, PATIENCE_MS, &reply) == RAW_REPLY) msg_reply_free(&reply);
}

static void greet(raw_client *c) {
    fault ignored;
    raw_greet(c, GREETING_MS, &ignored);
}

/* Sends a frame up to a byte. Then drops the connection, keeps it and drops it much later, or sends another
 * frame. */
static void cut(hostile *h, const hostile_frame *frame, size_t at, unsigned way, raw_client *stalled) {
    raw_client c;
    if (!open_pipe(h, &c)) return;
    if (at % 2) greet(&c);
    push(h, &c, frame->bytes, at);
    count(&h->tally->cuts, 1);

    switch (way) {
    case 0:
        count(&h->tally->dropped, 1);
        raw_close(&c);
        break;
    case 1:
        count(&h->tally->stalled, 1);
        raw_close(stalled);
        *stalled = c;
        break;
    default:
        count(&h->tally->continued, 1);
        push_frame(h, &c, &h->frames.list[at % h->frames.count]);
        raw_close(&c);
    }
}

/* Makes cut n of a round. Each round makes it in another way. */
static void cut_number(hostile *h, size_t n, unsigned way, raw_client *stalled) {
    for (size_t i = 0; i < h->frames.count; i++) {
        size_t cuts = hostile_cuts(&h->frames.list[i]);
        if (n < cuts) {
            cut(h, &h->frames.list[i], hostile_cut(&h->frames.list[i], n), way, stalled);
            return;
        }
        n -= cuts;
    }
}

static DWORD WINAPI cut_all(void *context) {
    hostile *h = context;
    raw_client stalled[STALLED_MOST] = {{0}};
    size_t all = 0;
    for (size_t i = 0; i < h->frames.count; i++) all += hostile_cuts(&h->frames.list[i]);
    size_t each = (all + h->plan.stride - 1) / h->plan.stride;
    while (!h->tally->stop) {
        size_t i = (size_t)InterlockedIncrement(&h->next) - 1;
        if (i >= each * h->plan.rounds) break;
        size_t round = i / each, n = (i % each * h->plan.stride + h->plan.seed) % all;
        cut_number(h, n, (unsigned)((i % each + round) % 3), &stalled[i % STALLED_MOST]);
    }
    for (int i = 0; i < STALLED_MOST; i++) raw_close(&stalled[i]);
    return 0;
}

/* Sends faulty frames among whole ones, on connections that read some of the replies, or none. */
static DWORD WINAPI mix(void *context) {
    hostile *h = context;
    uint64_t random = h->plan.seed * 2654435761u + (unsigned)InterlockedIncrement(&h->number);
    while (!h->tally->stop) {
        raw_client c;
        bool reads = random_below(&random, 3) != 0, good = open_pipe(h, &c);
        if (!good) continue;
        if (random_below(&random, 4)) greet(&c);
        if (!reads) count(&h->tally->unread, 1);

        for (unsigned i = random_below(&random, 60); good && i && !h->tally->stop; i--) {
            size_t size = 0;
            char *bytes = random_below(&random, 3) ? hostile_mix(&h->frames, &random, &size) : NULL;
            if (bytes) count(&h->tally->mixed, 1);
            good = bytes
                       ? push(h, &c, bytes, size)
                       : push_frame(h, &c, &h->frames.list[random_below(&random, (unsigned)h->frames.count)]);
            free(bytes);
            if (reads && i % 8 == 0) pull(&c, 8);
        }
        raw_close(&c);
    }
    return 0;
}

/* Sends several times as many requests as may be in flight, at once. Then reads all replies, or drops the
 * connection. */
static DWORD WINAPI pour(void *context) {
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"audit.query\",\"params\":{\"limit\":1000}}";
    hostile *h = context;
    const size_t one = FRAME_HEADER_BYTES + sizeof text - 1;
    char *all = malloc(BURST * one);

    for (size_t i = 0; all && i < BURST; i++) {
        frame_header((unsigned char *)all + i * one, sizeof text - 1);
        memcpy(all + i * one + FRAME_HEADER_BYTES, text, sizeof text - 1);
    }

    for (unsigned i = 0; all && !h->tally->stop; i++) {
        raw_client c;
        if (!open_pipe(h, &c)) continue;
        greet(&c);
        push(h, &c, all, BURST * one);
        count(&h->tally->frames, BURST);
        count(&h->tally->beyond, BURST - LIMIT_IN_FLIGHT);
        if (i % 2) pull(&c, BURST);
        else count(&h->tally->unread, 1);
        raw_close(&c);
    }
    free(all);
    return 0;
}

/* Opens many connections at once that say nothing, or only hello. Then starts again. */
static DWORD WINAPI crowd(void *context) {
    hostile *h = context;
    raw_client *all = calloc(h->plan.crowd ? h->plan.crowd : 1, sizeof *all);
    while (all && !h->tally->stop) {
        unsigned open = 0;
        while (open < h->plan.crowd && !h->tally->stop && open_pipe(h, &all[open])) {
            if (open % 2) greet(&all[open]);
            open++;
        }
        for (unsigned i = 0; i < open; i++) raw_close(&all[i]);
        if (!open) Sleep(10);
    }
    free(all);
    return 0;
}

hostile_tally *hostile_share(const wchar_t *name) {
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(hostile_tally), name);
    hostile_tally *view =
        section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *view) : NULL;
    if (!view) printf("sharing %ls: error %lu\n", name, GetLastError());
    return view; /* the section and the view live as long as the process */
}

bool hostile_start(const hostile_plan *plan, const wchar_t *share, HANDLE *ret_process) {
    wchar_t program[MAX_PATH], line[4 * MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 4 * MAX_PATH, L"\"%ls\" --hostile %ls %ls \"%ls\" %u %u %u %u", program, share, plan->pipe,
             plan->corpus, plan->stride, plan->rounds, plan->seed, plan->crowd);
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made)) {
        printf("starting the hostile client: error %lu\n", GetLastError());
        return false;
    }
    CloseHandle(made.hThread);
    *ret_process = made.hProcess;
    return true;
}

int hostile_main(wchar_t **argv) {
    static hostile h;
    static DWORD(WINAPI *const doings[])(void *) = {mix, mix, pour, crowd};
    enum { DOINGS = sizeof doings / sizeof *doings };
    HANDLE threads[CUTTERS + DOINGS];
    hostile_plan *p = &h.plan;

    if (!(h.tally = hostile_share(argv[0]))) return 2;
    wcsncpy(p->pipe, argv[1], sizeof p->pipe / sizeof *p->pipe - 1);
    wcsncpy(p->corpus, argv[2], MAX_PATH - 1);
    p->stride = (unsigned)wcstoul(argv[3], NULL, 10);
    p->rounds = (unsigned)wcstoul(argv[4], NULL, 10);
    p->seed = (unsigned)wcstoul(argv[5], NULL, 10);
    p->crowd = (unsigned)wcstoul(argv[6], NULL, 10);
    if (!p->stride || !hostile_read(p->corpus, &h.frames)) return 2;
    for (int i = 0; i < CUTTERS + DOINGS; i++)
        threads[i] = CreateThread(NULL, 0, i < CUTTERS ? cut_all : doings[i - CUTTERS], &h, 0, NULL);
    WaitForMultipleObjects(CUTTERS, threads, TRUE, INFINITE);
    InterlockedExchange(&h.tally->done, 1);
    InterlockedExchange(&h.tally->stop, 1);
    WaitForMultipleObjects(DOINGS, threads + CUTTERS, TRUE, INFINITE);

    return 0;
}
