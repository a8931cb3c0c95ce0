/* Which process and user the broker takes the client for. */
#include "tests/attacks/attacks.h"
#include "tests/rules/rules.h"
#include "service/broker/caller.h"
#include "tests/service/managed.h"
#include "service/win32/privileges.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* A pipe with both ends in this process. The server has read one byte from it. */
typedef struct pair {
    HANDLE server, client;
} pair;

static bool pair_open(pair *p) {
    wchar_t path[128];
    DWORD moved;
    char byte;
    swprintf(path, 128, L"\\\\.\\pipe\\sb-pair-%lu", GetCurrentProcessId());
    p->server = CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    p->client = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                            SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
    return CHECK(p->server != INVALID_HANDLE_VALUE && p->client != INVALID_HANDLE_VALUE) &&
           CHECK(WriteFile(p->client, "x", 1, &moved, NULL) && ReadFile(p->server, &byte, 1, &moved, NULL));
}

static void pair_close(pair *p) {
    CloseHandle(p->server);
    CloseHandle(p->client);
}

/* The process that connected has exited, and a process that is younger than the connection has its id. */
void attack_reused_process_id(void) {
    FILETIME created, ignored[3];
    caller *from = NULL;
    fault why = {.kind = FAULT_NONE};
    pair p;
    if (!pair_open(&p)) return;
    GetProcessTimes(GetCurrentProcess(), &created, &ignored[0], &ignored[1], &ignored[2]);
    int64_t born = win_filetime_us(created);
    CHECK_INT(caller_identify(p.server, (caller_moment){born - 1, win_ticks_us()}, false, &from, &why),
              FAULT_IDENTITY);
    CHECK_HAS(why.message, "it is not the one that did");
    CHECK(from == NULL);
    CHECK_INT(caller_identify(p.server, caller_now(), false, &from, &why), FAULT_NONE);
    if (from) CHECK_INT(from->pid, GetCurrentProcessId());
    caller_release(&from);
    pair_close(&p);
}

