/* Makes the broker wait: with a file that takes for ever to read, to open or to close. Meanwhile the broker
 * serves other clients. */
#include "tests/attacks/attacks.h"
#include "tests/rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { SOON_MS = 5000, PATH_UNITS = 2 * MAX_PATH, TEXT = 4 * MAX_PATH };

/* A broker with a policy that asks for the hash of huge.exe, and a directory in which that is. deaf: a
 * directory in which opens cannot be cancelled; beside it is a file whose opens wait until they are. */
typedef struct lanes {
    test_broker broker;
    wchar_t directory[MAX_PATH], deaf[MAX_PATH];
    char huge[TEXT];
} lanes;

#define SIX "\"launches_at_once\": 6,"
#define ANY_SIZE "\"hash\": {\"most_bytes\": 9007199254740991},"

static void utf8(char text[TEXT], const wchar_t *wide) {
    if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, TEXT, NULL, NULL)) text[0] = 0;
}

/* settings: further members of the policy, each with a comma behind it. */
static bool start(lanes *l, const char *settings) {
    static const char format[] =
        "{\"version\": 1, \"default\": \"allow\", %s \"rules\": [{\"name\": \"denied\", "
        "\"action\": \"deny\", "
        "\"reason\": \"denied\", \"arguments\": {\"some\": [\"denied\"]}}, {\"name\": \"known\", "
        "\"action\": \"allow\", \"program\": {\"path\": [\"**\\\\huge.exe\"], \"sha256\": "
        "[\"0000000000000000000000000000000000000000000000000000000000000000\"]}}]}";
    wchar_t data[MAX_PATH], path[PATH_UNITS], helper[MAX_PATH];
    char text[1024];
    if (!CHECK(directory_make(data, L"lanes data")) || !CHECK(directory_make(l->directory, L"lanes")))
        return false;

    swprintf(path, PATH_UNITS, L"%ls\\huge.exe", l->directory);
    utf8(l->huge, path);
    beside_program(helper, L"test_helper.exe");
    if (!CHECK(CopyFileW(helper, path, FALSE)) || !CHECK(file_extend(path, INT64_C(1) << 40))) return false;

    swprintf(path, PATH_UNITS, L"%ls\\policy.json", data);
    snprintf(text, sizeof text, format, settings);
    return CHECK(file_write(path, text, strlen(text))) && broker_start(&l->broker, data);
}

static void stop(lanes *l) {
    CHECK_INT(broker_stop(&l->broker), 0);
    directory_remove(l->directory);
}

/* The programs of a deaf directory: opens of the first can be cancelled, those of the second cannot. */
static void waiting_programs(const wchar_t *deaf, wchar_t path[2][PATH_UNITS]) {
    swprintf(path[0], PATH_UNITS, L"%ls.slow.exe", deaf);
    swprintf(path[1], PATH_UNITS, L"%ls\\deaf.exe", deaf);
}

/* Starts a broker for which opens of these programs wait. */
static bool start_waiting(lanes *l, const char *settings) {
    wchar_t path[2][PATH_UNITS];
    if (!CHECK(directory_make(l->deaf, L"deaf"))) return false;
    waiting_programs(l->deaf, path);
    SetEnvironmentVariableW(RULES_SLOW_VARIABLE, path[0]);
    SetEnvironmentVariableW(RULES_DEAF_VARIABLE, l->deaf);
    bool good = start(l, settings);
    SetEnvironmentVariableW(RULES_SLOW_VARIABLE, NULL);
    SetEnvironmentVariableW(RULES_DEAF_VARIABLE, NULL);
    for (int i = 0; i < 2; i++)
        good = good && CHECK(CopyFileW(L"C:\\windows\\system32\\cmd.exe", path[i], FALSE));
    return good;
}

static void remove_waiting(const lanes *l) {
    wchar_t path[2][PATH_UNITS];
    waiting_programs(l->deaf, path);
    DeleteFileW(path[0]);
    directory_remove(l->deaf);
}

/* Lets the opens that cannot be cancelled come back. */
static void end_waits(const wchar_t *deaf) {
    wchar_t go[PATH_UNITS];
    swprintf(go, PATH_UNITS, L"%ls\\go", deaf);
    CHECK(file_write(go, "x", 1));
    Sleep(300);
    DeleteFileW(go); /* another process of the mixture may have done so */
}

static bool greet(raw_client *client, const wchar_t *pipe) {
    return CHECK(raw_open(client, pipe) && raw_hello(client));
}

static bool say_hello(raw_client *client, const lanes *l) {
    return greet(client, l->broker.pipe);
}

