/* Measures what a broker holds as it grows older, for each connection and for each child, and whether a long
 * audit slows it down. */
#include "service/audit/schema.h"
#include "tests/bench/bench.h"
#include "tests/bench/many_rows.h"
#include "tests/support/raw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { CALLERS = 8 };

/* ---- after so many launches ---- */

static bool is_idle(void *context) {
    msg_status status;
    return raw_status(context, &status) && status.children == 0 && status.in_flight <= 1 &&
           status.audit_waiting == 0;
}

typedef struct held {
    double working_set_kib, handles, threads;
} held;

static bool look(const wchar_t *pipe, held *ret) {
    msg_status status;
    if (!raw_status(pipe, &status)) return false;
    *ret = (held){(double)status.working_set_bytes / 1024, (double)status.handles, (double)status.threads};
    return true;
}

/* Reads the status after the launches have ended. Threads of the system's pool, and memory, may stay for a
 * while. */
static bool grow(const bench *b, const way *w, int launches, double ret[4]) {
    const measuring how = {.rounds = 1, .launches = launches, .seed = b->seed};
    side some = {.what = "", .way = w, .callers = CALLERS, .handle_count = 1};
    held now;
    wchar_t *pipe = (wchar_t *)(ULONG_PTR)w->broker.pipe; /* nothing writes to it */
    bool good =
        measure_run(&how, &some, 1) && poll_until(is_idle, pipe, TEST_DEADLINE_MS) && look(pipe, &now);
    if (good) {
        ret[0] = now.working_set_kib;
        ret[1] = now.handles;
        ret[2] = now.threads;
        ret[3] = some.rounds[MEASURE_rate][0];
    }
    measure_free(&some, 1);
    return good;
}

bool bench_age(const bench *b) {
    static const char *const columns[] = {"KiB", "handles", "threads", "a second"};
    static const int ages[] = {100, 1000, 10000}, brief_ages[] = {8, 16, 32};
    const int *until = b->brief ? brief_ages : ages;
    way w = {0};
    int done = 0;

    report_part("age", "A new broker after so many launches by 8 callers: its working set, handles and "
                       "threads, and launches a "
                       "second on the way there.");
    report_columns("launches", columns, 4);

    bool good = way_open_broker(&w, "broker", NULL, NULL, NULL);
    for (int i = 0; good && i < 3; i++) {
        double row[4];
        char text[32];
        good = grow(b, &w, until[i] - done, row);
        done = until[i];
        snprintf(text, sizeof text, "%d", done);
        if (good) report_row(text, row, 4);
    }
    report_end("");
    return way_close(&w) && good;
}

/* ---- of each connection and each child ---- */

enum { CONNECTIONS = 1000, CHILDREN = 200, BRIEF = 10 };

static void report_each(const char *what, int count, const held *before, const held *after) {
    const double row[] = {(after->working_set_kib - before->working_set_kib) / count,
                          (after->handles - before->handles) / count,
                          (after->threads - before->threads) / count};
    report_row(what, row, 3);
}

static bool weigh_connections(const way *w, int count) {
    const wchar_t *pipe = w->broker.pipe;
    raw_client *clients = calloc((size_t)count, sizeof *clients);
    held before, after;
    int there = 0;
    bool good = clients && look(pipe, &before);
    for (; good && there < count; there++)
        good = raw_open(&clients[there], pipe) && raw_hello(&clients[there]);
    good = good && look(pipe, &after);
    if (good) report_each("a connection", count, &before, &after);
    while (there) raw_close(&clients[--there]);
    free(clients);
    return good;
}