/* Makes events and returns a handle value that other processes of the test do not have. */
static HANDLE own_handle(HANDLE others[], int count) {
    for (int i = 0; i < count; i++) others[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
    return others[count - 1];
}

/* Checks that the reply's handles belong to the process that connected, not to this one. */
static void launch_for_other(raw_client *client, HANDLE other) {
    raw_spawn_text text;
    msg_reply reply;
    msg_spawn_result result;
    size_t length;
    HANDLE process = NULL;
    msg_spawn spawn = raw_spawn("sleep:600000", &text);
    char *frame = msg_encode_spawn(client->next_id++, &spawn, &length);
    if (!CHECK(raw_call(client, frame, length, &reply))) return;
    if (CHECK(msg_reply_spawn(&reply, &result))) {
        CHECK(DuplicateHandle(other, (HANDLE)(LONG_PTR)(int32_t)result.process, GetCurrentProcess(), &process,
                              PROCESS_QUERY_LIMITED_INFORMATION, FALSE, 0));
        if (process) CHECK_INT(GetProcessId(process), result.process_id);
    }
    msg_reply_free(&reply);
    win_close(&process);
}

static void hello_of(raw_client *client, DWORD wanted_pid) {
    if (CHECK(raw_hello(client))) CHECK_INT(client->caller_pid, wanted_pid);
}

static void after_its_end(raw_client *client) {
    msg_reply reply;
    size_t length;
    char *frame = msg_encode_status(client->next_id++, &length);
    if (!CHECK(raw_call(client, frame, length, &reply))) return;
    CHECK_INT(reply.fault.kind, FAULT_CALLER_GONE);
    CHECK_HAS(reply.fault.message, "the process that connected has exited");
    msg_reply_free(&reply);
}

/* When a session ends, the broker closes the connections of its programs, even if other programs still hold
 * them. */
static void after_logoff(const test_broker *broker, raw_client *client) {
    const char letter = MANAGED_LOGOFF;
    DWORD put;
    msg_reply reply;
    CHECK(WriteFile(broker->input, &letter, 1, &put, NULL));
    CHECK_INT(raw_receive(client, TEST_DEADLINE_MS, &reply), RAW_CLOSED);
}

/* A process gives this one a handle of its connection. The connection stays the other's, and ends with it. */
void attack_handed_connection(void) {
    enum { MANY = 400 };
    static HANDLE others[MANY];
    test_broker broker;
    PROCESS_INFORMATION helper;
    raw_client client = {.next_id = 1};
    raw_spawn_text text;
    msg_status status;
    char message[256];

    if (!CHECK(broker_start_program(&broker, L"spawnbroker_managed.exe", NULL))) return;
    if (CHECK(attack_connected_helper(broker.pipe, &helper, &client.pipe))) {
        client.event = CreateEventW(NULL, TRUE, FALSE, NULL);
        hello_of(&client, helper.dwProcessId);
        msg_spawn spawn = raw_spawn("exit:0", &text);
        msg_handle mine = {.name = "mine", .value = (uint32_t)(ULONG_PTR)own_handle(others, MANY)};
        spawn.handles = &mine;
        spawn.handle_count = 1;
        CHECK_INT(attack_spawn(&client, &spawn, message), FAULT_BAD_HANDLE);
        CHECK_HAS(message, "mine");
        for (int i = 0; i < MANY; i++) CloseHandle(others[i]);
        launch_for_other(&client, helper.hProcess);
        attack_end(&helper);
        after_its_end(&client);
        if (CHECK(raw_status(broker.pipe, &status))) CHECK(status.launches_started >= 1);
        after_logoff(&broker, &client);
        raw_close(&client);
    }
    CHECK_INT(broker_stop(&broker), 0);
}

static void hello_refused(const wchar_t *pipe, DWORD level, const char *wanted) {
    const msg_hello hello = {.protocol = LIMIT_PROTOCOL_VERSION, .client = "nobody"};
    wchar_t path[128];
    raw_client client = {.next_id = 1, .event = CreateEventW(NULL, TRUE, FALSE, NULL)};
    msg_reply reply;
    size_t length;

    swprintf(path, 128, L"\\\\.\\pipe\\%ls", pipe);
    client.pipe = CreateFileW(path, FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~FILE_APPEND_DATA), 0, NULL,
                              OPEN_EXISTING, FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | level, NULL);
    if (!CHECK(client.pipe != INVALID_HANDLE_VALUE)) return;

    char *frame = msg_encode_hello(client.next_id++, &hello, &length);
    if (CHECK(raw_call(&client, frame, length, &reply))) {
        if (check_part("level", lax_pipes())) {
            CHECK_INT(reply.fault.kind, FAULT_IDENTITY);
            CHECK_HAS(reply.fault.message, wanted);
        }
        msg_reply_free(&reply);
    }
    raw_close(&client);
}

/* A broker that cannot act as the client must not act as itself instead. */
void attack_token_without_impersonation(void) {
    test_broker broker;
    if (!broker_start(&broker, NULL)) return;
    hello_refused(broker.pipe, SECURITY_ANONYMOUS, "anonymously");
    hello_refused(broker.pipe, SECURITY_IDENTIFICATION, "identification level");
    CHECK_INT(broker_stop(&broker), 0);
}

/* A thread impersonates another user than its process's: it is unclear whose launch this is. */
void attack_impersonating_caller(void) {
    test_broker broker;
    HANDLE token = attack_filtered_token(), acting = NULL;
    const msg_hello hello = {.protocol = LIMIT_PROTOCOL_VERSION, .client = "test"};
    raw_client client;
    msg_reply reply;
    size_t length;

    if (!CHECK(token != NULL) || !broker_start(&broker, NULL)) return;
    CHECK(
        DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &acting));
    CHECK(SetThreadToken(NULL, acting));
    bool opened = raw_open(&client, broker.pipe);
    CHECK(RevertToSelf());

    if (CHECK(opened)) {
        char *frame = msg_encode_hello(client.next_id++, &hello, &length);
        if (CHECK(raw_call(&client, frame, length, &reply))) {
            if (check_part("refused", lax_pipes())) {
                CHECK_INT(reply.fault.kind, FAULT_IDENTITY);
                CHECK_HAS(reply.fault.message, "acts as somebody else than its process");
            }
            msg_reply_free(&reply);
        }
        raw_close(&client);
    }

    win_close(&acting);
    CloseHandle(token);
    CHECK_INT(broker_stop(&broker), 0);
}