static bool send_spawn(raw_client *client, const char *application, DWORD timeout_ms) {
    size_t length;
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    spawn.application = application;
    spawn.timeout_ms = timeout_ms;
    char *frame = msg_encode_spawn(client->next_id++, &spawn, &length);
    return CHECK(raw_send_frame(client, frame, length));
}

/* Receives a reply, and checks its fault. */
static void refused(raw_client *client, fault_kind wanted, const char *words) {
    msg_reply reply;
    if (!CHECK_INT(raw_receive(client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) return;
    CHECK_INT(reply.fault.kind, wanted);
    CHECK_HAS(reply.fault.message, words);
    msg_reply_free(&reply);
}

/* A program of a TiB, whose hash a rule asks for. It is not read where it is too large; and where the policy
 * has no such limit, for no longer than somebody waits for it. */
void attack_endless_hashes(void) {
    enum { MANY = 14 };
    static lanes l;
    raw_client client;

    check_about("programs of any size are not read");
    if (!start(&l, SIX) || !say_hello(&client, &l)) return;
    uint64_t begun = GetTickCount64();
    for (int i = 0; i < MANY; i++) send_spawn(&client, l.huge, 0);
    for (int i = 0; i < MANY; i++) refused(&client, FAULT_DENIED, "hash.most_bytes");
    CHECK(GetTickCount64() - begun < SOON_MS);
    raw_close(&client);
    stop(&l);

    check_about("a client that asks for endless hashes and disconnects");
    if (!start(&l, SIX ANY_SIZE) || !say_hello(&client, &l)) return;
    for (int i = 0; i < MANY; i++) send_spawn(&client, l.huge, 0);
    Sleep(500);
    raw_close(&client);
    attack_meanwhile(l.broker.pipe, SOON_MS);

    check_about("a client that stays and has said how long it waits");
    if (!say_hello(&client, &l)) return;
    begun = GetTickCount64();
    send_spawn(&client, l.huge, 1000);
    refused(&client, FAULT_TIMED_OUT, "SHA-256");
    CHECK(GetTickCount64() - begun < SOON_MS);

    check_about("a stop while it waits");
    send_spawn(&client, l.huge, 0);
    Sleep(300);
    begun = GetTickCount64();
    stop(&l);
    printf("  a stop meanwhile took %llu ms\n", (unsigned long long)(GetTickCount64() - begun));
    CHECK(GetTickCount64() - begun < 2 * SOON_MS);
    raw_close(&client);
}

static bool send_explain(raw_client *client, const char *application) {
    size_t length;
    const msg_explain what = {.application = application};
    char *frame = msg_encode_explain(client->next_id++, &what, &length);
    return CHECK(raw_send_frame(client, frame, length));
}

/* The same, asked of policy.explain. What keeps the other queries waiting ends by itself, too. */
void attack_endless_explains(void) {
    enum { MANY = 14 };
    static lanes l;
    raw_client client;
    msg_reply reply;
    msg_status status;

    if (!start(&l, SIX ANY_SIZE) || !say_hello(&client, &l)) return;
    for (int i = 0; i < MANY; i++) send_explain(&client, l.huge);
    Sleep(500);
    raw_close(&client);
    uint64_t begun = GetTickCount64();
    CHECK(raw_status(l.broker.pipe, &status));
    printf("  a query meanwhile took %llu ms\n", (unsigned long long)(GetTickCount64() - begun));
    CHECK(GetTickCount64() - begun < SOON_MS);

    check_about("a client that stays");
    if (!say_hello(&client, &l)) return;
    begun = GetTickCount64();
    send_explain(&client, l.huge);
    if (CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) {
        CHECK_INT(reply.fault.kind, FAULT_NONE);
        msg_reply_free(&reply);
    }
    printf("  an explanation took %llu ms\n", (unsigned long long)(GetTickCount64() - begun));
    CHECK(GetTickCount64() - begun < 3 * SOON_MS);
    raw_close(&client);
    stop(&l);
}

/* A pipe as the program. Its server says nothing, and would have the reader wait. */
void attack_pipe_as_program(void) {
    enum { MANY = 8 };
    static lanes l;
    raw_client client;
    HANDLE servers[MANY];
    wchar_t name[128];
    char program[128];

    if (!start(&l, SIX)) return;
    swprintf(name, 128, L"\\\\.\\pipe\\SpawnBrokerProgram%lu", GetCurrentProcessId());
    snprintf(program, sizeof program, "\\\\localhost\\pipe\\SpawnBrokerProgram%lu", GetCurrentProcessId());
    for (int i = 0; i < MANY; i++)
        CHECK((servers[i] = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_WAIT, MANY, 512, 512, 0, NULL)) !=
              INVALID_HANDLE_VALUE);
    if (!say_hello(&client, &l)) return;
    uint64_t begun = GetTickCount64();
    for (int i = 0; i < MANY; i++) send_spawn(&client, program, 0);
    attack_meanwhile(l.broker.pipe, SOON_MS);
    for (int i = 0; i < MANY; i++) refused(&client, FAULT_LAUNCH_FAILED, "not a file on a disk");
    CHECK(GetTickCount64() - begun < 2 * SOON_MS);

    for (int i = 0; i < MANY; i++) CloseHandle(servers[i]);
    raw_close(&client);
    stop(&l);
}

typedef struct reader {
    HANDLE reading, writing, thread, closer;
} reader;

static DWORD WINAPI read_one(void *context) {
    char byte;
    DWORD got;
    ReadFile(((reader *)context)->reading, &byte, 1, &got, NULL);
    return 0;
}

/* Waits until the broker has its duplicate, and asks what that is: the answer takes it a quarter of a second.
 * With the layer, the close itself waits for the duplicate. */
static DWORD WINAPI close_reading(void *context) {
    Sleep(100);
    CloseHandle(((reader *)context)->reading);
    return 0;
}

/* Gives a launch that fails the reading end of a pipe from which a thread reads, and closes it while the
 * broker has its duplicate. The broker's is the last handle then, and its close waits for the thread. */
static void give_last(raw_client *client, reader *r) {
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    msg_handle handle = {.name = "x"};
    size_t length;
    if (!CHECK(CreatePipe(&r->reading, &r->writing, NULL, 0))) return;
    r->thread = CreateThread(NULL, 0, read_one, r, 0, NULL);
    Sleep(50); /* it reads */
    handle.value = (uint32_t)(ULONG_PTR)r->reading;
    spawn.handles = &handle;
    spawn.handle_count = 1;
    spawn.directory = "C:\\no such directory";
    char *frame = msg_encode_spawn(client->next_id++, &spawn, &length);
    CHECK(raw_send_frame(client, frame, length));
    r->closer = CreateThread(NULL, 0, close_reading, r, 0, NULL);
}

static void let_go(reader *r) {
    DWORD put;
    if (!r->writing) return;
    WriteFile(r->writing, "x", 1, &put, NULL);
    CHECK_INT(WaitForSingleObject(r->thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK_INT(WaitForSingleObject(r->closer, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(r->thread);
    CloseHandle(r->closer);
    CloseHandle(r->writing);
}

/* Files that are closed in vain: each hangs two threads, one that asks and one that closes. None is a runner.
 * A user who has had too many is refused until they come back; then everything is as before. */
void attack_closes_that_wait(void) {
    enum { FEW = 7, MANY = 12 };
    static lanes l;
    static reader readers[MANY];
    raw_client client;
    msg_reply reply;
    int quota = 0;

    if (!start(&l, SIX) || !say_hello(&client, &l)) return;
    for (int i = 0; i < FEW; i++) give_last(&client, &readers[i]);
    attack_meanwhile(l.broker.pipe, SOON_MS);
    for (int i = 0; i < FEW; i++) refused(&client, FAULT_LAUNCH_FAILED, "no such directory");

    check_about("no user hangs more than its share");
    for (int i = FEW; i < MANY; i++) {
        give_last(&client, &readers[i]);
        if (!CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) break;
        quota += reply.fault.kind == FAULT_QUOTA;
        if (reply.fault.kind == FAULT_QUOTA) CHECK_TEXT(reply.fault.field, "quota.hung_calls");
        msg_reply_free(&reply);
    }
    printf("  %d of %d were refused\n", quota, MANY);
    if (check_part("refused", quota || rules_enforce(RULES_ALL)
                                  ? NULL
                                  : "to close a file that is being read does not wait here"))
        CHECK(quota > 0);

    check_about("afterwards");
    for (int i = 0; i < MANY; i++) let_go(&readers[i]);
    Sleep(500);
    attack_meanwhile(l.broker.pipe, SOON_MS);
    raw_close(&client);
    stop(&l);
}

/* Opens that wait for the owner of a lock, and opens that cannot even be cancelled. Their threads are
 * replaced, and the stop of the broker does not wait for them. */
void attack_opens_that_wait(void) {
    enum { FEW = 5 };
    static lanes l;
    wchar_t path[2][PATH_UNITS];
    char program[2][TEXT];
    raw_client client;

    if (!start_waiting(&l, SIX) || !say_hello(&client, &l)) return;
    waiting_programs(l.deaf, path);
    for (int i = 0; i < 2; i++) utf8(program[i], path[i]);

    check_about("opens that can be cancelled"); /* a disconnect ends them */
    for (int i = 0; i < FEW; i++) send_spawn(&client, program[0], 30000);
    Sleep(500);
    raw_close(&client);
    attack_meanwhile(l.broker.pipe, SOON_MS);

    check_about("opens that cannot");
    if (!say_hello(&client, &l)) return;
    uint64_t begun = GetTickCount64();
    for (int i = 0; i < FEW; i++) send_spawn(&client, program[1], 500);
    for (int i = 0; i < FEW; i++) refused(&client, FAULT_TIMED_OUT, "");
    printf("  %d were answered within %llu ms\n", FEW, (unsigned long long)(GetTickCount64() - begun));
    attack_meanwhile(l.broker.pipe, SOON_MS);

    check_about("they come back");
    end_waits(l.deaf);
    attack_meanwhile(l.broker.pipe, SOON_MS);

    check_about("the broker stops while some hang");
    send_spawn(&client, program[1], 500);
    refused(&client, FAULT_TIMED_OUT, "");
    begun = GetTickCount64();
    CHECK_INT(broker_stop(&l.broker), ERROR_TIMEOUT); /* it leaves threads behind */
    printf("  a stop meanwhile took %llu ms\n", (unsigned long long)(GetTickCount64() - begun));
    CHECK(GetTickCount64() - begun < 2 * SOON_MS);
    raw_close(&client);
    remove_waiting(&l);
    directory_remove(l.directory);
}

/* ---- rounds, for a mixture of attacks ---- */

/* Of each kind at a time. All kinds together leave some of a user's share of the lanes, and of the threads
 * that may hang for it: the good client is the same user. */
enum { FEW = 2 };

static lanes target_lanes;

bool attack_target_start(test_broker *ret_broker, attack_target *ret) {
    lanes *l = &target_lanes;
    if (!start_waiting(l, ANY_SIZE)) return false;
    *ret_broker = l->broker;
    wcscpy(ret->pipe, l->broker.pipe);
    wcscpy(ret->directory, l->directory);
    wcscpy(ret->deaf, l->deaf);
    return true;
}

void attack_target_calm(void) {
    end_waits(target_lanes.deaf);
}

void attack_target_remove(void) {
    remove_waiting(&target_lanes);
    directory_remove(target_lanes.directory);
}

/* Sends launches of a program, waits a little, and disconnects. */
static void ask_and_go(const attack_target *t, const wchar_t *program, bool explain) {
    enum { PATIENCE_MS = 500 };
    raw_client client;
    char text[TEXT];
    utf8(text, program);
    if (!greet(&client, t->pipe)) return;
    for (int i = 0; i < FEW; i++) {
        if (explain) send_explain(&client, text);
        else send_spawn(&client, text, 0);
    }
    Sleep(PATIENCE_MS);
    raw_close(&client);
}

void attack_round_hashes(const attack_target *t) {
    wchar_t path[PATH_UNITS];
    swprintf(path, PATH_UNITS, L"%ls\\huge.exe", t->directory);
    ask_and_go(t, path, false);
}

void attack_round_explains(const attack_target *t) {
    wchar_t path[PATH_UNITS];
    swprintf(path, PATH_UNITS, L"%ls\\huge.exe", t->directory);
    ask_and_go(t, path, true);
}

void attack_round_slow_opens(const attack_target *t) {
    wchar_t path[2][PATH_UNITS];
    waiting_programs(t->deaf, path);
    ask_and_go(t, path[0], false);
}

void attack_round_deaf_opens(const attack_target *t) {
    wchar_t path[2][PATH_UNITS];
    char text[TEXT];
    raw_client client;
    waiting_programs(t->deaf, path);
    utf8(text, path[1]);
    if (!greet(&client, t->pipe)) return;
    for (int i = 0; i < FEW; i++) send_spawn(&client, text, 500);
    for (int i = 0; i < FEW; i++) refused(&client, FAULT_TIMED_OUT, "");
    raw_close(&client);
    end_waits(t->deaf);
}

void attack_round_closes(const attack_target *t) {
    reader readers[FEW] = {{0}};
    raw_client client;
    if (!greet(&client, t->pipe)) return;
    for (int i = 0; i < FEW; i++) give_last(&client, &readers[i]);
    for (int i = 0; i < FEW; i++) refused(&client, FAULT_LAUNCH_FAILED, "no such directory");
    for (int i = 0; i < FEW; i++) let_go(&readers[i]);
    raw_close(&client);
}
