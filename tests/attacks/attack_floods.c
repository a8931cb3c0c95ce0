/* Does too much of what is allowed. Meanwhile the broker serves other clients. */
#include "tests/attacks/attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { SLOW_MS = 5000 };

int attack_drops = 1000;

typedef struct dropper {
    wchar_t path[128];
    volatile LONG next, gone; /* gone: how often no broker served the pipe */
} dropper;

/* Sends nothing, half a header or half a frame, and drops the connection. */
static void drop_one(dropper *d, LONG number) {
    static const char bytes[] = "\x40\0\0\0{\"jsonrpc\":";
    static const DWORD lengths[] = {0, 2, sizeof bytes - 1};
    DWORD put;
    HANDLE pipe;

    for (;;) {
        pipe = CreateFileW(d->path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                           SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
        if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY) break;
        WaitNamedPipeW(d->path, 1000);
    }

    if (pipe == INVALID_HANDLE_VALUE) {
        printf("  connecting: error %lu\n", GetLastError());
        InterlockedIncrement(&d->gone);
        return;
    }

    DWORD length = lengths[number % 3];
    if (length) WriteFile(pipe, bytes, length, &put, NULL);
    CloseHandle(pipe);
}

static DWORD WINAPI drop(void *context) {
    dropper *d = context;
    for (LONG i; (i = InterlockedIncrement(&d->next)) <= attack_drops;) drop_one(d, i);
    return 0;
}

typedef struct count_wait {
    const test_broker *broker;
    size_t wanted, got;
} count_wait;

static bool count_is_back(void *context) {
    count_wait *c = context;
    c->got = handle_count(c->broker->process, c->broker->process_id);
    return c->got <= c->wanted;
}

/* A free instance always exists, so that no other program can take the name. Afterwards nothing of the
 * clients is left. */