/* Sends hello, and hello with a nonce (NULL: without one), and a spawn, without reading a byte. Then reads
 * what the broker wrote meanwhile: it must have refused the launch. */
static void write_blindly(const test_broker *broker, const char *nonce) {
    const msg_hello first = {.protocol = LIMIT_PROTOCOL_VERSION, .client = "blind"};
    const msg_hello second = {.protocol = LIMIT_PROTOCOL_VERSION, .client = "blind", .nonce = nonce};
    raw_client client;
    raw_spawn_text text;
    msg_reply reply;
    size_t length;
    fault_kind kinds[3] = {FAULT_COUNT, FAULT_COUNT, FAULT_COUNT};
    const msg_spawn spawn = raw_spawn("exit:0", &text);

    if (!CHECK(raw_open(&client, broker->pipe))) return;
    for (int i = 0; i < 3; i++) {
        char *frame = i == 2 ? msg_encode_spawn(i, &spawn, &length)
                             : msg_encode_hello(i, i ? &second : &first, &length);
        CHECK(raw_send_frame(&client, frame, length));
    }
    for (int i = 0; i < 3; i++) {
        if (!CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) break;
        if (CHECK(reply.id >= 0 && reply.id < 3)) kinds[reply.id] = reply.fault.kind;
        msg_reply_free(&reply);
    }
    CHECK_INT(kinds[0], FAULT_NONE);
    CHECK_INT(kinds[1], nonce ? FAULT_HELLO_FIRST : FAULT_NONE);
    CHECK_INT(kinds[2], FAULT_HELLO_FIRST);
    raw_close(&client);
}

/* A privileged program is tricked into writing bytes of another's choice to the pipe's name, as to a log
 * file. It reads nothing, so it does not know the nonce. */
void attack_blind_writer(void) {
    const msg_hello hello = {.protocol = LIMIT_PROTOCOL_VERSION, .client = "another"};
    test_broker broker;
    raw_client another;
    raw_audit audit = {0};
    msg_reply reply;
    msg_hello_result result;
    size_t length;
    char nonce[64] = "";

    if (!broker_start(&broker, NULL)) return;
    write_blindly(&broker, NULL);
    write_blindly(&broker, "");
    write_blindly(&broker, "00000000000000000000000000000000");

    /* The nonce of another connection is none, either. */
    if (CHECK(raw_open(&another, broker.pipe))) {
        char *frame = msg_encode_hello(1, &hello, &length);
        if (CHECK(raw_call(&another, frame, length, &reply))) {
            if (CHECK(msg_reply_hello(&reply, &result))) snprintf(nonce, sizeof nonce, "%s", result.nonce);
            CHECK_INT((int)strspn(nonce, "0123456789abcdef"), 32);
            msg_reply_free(&reply);
        }
        write_blindly(&broker, nonce);
        raw_close(&another);
    }

    if (CHECK(raw_audit_read(broker.pipe, 0, 10, &audit))) CHECK_INT(audit.count, 0);
    raw_audit_free(&audit);
    CHECK_INT(broker_stop(&broker), 0);
}

static const char no_restricting[] = "the tokens of this system have no restricting SIDs";

/* Returns a restricted token of this process, or NULL if the system does not make one. */
static HANDLE restricted_token(void) {
    const msg_reduce what = {.restricted = true};
    return attack_reduced_token(&what);
}

/* A sandboxed program asks the broker for a launch outside the sandbox. If Windows lets it reach the pipe at
 * all, the broker denies the launch. */