/* Weighs suspended children. The broker waits for them as for any others. */
static bool weigh_children(const way *w, int count) {
    sb_process *children = calloc((size_t)count, sizeof *children);
    wchar_t line[512];
    const side like = {.handle_count = 1};
    held before, after;
    int there = 0;
    bool good = children && look(w->broker.pipe, &before);

    for (; good && there < count; there++) {
        const way_launch launch = measure_launch(&like, 0, line);
        const sb_spawn_options options = {.size = sizeof options,
                                          .application = launch.application,
                                          .command_line = launch.line,
                                          .handles = launch.handles,
                                          .handle_count = launch.handle_count,
                                          .creation_flags = CREATE_SUSPENDED};
        good = !sb_spawn(w->client, &options, &children[there], NULL);
    }

    good = good && look(w->broker.pipe, &after);
    if (good) report_each("a child", count, &before, &after);
    while (there) {
        sb_process *child = &children[--there];
        if (child->process) TerminateProcess(child->process, 0);
        sb_process_close(child);
    }
    free(children);
    return good;
}

/* Weighs with a new broker, because a broker may keep memory that it no longer needs. */
static bool weigh(const bench *b, bool (*of)(const way *w, int count), int count) {
    double ignored[4];
    way w = {0};
    bool good = way_open_broker(&w, "broker", NULL, NULL, NULL) &&
                grow(b, &w, b->brief ? BRIEF : 100, ignored) && of(&w, b->brief ? BRIEF : count);
    return way_close(&w) && good;
}

bool bench_memory(const bench *b) {
    static const char *const columns[] = {"KiB", "handles", "threads"};
    report_part("memory", "What a broker that has launched 100 has more of with 1,000 connections, another "
                          "with 200 live children: of each.");
    report_columns("", columns, 3);
    bool good = weigh(b, weigh_connections, CONNECTIONS) && weigh(b, weigh_children, CHILDREN);
    report_end("");
    return good;
}

/* ---- a long audit ---- */

/* Makes a directory with a copy of a database of so many launches, which is made once and kept. */
static bool long_audit(const bench *b, int64_t launches, wchar_t *ret_data) {
    char kept[MAX_PATH];
    wchar_t from[MAX_PATH], to[MAX_PATH];
    audit_error why;

    if (b->data)
        snprintf(kept, sizeof kept, "%ls\\audit-%lld.version-%d.db", b->data, (long long)launches,
                 SCHEMA_VERSION);
    if (!directory_make_data(ret_data, L"long")) return false;
    if (!b->data) snprintf(kept, sizeof kept, "%ls\\made.db", ret_data);
    MultiByteToWideChar(CP_UTF8, 0, kept, -1, from, MAX_PATH);
    swprintf(to, MAX_PATH, L"%ls\\audit.db", ret_data);

    if (GetFileAttributesW(from) == INVALID_FILE_ATTRIBUTES) {
        fprintf(stderr, "  making an audit of %lld launches\n", (long long)launches);
        if (!many_rows(kept, launches, &why)) {
            fprintf(stderr, "%s\n", why.message);
            DeleteFileW(from);
            return false;
        }
    }

    if (CopyFileW(from, to, TRUE)) return true;
    fprintf(stderr, "%ls cannot be copied: error %lu\n", from, GetLastError());
    return false;
}

bool bench_size(const bench *b) {
    wchar_t data[MAX_PATH];
    char text[48];
    int64_t launches = b->brief ? 1000 : b->records;
    const measuring how = bench_plan(b, 20, 20);
    way little = {0}, much = {0};
    double ignored[4];
    snprintf(text, sizeof text, "%lld on record", (long long)launches);
    report_part("size", "Two brokers alike, but for the launches that their audits hold already.");
    side sides[] = {
        {.what = "10 on record", .way = &little, .callers = 1, .handle_count = 1, .against = &sides[0]},
        {.what = text, .way = &much, .callers = 1, .handle_count = 1, .against = &sides[0]},
    };
    bool good = way_open_broker(&little, "broker", NULL, NULL, NULL) && grow(b, &little, 8, ignored) &&
                long_audit(b, launches, data) && way_open_broker(&much, "broker", NULL, data, NULL) &&
                bench_sides(&how, sides, 2, REPORT_RETURNED, "10 on record");
    good = way_close(&little) && good;
    return way_close(&much) && good;
}