void attack_connect_and_drop(void) {
    enum { THREADS = 4, SOME_MORE = 8 }; /* threads and instances that the broker may keep */
    static dropper d;
    HANDLE threads[THREADS];
    test_broker broker;

    if (!broker_start(&broker, NULL)) return;
    swprintf(d.path, 128, L"\\\\.\\pipe\\%ls", broker.pipe);
    int all = attack_drops;
    attack_drops = 50; /* what the broker opens at its first use is not a leak */
    drop(&d);
    attack_meanwhile(broker.pipe, TEST_DEADLINE_MS);
    count_wait c = {.broker = &broker, .wanted = handle_count(broker.process, broker.process_id) + SOME_MORE};
    attack_drops = all;
    uint64_t start = GetTickCount64();
    for (int i = 0; i < THREADS; i++) threads[i] = CreateThread(NULL, 0, drop, &d, 0, NULL);
    attack_meanwhile(broker.pipe, SLOW_MS);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(WaitForSingleObject(threads[i], 10 * TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
    }

    printf("  %d clients dropped in %llu ms\n", all, (unsigned long long)(GetTickCount64() - start));
    CHECK_INT(d.gone, 0);
    attack_meanwhile(broker.pipe, SLOW_MS);
    CHECK(poll_until(count_is_back, &c, TEST_DEADLINE_MS));
    printf("  %zu handles, at most %zu\n", c.got, c.wanted);
    CHECK_INT(broker_stop(&broker), 0);
}

/* The clients stall before hello and after it. They would occupy every thread if each cost one. */
void attack_stalled_frame(void) {
    enum { MANY = 100 };
    static raw_client clients[MANY];
    static const char bytes[] = "\x40\0\0\0{\"jsonrpc\":";
    test_broker broker;
    msg_reply reply;

    if (!broker_start(&broker, NULL)) return;
    for (int i = 0; i < MANY; i++) {
        if (!CHECK(raw_open(&clients[i], broker.pipe))) return;
        if (i % 2 && !CHECK(raw_hello(&clients[i]))) return;
        CHECK(raw_send(&clients[i], bytes, i % 3 ? sizeof bytes - 1 : 3));
    }

    uint64_t start = GetTickCount64();
    attack_meanwhile(broker.pipe, SLOW_MS);
    for (int i = 0; i < MANY; i++) {
        if (CHECK_INT(raw_receive(&clients[i], TEST_DEADLINE_MS, &reply), RAW_REPLY)) {
            CHECK_INT(reply.fault.kind, FAULT_FRAME_TIMEOUT);
            msg_reply_free(&reply);
        }
    }

    for (int i = 0; i < MANY; i++) {
        CHECK_INT(raw_receive(&clients[i], TEST_DEADLINE_MS, &reply), RAW_CLOSED);
        raw_close(&clients[i]);
    }

    uint64_t took = GetTickCount64() - start;
    printf("  %d of them were told and closed within %llu ms\n", MANY, (unsigned long long)took);
    CHECK(took < (LIMIT_FRAME_SECONDS + 10) * 1000);
    CHECK_INT(broker_stop(&broker), 0);
}

/* Makes so many records that the reply to a query is larger than the pipe's buffer. */
static void make_records(const wchar_t *pipe, int count) {
    raw_client client;
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    char line[2048];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = 0;
    spawn.command_line = line;
    spawn.application = "nosuch.exe";
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    for (int i = 0; i < count; i++) CHECK(attack_spawn(&client, &spawn, NULL) != FAULT_NONE);
    raw_close(&client);
}

static int64_t file_bytes(const wchar_t *directory, const wchar_t *name) {
    wchar_t path[MAX_PATH + 16];
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    swprintf(path, MAX_PATH + 16, L"%ls\\%ls", directory, name);
    GetFileAttributesExW(path, GetFileExInfoStandard, &data);
    return (int64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow;
}

int64_t attack_audit_bytes(const test_broker *broker) {
    return file_bytes(broker->data, L"audit.db") + file_bytes(broker->data, L"audit.db-wal");
}

static bool is_started(const msg_launch *row, void *context) {
    return !strcmp(row->outcome, "started") && strstr(row->command_line, (const char *)context) != NULL;
}

/* Sends a launch many times, as many at once as a connection may have in flight. Returns how many got a fault
 * of that kind. */
static int fail_launches(const wchar_t *pipe, const msg_spawn *spawn, fault_kind kind, int count) {
    raw_client client;
    int sent = 0, failed = 0;
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return 0;

    for (int got = 0; got < count; got++) {
        msg_reply reply;
        for (; sent < count && sent - got < LIMIT_IN_FLIGHT; sent++) {
            size_t length;
            char *frame = msg_encode_spawn(client.next_id++, spawn, &length);
            if (!CHECK(raw_send_frame(&client, frame, length))) return failed;
        }
        if (!CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) break;
        failed += reply.fault.kind == kind;
        msg_reply_free(&reply);
    }
    raw_close(&client);
    return failed;
}

/* A launch with an environment of 16 KiB. */
static msg_spawn large_spawn(raw_spawn_text *text) {
    enum { ENTRIES = 160, LENGTH = 100 };
    static char entry[LENGTH + 1];
    static const char *environment[ENTRIES];
    memset(entry, 'E', LENGTH - 1);
    entry[LENGTH - 1] = '=';
    for (int i = 0; i < ENTRIES; i++) environment[i] = entry;
    msg_spawn spawn = raw_spawn("exit:0", text);
    spawn.environment = environment;
    spawn.environment_count = ENTRIES;
    return spawn;
}

/* Launches whose program does not exist, with large environments: each left a record. The launches that run
 * are recorded all the same, meanwhile and afterwards. */
void attack_failing_launches(void) {
    enum { LAUNCHES = 3000, GROWTH_MOST = 8 * 1024 * 1024 };
    test_broker broker;
    raw_spawn_text text;
    msg_status status;

    if (!broker_start(&broker, NULL)) return;
    msg_spawn spawn = large_spawn(&text);
    spawn.application = "C:\\none\\such.exe";

    attack_meanwhile(broker.pipe, TEST_DEADLINE_MS);
    int64_t before = attack_audit_bytes(&broker);
    CHECK_INT(fail_launches(broker.pipe, &spawn, FAULT_LAUNCH_FAILED, LAUNCHES), LAUNCHES);
    attack_meanwhile(broker.pipe, SLOW_MS);
    int64_t grown = attack_audit_bytes(&broker) - before;
    printf("  %d launches failed, and the audit grew by %lld KiB\n", LAUNCHES, (long long)grown / 1024);
    CHECK(grown < GROWTH_MOST);
    if (CHECK(raw_status(broker.pipe, &status))) CHECK_INT(status.launches_failed, LAUNCHES);

    check_about("failing_launches: the budget is used up, and a launch that runs has a record");
    char line[] = "such.exe exit:0";
    raw_spawn_text good;
    spawn = raw_spawn("exit:0", &good);
    spawn.command_line = line;
    CHECK_INT(attack_launch(broker.pipe, spawn.application, line), 0);
    CHECK(raw_audit_wait(broker.pipe, is_started, line));
    CHECK_INT(broker_stop(&broker), 0);
}

enum { HELD_MOST = 1024 * 1024 };

static bool start_with_quota(test_broker *ret) {
    wchar_t data[MAX_PATH], path[MAX_PATH + 16];
    char policy[128];
    int length =
        snprintf(policy, sizeof policy,
                 "{\"version\":1,\"default\":\"allow\",\"quotas\":{\"bytes_in_flight\":%d}}", HELD_MOST);
    if (!CHECK(directory_make(data, L"held"))) return false;
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data);
    return CHECK(file_write(path, policy, (size_t)length)) && broker_start(ret, data);
}

static fault_kind ask_status(const wchar_t *pipe) {
    raw_client client;
    msg_reply reply;
    size_t length;
    fault_kind kind = FAULT_COUNT;
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return kind;
    char *frame = msg_encode_status(client.next_id++, &length);
    if (CHECK(raw_call(&client, frame, length, &reply))) {
        kind = reply.fault.kind;
        msg_reply_free(&reply);
    }
    raw_close(&client);
    return kind;
}

static bool serves_again(void *context) {
    return ask_status(context) == FAULT_NONE;
}

/* Clients promise large frames, and send so much of them that the broker needs memory for the rest. Together
 * the user's connections get no more than the quota: some are told so and disconnected, and the others hold
 * it. */
static void half_frames(const wchar_t *pipe) {
    enum { MANY = 40, SENT = 4096, SOON_MS = 1000 }; /* 40 times 64 KiB: more than twice the quota */
    static raw_client clients[MANY];
    static const char header[FRAME_HEADER_BYTES] = {0, 0, 0x0F, 0};
    static char rest[SENT];
    bool done[MANY] = {false};
    msg_reply reply;
    int refused = 0, told = 0;

    check_about("large frames that do not end");
    memset(rest, ' ', sizeof rest);
    for (int i = 0; i < MANY; i++)
        if (!CHECK(raw_open(&clients[i], pipe) && raw_hello(&clients[i]))) return;
    for (int i = 0; i < MANY; i++)
        CHECK(raw_send(&clients[i], header, sizeof header) && raw_send(&clients[i], rest, sizeof rest));

    /* Some are told at once, and must read that soon; the others are told after the deadline of a frame. */
    for (uint64_t soon = deadline_in(SOON_MS); told < MANY;) {
        const bool late = deadline_passed(soon);
        for (int i = 0; i < MANY; i++) {
            DWORD there = 0;
            bool open = PeekNamedPipe(clients[i].pipe, NULL, 0, NULL, &there, NULL) != FALSE;
            if (done[i] || (open && !there && !late)) continue;
            done[i] = true;
            told++;
            if (!CHECK_INT(raw_receive(&clients[i], TEST_DEADLINE_MS, &reply), RAW_REPLY)) continue;
            if (reply.fault.kind != FAULT_FRAME_TIMEOUT && CHECK_INT(reply.fault.kind, FAULT_QUOTA)) {
                CHECK_TEXT(reply.fault.field, "quota.bytes_in_flight");
                refused++;
            }
            msg_reply_free(&reply);
        }
    }
    printf("  %d of %d were refused\n", refused, MANY);
    CHECK(refused >= MANY / 2 && refused < MANY);
    for (int i = 0; i < MANY; i++) raw_close(&clients[i]);
    CHECK(poll_until(serves_again, (void *)(ULONG_PTR)pipe, TEST_DEADLINE_MS));
}

static bool is_refused(void *context) {
    return ask_status(context) == FAULT_QUOTA;
}

/* Asks for all records many times and reads nothing until until(pipe). Then reads what there is. Returns how
 * many replies there were. */
static int ask_without_reading(const wchar_t *pipe, bool (*until)(void *context)) {
    enum { REQUESTS = 60 };
    const msg_query query = {.limit = LIMIT_QUERY_ROWS};
    raw_client client;
    msg_reply reply;
    int replies = 0;

    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return 0;
    for (int i = 0; i < REQUESTS; i++) {
        size_t length;
        char *frame = msg_encode_query(client.next_id++, &query, &length);
        CHECK(raw_send_frame(&client, frame, length));
    }
    CHECK(poll_until(until, (void *)(ULONG_PTR)pipe, TEST_DEADLINE_MS));
    while (raw_receive(&client, 2000, &reply) == RAW_REPLY) {
        replies++;
        msg_reply_free(&reply);
    }
    raw_close(&client);
    CHECK(poll_until(serves_again, (void *)(ULONG_PTR)pipe, TEST_DEADLINE_MS));
    return replies;
}

static bool is_alone(void *context) {
    msg_status status;
    return raw_status(context, &status) && status.connections <= 1;
}

static void unread_bytes(const test_broker *broker) {
    check_about("replies that are not read: the user's other requests are refused");
    make_records(broker->pipe, 20);
    CHECK(ask_without_reading(broker->pipe, is_refused) > 0);

    check_about("twice as much: the client is disconnected, long before the deadline for reading");
    make_records(broker->pipe, 100);
    CHECK(ask_without_reading(broker->pipe, is_alone) < 30);
}

/* One user's connections hold no more of the broker's memory than the quota, before requests are complete and
 * after they are answered. */
void attack_held_bytes(void) {
    test_broker broker;
    if (!start_with_quota(&broker)) return;
    half_frames(broker.pipe);
    unread_bytes(&broker);
    CHECK_INT(broker_stop(&broker), 0);
}

/* A client that nobody knows yet promises a frame of 1 MiB: that costs no memory, and ends at once. */
static void promises_much(const wchar_t *pipe) {
    static const char header[] = "\0\0\x10\0{";
    raw_client client;
    msg_reply reply;
    if (!CHECK(raw_open(&client, pipe))) return;
    CHECK(raw_send(&client, header, sizeof header - 1));
    if (CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) {
        CHECK_INT(reply.fault.kind, FAULT_FRAME_TOO_LARGE);
        msg_reply_free(&reply);
    }
    CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_CLOSED);
    raw_close(&client);
}

