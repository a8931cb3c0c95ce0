/* Numbers that a request passes off as handles, and the handles that the broker returns. */
#include "tests/attacks/attacks.h"
#include "service/win32/nt.h"
#include "service/win32/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Checks that the broker rejects a launch with this handle, and one with it as standard output. */
static void value_refused(raw_client *client, uint32_t value) {
    raw_spawn_text text;
    char message[256] = "";
    msg_handle handle = {.name = "guess", .value = value};
    msg_spawn spawn = raw_spawn("exit:0", &text);
    spawn.handles = &handle;
    spawn.handle_count = 1;
    CHECK_INT(attack_spawn(client, &spawn, message), FAULT_BAD_HANDLE);
    CHECK_HAS(message, "guess");
    if (!value) return; /* as standard output, 0 means NUL */
    spawn.handles = NULL;
    spawn.handle_count = 0;
    spawn.std[MSG_STD_OUTPUT] = value;
    CHECK_INT(attack_spawn(client, &spawn, message), FAULT_BAD_HANDLE);
}

/* Gives the broker an end of a pipe and then a value that is no handle: when the launch has been refused,
 * nobody but this process holds the end. */
static void keeps_nothing(raw_client *client, uint32_t value) {
    HANDLE reading, writing;
    raw_spawn_text text;
    char rest[16];
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    const msg_handle handles[] = {{.name = "good", .value = (uint32_t)(ULONG_PTR)writing},
                                  {.name = "guess", .value = value}};
    msg_spawn spawn = raw_spawn("exit:0", &text);
    spawn.handles = handles;
    spawn.handle_count = 2;
    CHECK_INT(attack_spawn(client, &spawn, NULL), FAULT_BAD_HANDLE);
    CloseHandle(writing);
    CHECK(read_to_end(reading, rest, sizeof rest, TEST_DEADLINE_MS));
    CloseHandle(reading);
}

enum { MOST_GUESSES = 50, HANDLES_TO_SPARE = 8 };

/* Chooses values that are handles in the broker but not in this process. Meanwhile this process creates and
 * closes handles by itself (Wine makes one for each blocking read). These get the lowest free values, so some
 * spare handles keep those values out of the choice. */
static size_t choose_guesses(const nt_handle *table, size_t count, uint32_t *ret) {
    HANDLE spare[HANDLES_TO_SPARE];
    size_t chosen = 0;
    DWORD flags;
    for (size_t i = 0; i < HANDLES_TO_SPARE; i++) CHECK(spare[i] = CreateEventW(NULL, TRUE, FALSE, NULL));
    for (size_t i = 0; i < count && chosen < MOST_GUESSES; i++)
        if (!GetHandleInformation(table[i].value, &flags))
            ret[chosen++] = (uint32_t)(ULONG_PTR)table[i].value;
    for (size_t i = 0; i < HANDLES_TO_SPARE; i++) win_close(&spare[i]);
    return chosen;
}

/* Sends values that are handles in the broker but not in this process. The broker must never take its own
 * handles for the caller's. */
void attack_guessed_handles(void) {
    test_broker broker;
    raw_client client;
    nt_handle *table = NULL;
    size_t count = 0;
    if (!broker_start(&broker, NULL)) return;
    if (CHECK(raw_open(&client, broker.pipe) && raw_hello(&client)) &&
        CHECK_INT(nt_handle_table(broker.process, broker.process_id, &table, &count), ERROR_SUCCESS)) {
        uint32_t guesses[MOST_GUESSES];
        size_t tried = choose_guesses(table, count, guesses);
        for (size_t i = 0; i < tried; i++) value_refused(&client, guesses[i]);
        if (CHECK(tried > 0)) keeps_nothing(&client, guesses[0]);
        printf("  %zu of the broker's handles\n", tried);
    }
    free(table);
    raw_close(&client);
    CHECK_INT(broker_stop(&broker), 0);
}

