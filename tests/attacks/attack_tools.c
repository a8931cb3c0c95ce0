#include "tests/attacks/attacks.h"
#include "service/win32/reduce.h"
#include "tests/rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static bool set_medium(HANDLE token) {
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    TOKEN_MANDATORY_LABEL label = {.Label = {.Sid = sid, .Attributes = SE_GROUP_INTEGRITY}};
    return CreateWellKnownSid(WinMediumLabelSid, NULL, sid, &size) &&
           SetTokenInformation(token, TokenIntegrityLevel, &label, sizeof label + size);
}

HANDLE attack_reduced_token(const msg_reduce *what) {
    arena a = {0};
    fault why;
    HANDLE own = NULL, reduced = NULL;
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own) &&
        reduce_token(&a, own, what, &reduced, &why))
        printf("  a token with less: %s: %s\n", why.field, why.message);
    if (own) CloseHandle(own);
    arena_free(&a);
    return reduced;
}

HANDLE attack_filtered_token(void) {
    static const char *const administrators[] = {"S-1-5-32-544"};
    const msg_reduce what = {.drop_privileges = true, .deny_groups = administrators, .deny_group_count = 1};
    HANDLE filtered = attack_reduced_token(&what);
    if (filtered && !set_medium(filtered)) {
        printf("  medium integrity: error %lu\n", GetLastError());
        CloseHandle(filtered);
        filtered = NULL;
    }
    return filtered;
}

static bool start_self(HANDLE token, const wchar_t *arguments, HANDLE output, PROCESS_INFORMATION *ret) {
    wchar_t program[MAX_PATH], line[1024];
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 1024, L"\"%ls\" %ls", program, arguments);
    start.hStdOutput = output ? output : GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    BOOL ok = token ? CreateProcessAsUserW(token, program, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, ret)
                    : CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, ret);
    if (!CHECK(ok)) printf("starting %ls: error %lu\n", line, GetLastError());
    return ok;
}

DWORD attack_run(HANDLE token, const wchar_t *arguments) {
    PROCESS_INFORMATION made;
    DWORD code = STILL_ACTIVE;
    fflush(stdout);
    if (!start_self(token, arguments, NULL, &made)) return code;
    CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(made.hProcess, &code);
    attack_end(&made);
    return code;
}

DWORD attack_run_as(const wchar_t *token, const wchar_t *arguments) {
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, token);
    DWORD code = attack_run(NULL, arguments);
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, NULL);
    return code;
}

void attack_end(PROCESS_INFORMATION *process) {
    if (!process->hProcess) return;
    TerminateProcess(process->hProcess, 1);
    WaitForSingleObject(process->hProcess, TEST_DEADLINE_MS);
    CloseHandle(process->hThread);
    CloseHandle(process->hProcess);
    process->hProcess = process->hThread = NULL;
}

static void close_given(const msg_spawn_result *result) {
    const uint32_t all[] = {result->process, result->thread, result->job};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]) CloseHandle((HANDLE)(LONG_PTR)(int32_t)all[i]);
}

fault_kind attack_spawn(raw_client *client, const msg_spawn *spawn, char *message) {
    size_t length;
    msg_reply reply;
    msg_spawn_result result;
    char *frame = msg_encode_spawn(client->next_id++, spawn, &length);
    if (!CHECK(raw_call(client, frame, length, &reply))) return FAULT_COUNT;
    fault_kind kind = reply.fault.kind;
    if (message) snprintf(message, 256, "%.255s", reply.fault.message);
    if (!kind && msg_reply_spawn(&reply, &result)) close_given(&result);
    msg_reply_free(&reply);
    return kind;
}

int attack_launch(const wchar_t *pipe, const char *application, const char *command_line) {
    raw_client client;
    raw_spawn_text text;
    msg_reply reply;
    msg_spawn_result result;
    size_t length;
    DWORD code = (DWORD)ATTACK_FAILED;
    msg_spawn spawn = raw_spawn("exit:0", &text);

    spawn.application = application;
    spawn.command_line = command_line;
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return ATTACK_FAILED;

    char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
    if (CHECK(raw_call(&client, frame, length, &reply))) {
        if (msg_reply_spawn(&reply, &result)) {
            HANDLE process = (HANDLE)(LONG_PTR)(int32_t)result.process;
            CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
            GetExitCodeProcess(process, &code);
            close_given(&result);
        }
        msg_reply_free(&reply);
    }
    raw_close(&client);
    return (int)code;
}

/* Reads the handle's value, which is the first line. */
static bool read_value(HANDLE reading, HANDLE *ret) {
    char text[64] = "";
    size_t length = 0;
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    while (length + 1 < sizeof text && !strchr(text, '\n')) {
        DWORD there = 0, got = 0;
        if (!PeekNamedPipe(reading, NULL, 0, NULL, &there, NULL) || deadline_passed(deadline)) return false;
        if (!there) Sleep(5);
        else if (!ReadFile(reading, text + length, 1, &got, NULL)) return false;
        length += got;
        text[length] = 0;
    }
    *ret = (HANDLE)(ULONG_PTR)strtoull(text, NULL, 16);
    return *ret != NULL;
}

bool attack_connected_helper(const wchar_t *pipe, PROCESS_INFORMATION *ret, HANDLE *ret_pipe) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE reading, writing, theirs = NULL, ours = NULL;
    PROCESS_INFORMATION made = {0};
    wchar_t arguments[128];

    if (!CreatePipe(&reading, &writing, &inheritable, 0)) return false;
    swprintf(arguments, 128, L"act connect %ls", pipe);
    bool good = start_self(NULL, arguments, writing, &made);
    CloseHandle(writing);
    good =
        good && read_value(reading, &theirs) &&
        DuplicateHandle(made.hProcess, theirs, GetCurrentProcess(), &ours, 0, FALSE, DUPLICATE_SAME_ACCESS);
    CloseHandle(reading);

    if (good) {
        *ret = made;
        *ret_pipe = ours;
    } else {
        printf("a helper that is connected to %ls: error %lu\n", pipe, GetLastError());
        attack_end(&made);
    }

    return good;
}

int attack_act_connect(const wchar_t *name) {
    raw_client client;
    if (!raw_open(&client, name)) return 1;
    printf("%llx\n", (unsigned long long)(ULONG_PTR)client.pipe);
    fflush(stdout);
    Sleep(600000);
    return 2;
}

void attack_meanwhile(const wchar_t *pipe, DWORD most_ms) {
    child_result result;
    uint64_t start = GetTickCount64();
    sb_client *client = broker_connect(pipe);
    if (!CHECK(client != NULL)) return;
    helper_run(client, L"exit:4", NULL, 0, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 4);
    sb_disconnect(client);
    uint64_t took = GetTickCount64() - start;
    printf("  a launch meanwhile took %llu ms\n", (unsigned long long)took);
    CHECK(took < most_ms);
}