/* Clients connect and say nothing. Those that waited longest give way, so that a good client always finds a
 * place; the others end by themselves. */
void attack_silent_clients(void) {
    enum { MOST = 256, MANY = MOST + 50, LATE_MS = (LIMIT_HELLO_SECONDS + 20) * 1000 };
    static raw_client clients[MANY];
    test_broker broker;
    msg_reply reply;
    msg_status status;

    if (!broker_start(&broker, NULL)) return;
    promises_much(broker.pipe);
    uint64_t start = GetTickCount64();
    for (int i = 0; i < MANY; i++)
        if (!CHECK(raw_open(&clients[i], broker.pipe))) return;
    attack_meanwhile(broker.pipe, SLOW_MS);
    for (int i = 0; i < MANY - MOST; i++)
        CHECK_INT(raw_receive(&clients[i], TEST_DEADLINE_MS, &reply), RAW_CLOSED);
    if (CHECK(raw_status(broker.pipe, &status))) CHECK(status.connections <= MOST + 1);

    check_about("a client that was not among them may still say hello");
    CHECK(raw_hello(&clients[MANY - 1]));

    check_about("the silent ones are told, and closed");
    for (int i = MANY - MOST + 5; i < MANY - 1; i++) {
        if (!CHECK_INT(raw_receive(&clients[i], LATE_MS, &reply), RAW_REPLY)) break;
        CHECK_INT(reply.fault.kind, FAULT_FRAME_TIMEOUT);
        msg_reply_free(&reply);
    }
    for (int i = MANY - MOST + 5; i < MANY - 1; i++)
        if (!CHECK_INT(raw_receive(&clients[i], TEST_DEADLINE_MS, &reply), RAW_CLOSED)) break;

    uint64_t took = GetTickCount64() - start;
    printf("  %d silent clients were closed within %llu ms\n", MANY, (unsigned long long)took);
    CHECK(took < LATE_MS);

    attack_meanwhile(broker.pipe, SLOW_MS);
    for (int i = 0; i < MANY; i++) raw_close(&clients[i]);
    CHECK_INT(broker_stop(&broker), 0);
}