static void say(raw_client *client, const char *value) {
    char text[2048];
    msg_reply reply;
    snprintf(
        text, sizeof text,
        "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"spawn\",\"params\":{\"application\":\"C:\\\\a.exe\","
        "\"directory\":\"C:\\\\\",\"environment\":[],\"handles\":[{\"name\":\"x\",\"value\":%s}]}}",
        (long long)client->next_id++, value);
    CHECK(raw_send_payload(client, text, strlen(text)));
    if (!CHECK_INT(raw_receive(client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) return;
    printf("  %s: %s\n", value, reply.fault.message);
    CHECK(reply.fault.kind != FAULT_NONE);
    CHECK_HAS(reply.fault.field, "params.handles[0].value");
    msg_reply_free(&reply);
}

/* Sends NULL and -1 to -6, in every spelling. A duplicate of -1 from a process would be a handle with all
 * rights to it. */
void attack_pseudo_handles(void) {
    static const char *const texts[] = {"-1",         "-6",         "18446744073709551615",
                                        "4294967296", "8589934591", "1e3",
                                        "\"0x4\"",    "null",       "4294967295.0"};
    test_broker broker;
    raw_client client;
    if (!broker_start(&broker, NULL)) return;
    if (CHECK(raw_open(&client, broker.pipe) && raw_hello(&client))) {
        for (int32_t value = 0; value >= -6; value--) value_refused(&client, (uint32_t)value);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) say(&client, texts[i]);
    }
    raw_close(&client);
    CHECK_INT(broker_stop(&broker), 0);
}

static void has_rights(HANDLE handle, const char *type, ACCESS_MASK allowed) {
    nt_object object;
    if (!CHECK_INT(nt_query_object(handle, &object), ERROR_SUCCESS)) return;
    printf("  %s: 0x%lx\n", object.type, (unsigned long)object.access);
    CHECK_TEXT(object.type, type);
    CHECK_INT(object.access & ~allowed, 0);
}

/* The process handle that the broker returns must not have PROCESS_DUP_HANDLE or the right to write memory.
 * Its holder would have all that the child has. */
void attack_handed_back_rights(void) {
    const ACCESS_MASK process_rights =
        SYNCHRONIZE | PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE;
    const ACCESS_MASK thread_rights = SYNCHRONIZE | THREAD_QUERY_INFORMATION |
                                      THREAD_QUERY_LIMITED_INFORMATION | THREAD_SUSPEND_RESUME |
                                      0x1000; /* THREAD_RESUME, which the right includes */
    test_broker broker;
    raw_client client;
    raw_spawn_text text;
    msg_reply reply;
    msg_spawn_result result;
    size_t length;
    HANDLE whole = NULL;

    if (!broker_start(&broker, NULL)) return;
    msg_spawn spawn = raw_spawn("sleep:600000", &text);
    spawn.job = true;

    if (CHECK(raw_open(&client, broker.pipe) && raw_hello(&client))) {
        char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
        if (CHECK(raw_call(&client, frame, length, &reply)) && CHECK(msg_reply_spawn(&reply, &result))) {
            HANDLE process = (HANDLE)(LONG_PTR)(int32_t)result.process,
                   thread = (HANDLE)(LONG_PTR)(int32_t)result.thread,
                   job = (HANDLE)(LONG_PTR)(int32_t)result.job;
            has_rights(process, "Process", process_rights);
            has_rights(thread, "Thread", thread_rights);
            has_rights(job, "Job", JOB_OBJECT_QUERY | JOB_OBJECT_TERMINATE);
            CHECK(!DuplicateHandle(process, (HANDLE)(LONG_PTR)-1, GetCurrentProcess(), &whole, 0, FALSE,
                                   DUPLICATE_SAME_ACCESS));
            CHECK_INT(GetLastError(), ERROR_ACCESS_DENIED);
            win_close(&whole);
            CHECK(TerminateProcess(process, 0));
            WaitForSingleObject(process, TEST_DEADLINE_MS);
            win_close(&process);
            win_close(&thread);
            win_close(&job);
        }
        msg_reply_free(&reply);
    }
    raw_close(&client);
    CHECK_INT(broker_stop(&broker), 0);
}

void attack_round_guesses(const attack_target *t) {
    raw_client client;
    DWORD flags;
    if (!CHECK(raw_open(&client, t->pipe) && raw_hello(&client))) return;
    for (uint32_t value = 4; value < 400; value += 4)
        if (!GetHandleInformation((HANDLE)(ULONG_PTR)value, &flags)) value_refused(&client, value);
    raw_close(&client);
}