void attack_restricted_caller(void) {
    test_broker broker;
    wchar_t arguments[128];
    HANDLE token = restricted_token();
    const bool restricted = check_part("restricted", token ? NULL : no_restricting);
    if (!restricted) token = attack_filtered_token();
    if (!CHECK(token != NULL) || !broker_start(&broker, NULL)) return;
    swprintf(arguments, 128, L"act hello %ls", broker.pipe);
    /* tests/rules keeps a process of this name off the pipe, as Windows keeps a restricted token. */
    if (!restricted) SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, L"restricted");
    DWORD failed_at = attack_run(token, arguments);
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, NULL);
    CHECK(failed_at != 0);
    CHECK(failed_at != STILL_ACTIVE);
    CloseHandle(token);
    CHECK_INT(broker_stop(&broker), 0);
}

static void compare(const char *about, HANDLE own, HANDLE other, bool wanted) {
    bool same = !wanted;
    printf("  %s\n", about);
    CHECK_INT(token_same(own, other, &same), ERROR_SUCCESS);
    CHECK_INT(same, wanted);
}

/* Tokens of one user and logon are not the same if they differ in anything that gives rights. */
void attack_other_token(void) {
    HANDLE own = NULL, copy = NULL, fewer = NULL, denying = attack_filtered_token(),
           restricted = restricted_token();
    LUID_AND_ATTRIBUTES one = {0};
    if (!CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own))) return;
    CHECK(DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &copy));
    compare("a copy", own, copy, true);
    compare("a group that only denies", own, denying, false);
    CHECK(LookupPrivilegeValueW(NULL, SE_CHANGE_NOTIFY_NAME, &one.Luid));
    CHECK(CreateRestrictedToken(own, 0, 0, NULL, 1, &one, 0, NULL, &fewer));
    compare("a privilege less", own, fewer, false);
    if (check_part("restricted", restricted ? NULL : no_restricting))
        compare("restricted", own, restricted, false);
    win_close(&copy);
    win_close(&fewer);
    win_close(&denying);
    win_close(&restricted);
    CloseHandle(own);
}

/* Returns how many of the two privileges a process has enabled. */
static int enabled_in(HANDLE process) {
    static const wchar_t *const names[] = {SE_ASSIGNPRIMARYTOKEN_NAME, SE_INCREASE_QUOTA_NAME};
    HANDLE token = NULL;
    void *all = NULL;
    int enabled = 0;

    if (!CHECK(OpenProcessToken(process, TOKEN_QUERY, &token)) ||
        !CHECK_INT(token_read(token, TokenPrivileges, &all), ERROR_SUCCESS))
        return -1;

    const TOKEN_PRIVILEGES *list = all;
    for (int n = 0; n < 2; n++) {
        LUID wanted;
        CHECK(LookupPrivilegeValueW(NULL, names[n], &wanted));
        for (DWORD i = 0; i < list->PrivilegeCount; i++)
            enabled += !memcmp(&list->Privileges[i].Luid, &wanted, sizeof wanted) &&
                       list->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED;
    }

    free(all);
    CloseHandle(token);
    return enabled;
}

/* The broker's privileges are off except while it creates a child, so code that takes the broker over finds
 * them off. */
void attack_privileges_at_rest(void) {
    test_broker broker;
    child_result result;
    HANDLE own = GetCurrentProcess();
    int before = enabled_in(own);
    bool first = privileges_enable(), second = privileges_enable();

    CHECK_INT(first, privileges_held());
    CHECK_INT(second, first);
    CHECK_INT(enabled_in(own), first ? 2 : before); /* both or none */
    if (second) privileges_disable();
    CHECK_INT(enabled_in(own), first ? 2 : before);
    if (first) privileges_disable();
    CHECK_INT(enabled_in(own), first ? 0 : before);
    check_part("held",
               first ? NULL : "this process does not hold the two privileges, so none is ever enabled");
    if (!broker_start(&broker, NULL)) return;

    sb_client *client = broker_connect(broker.pipe);
    if (client) {
        helper_run(client, L"exit:3", NULL, 0, &result);
        CHECK_INT(result.exit_code, 3);
        CHECK_INT(enabled_in(broker.process), 0);
        sb_disconnect(client);
    }
    CHECK_INT(broker_stop(&broker), 0);
}