typedef struct gone_wait {
    const wchar_t *pipe;
    int64_t connections;
} gone_wait;

static bool is_gone(void *context) {
    gone_wait *g = context;
    msg_status status;
    if (!raw_status(g->pipe, &status)) return false;
    g->connections = status.connections;
    return status.connections <= 1; /* the connection that asks */
}

/* Requests much and reads nothing: the broker stops reading this connection, and finally closes it. */
void attack_unread_replies(void) {
    enum { REQUESTS = 300 };
    test_broker broker;
    raw_client client;
    msg_query query = {.limit = LIMIT_QUERY_ROWS};
    msg_status before, after;

    if (!broker_start(&broker, NULL)) return;
    make_records(broker.pipe, 60);
    CHECK(raw_status(broker.pipe, &before));

    if (CHECK(raw_open(&client, broker.pipe) && raw_hello(&client))) {
        uint64_t start = GetTickCount64();
        for (int i = 0; i < REQUESTS; i++) {
            size_t length, put_all;
            char *frame = msg_encode_query(client.next_id++, &query, &length);
            OVERLAPPED at = {.hEvent = client.event};
            DWORD put;
            ResetEvent(client.event);
            BOOL sent = frame && (WriteFile(client.pipe, frame, (DWORD)length, NULL, &at) ||
                                  GetLastError() == ERROR_IO_PENDING);
            /* At some point the broker reads no more requests. */
            if (sent && WaitForSingleObject(client.event, 500) != WAIT_OBJECT_0) CancelIoEx(client.pipe, &at);
            put_all = sent && GetOverlappedResult(client.pipe, &at, &put, TRUE) ? put : 0;
            free(frame);
            if (put_all != length) break;
        }

        attack_meanwhile(broker.pipe, SLOW_MS);
        CHECK(raw_status(broker.pipe, &after));
        printf("  working set: %lld KiB before, %lld KiB with the replies\n",
               (long long)before.working_set_bytes / 1024, (long long)after.working_set_bytes / 1024);
        CHECK(after.working_set_bytes - before.working_set_bytes < (int64_t)64 * 1024 * 1024);

        gone_wait g = {.pipe = broker.pipe};
        CHECK(poll_until(is_gone, &g, (LIMIT_WRITE_SECONDS + 15) * 1000));
        printf("  closed after %llu ms\n", (unsigned long long)(GetTickCount64() - start));
        raw_close(&client);
    }
    CHECK_INT(broker_stop(&broker), 0);
}

typedef struct flood {
    const wchar_t *pipe;
    volatile LONG stop, sent, served;
} flood;

/* Keeps as many launches in flight as a connection may have. */
static DWORD WINAPI pour(void *context) {
    flood *f = context;
    raw_client client;
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    int under_way = 0;

    if (!CHECK(raw_open(&client, f->pipe) && raw_hello(&client))) return 1;
    for (;;) {
        while (under_way < LIMIT_IN_FLIGHT && !f->stop) {
            size_t length;
            char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
            if (!CHECK(raw_send_frame(&client, frame, length))) return 1;
            InterlockedIncrement(&f->sent);
            under_way++;
        }
        if (!under_way) break;
        msg_reply reply;
        msg_spawn_result result;
        if (!CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) return 1;
        if (!reply.fault.kind && msg_reply_spawn(&reply, &result)) {
            CloseHandle((HANDLE)(LONG_PTR)(int32_t)result.process);
            CloseHandle((HANDLE)(LONG_PTR)(int32_t)result.thread);
            InterlockedIncrement(&f->served);
        }
        msg_reply_free(&reply);
        under_way--;
    }
    raw_close(&client);
    return 0;
}

/* Returns how many of the flood's launches ended during one launch of another client: those that were in
 * progress, but not those that waited. */
static LONG ended_meanwhile(flood *f, sb_client *client) {
    wchar_t line[1024];
    sb_process process;
    sb_error error;
    LONG before = f->served;
    sb_spawn_options options = helper_options(L"exit:4", line, 1024);
    if (!CHECK_INT(sb_spawn(client, &options, &process, &error), ERROR_SUCCESS)) return 0;
    LONG meanwhile = f->served - before;
    CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    sb_process_close(&process);
    return meanwhile;
}

static bool has_begun(void *context) {
    return ((flood *)context)->served > 0;
}

/* Both clients are the same user. Their connections take turns; users take turns too
 * (tests/broker/test_turns.c). */
void attack_flood(void) {
    enum { THREADS = 2, LAUNCHES = 3 };
    static flood f;
    HANDLE threads[THREADS];
    test_broker broker;

    if (!broker_start(&broker, NULL)) return;
    f.pipe = broker.pipe;
    sb_client *client = broker_connect(broker.pipe);
    for (int i = 0; i < THREADS; i++) threads[i] = CreateThread(NULL, 0, pour, &f, 0, NULL);
    CHECK(poll_until(has_begun, &f, TEST_DEADLINE_MS));

    for (int i = 0; client && i < LAUNCHES; i++) {
        LONG meanwhile = ended_meanwhile(&f, client);
        printf("  one launch, while %ld of the flood ended and %d waited\n", meanwhile,
               THREADS * LIMIT_IN_FLIGHT);
        CHECK(meanwhile < LIMIT_IN_FLIGHT);
    }

    InterlockedExchange(&f.stop, 1);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(WaitForSingleObject(threads[i], 2 * TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
    }

    CHECK(client != NULL);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

/* ---- rounds, for a mixture of attacks ---- */

enum { ROUND = 100 /* requests */ };

void attack_round_silence(const attack_target *t) {
    enum { MANY = 60 };
    raw_client clients[MANY];
    int open = 0;
    promises_much(t->pipe);
    while (open < MANY && raw_open(&clients[open], t->pipe)) open++;
    Sleep(500);
    for (int i = 0; i < open; i++) raw_close(&clients[i]);
}

void attack_round_drops(const attack_target *t) {
    dropper d = {.next = 0};
    swprintf(d.path, 128, L"\\\\.\\pipe\\%ls", t->pipe);
    for (LONG i = 0; i < ROUND; i++) drop_one(&d, i);
}

void attack_round_failures(const attack_target *t) {
    raw_spawn_text text;
    msg_spawn spawn = large_spawn(&text);
    spawn.application = "C:\\none\\such.exe";
    fail_launches(t->pipe, &spawn, FAULT_LAUNCH_FAILED, ROUND);
}

void attack_round_denials(const attack_target *t) {
    raw_spawn_text text;
    msg_spawn spawn = large_spawn(&text);
    spawn.command_line = "x denied";
    fail_launches(t->pipe, &spawn, FAULT_DENIED, ROUND);
}

void attack_round_faults(const attack_target *t) {
    raw_spawn_text text;
    msg_spawn spawn = large_spawn(&text);
    spawn.creation_flags = 0x80000000; /* which is not allowed */
    fail_launches(t->pipe, &spawn, FAULT_BAD_VALUE, ROUND);
}

void attack_round_held_bytes(const attack_target *t) {
    half_frames(t->pipe);
}

static bool soon(void *context) {
    (void)context;
    Sleep(500);
    return true;
}

void attack_round_unread(const attack_target *t) {
    ask_without_reading(t->pipe, soon);
}
