/* Which program runs, and what it gets from the broker. */
#include "tests/attacks/attacks.h"
#include "service/win32/facts.h"
#include "service/win32/text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { HELPER_EXIT = 5, HELPER_UNKNOWN = 100, PATH_UNITS = 2 * MAX_PATH, TEXT = 4 * MAX_PATH };

static void utf8(char text[TEXT], const wchar_t *wide) {
    if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, TEXT, NULL, NULL)) text[0] = 0;
}

/* Copies this program to path. If it is started instead of the helper, it exits with EVIL_EXIT. */
static bool put_evil(const wchar_t *path) {
    wchar_t own[MAX_PATH];
    GetModuleFileNameW(NULL, own, MAX_PATH);
    return CopyFileW(own, path, FALSE);
}

static bool put_helper(const wchar_t *path) {
    wchar_t helper[MAX_PATH];
    beside_program(helper, L"test_helper.exe");
    return CopyFileW(helper, path, FALSE);
}

static bool write_policy(const wchar_t *data) {
    static const char rule[] = "{\"version\": 1, \"default\": \"deny\", \"rules\": [{\"name\": \"known\", "
                               "\"action\": \"allow\", \"program\": {\"sha256\": [\"%s\"]}}]}";
    wchar_t path[PATH_UNITS];
    char text[512], hash[65] = "", helper[TEXT];
    arena a = {0};
    policy_why why = {""};
    beside_program(path, L"test_helper.exe");
    utf8(helper, path);
    facts f = {.memory = &a, .application = helper};
    bool good = CHECK(facts_oracle.sha256(&f, hash, &why));
    facts_close(&f);
    arena_free(&a);
    snprintf(text, sizeof text, rule, hash);
    swprintf(path, PATH_UNITS, L"%ls\\policy.json", data);
    return good && CHECK(file_write(path, text, strlen(text)));
}

typedef struct swapper {
    wchar_t good[PATH_UNITS], evil[PATH_UNITS], target[PATH_UNITS];
    volatile LONG stop, swaps, refused;
} swapper;

/* Puts next in place of the target: either directly over it, or after moving it away, because an open file
 * can be renamed. */
static bool replace(const swapper *s, const wchar_t *next, bool away) {
    wchar_t old[PATH_UNITS];
    if (!away) return MoveFileExW(next, s->target, MOVEFILE_REPLACE_EXISTING);
    swprintf(old, PATH_UNITS, L"%ls.old", s->target);
    return MoveFileExW(s->target, old, MOVEFILE_REPLACE_EXISTING) &&
           MoveFileExW(next, s->target, MOVEFILE_REPLACE_EXISTING);
}

/* Replaces the program by the evil one and by the good one in turn, as fast as it can. */
static DWORD WINAPI swap(void *context) {
    swapper *s = context;
    wchar_t next[PATH_UNITS];
    swprintf(next, PATH_UNITS, L"%ls.next", s->target);
    for (int i = 0; !s->stop; i++) {
        if (CopyFileW(i % 2 ? s->good : s->evil, next, FALSE) && replace(s, next, i / 2 % 2))
            InterlockedIncrement(&s->swaps);
        else InterlockedIncrement(&s->refused);
    }
    return 0;
}

/* Replaces the program between the policy's decision and the launch. The broker holds the file open, without
 * sharing it for writing or deleting, from the hash until the process exists. */
void attack_swapped_program(void) {
    enum { LAUNCHES = 60 };
    static swapper s;
    test_broker broker;
    wchar_t data[MAX_PATH], directory[MAX_PATH];
    char program[TEXT];
    int good = 0, refused = 0, evil = 0, other = 0;

    if (!CHECK(directory_make_data(data, L"swap-data") && directory_make(directory, L"swap")) ||
        !write_policy(data) || !broker_start(&broker, data))
        return;

    swprintf(s.good, PATH_UNITS, L"%ls\\good.exe", directory);
    swprintf(s.evil, PATH_UNITS, L"%ls\\evil.exe", directory);
    swprintf(s.target, PATH_UNITS, L"%ls\\tool.exe", directory);
    CHECK(put_helper(s.good) && put_evil(s.evil) && put_helper(s.target));
    utf8(program, s.target);
    HANDLE thread = CreateThread(NULL, 0, swap, &s, 0, NULL);

    for (int i = 0; i < LAUNCHES; i++) {
        int code = attack_launch(broker.pipe, program, "tool exit:5");
        if (code == HELPER_EXIT) good++;
        else if (code == EVIL_EXIT) evil++;
        else if (code == ATTACK_FAILED) refused++;
        else other++;
    }

    InterlockedExchange(&s.stop, 1);
    CHECK_INT(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    printf("  %d launches of the known program, %d refused; %ld swaps, %ld prevented\n", good, refused,
           s.swaps, s.refused);
    CHECK_INT(evil, 0);
    CHECK_INT(other, 0);
    CHECK(good > 0);
    CHECK(s.swaps > 0);
    CHECK_INT(broker_stop(&broker), 0);
    directory_remove(directory);
}

/* "C:\x\a b\tool.exe" without quotation marks is not "C:\x\a.exe". */
void attack_spaces_in_the_path(void) {
    test_broker broker;
    wchar_t directory[MAX_PATH], path[PATH_UNITS], line[PATH_UNITS];
    char program[TEXT], command_line[TEXT + 16];
    child_result result;

    if (!CHECK(directory_make(directory, L"spaces")) || !broker_start(&broker, NULL)) return;
    swprintf(path, PATH_UNITS, L"%ls\\a.exe", directory);
    CHECK(put_evil(path));
    swprintf(path, PATH_UNITS, L"%ls\\a b", directory);
    CHECK(CreateDirectoryW(path, NULL));
    swprintf(path, PATH_UNITS, L"%ls\\a b\\tool.exe", directory);
    CHECK(put_helper(path));
    utf8(program, path);
    snprintf(command_line, sizeof command_line, "%s exit:5", program);

    /* The helper runs. It sees "b\\tool.exe" as an argument, and exits with the code for an unknown one. */
    CHECK_INT(attack_launch(broker.pipe, program, command_line), HELPER_UNKNOWN);

    /* The library finds the program as CreateProcess does: with an application it does not guess. */
    sb_client *client = broker_connect(broker.pipe);
    if (CHECK(client != NULL)) {
        swprintf(line, PATH_UNITS, L"%ls exit:5", path);
        sb_spawn_options options = {.size = sizeof options, .application = path, .command_line = line};
        child_run(client, &options, &result);
        CHECK_INT(result.err, ERROR_SUCCESS);
        CHECK_INT(result.exit_code, HELPER_UNKNOWN);
        sb_disconnect(client);
    }
    CHECK_INT(broker_stop(&broker), 0);
    directory_remove(directory);
}

/* The broker rejects batch files, however the name is spelled: cmd.exe reads a command line by its own rules,
 * in which arguments can become commands. */
void attack_batch_files(void) {
    static const char *const tails[] = {".bat",  ".cmd",  ".BAT",    ".CmD",
                                        ".bat.", ".bat ", ".cmd. .", ".bat::$DATA"};
    static const char text[] = "@exit /b 66\r\n";
    test_broker broker;
    wchar_t directory[MAX_PATH], path[PATH_UNITS];
    char place[TEXT], program[TEXT + 32];

    if (!CHECK(directory_make(directory, L"batch")) || !broker_start(&broker, NULL)) return;
    swprintf(path, PATH_UNITS, L"%ls\\x.bat", directory);
    CHECK(file_write(path, text, sizeof text - 1));
    swprintf(path, PATH_UNITS, L"%ls\\x.cmd", directory);
    CHECK(file_write(path, text, sizeof text - 1));
    utf8(place, directory);

    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        raw_client client;
        raw_spawn_text spawn_text;
        char message[256] = "";
        snprintf(program, sizeof program, "%s\\x%s", place, tails[i]);
        msg_spawn spawn = raw_spawn("exit:0", &spawn_text);
        spawn.application = program;
        spawn.command_line = "x \"&calc.exe";
        if (!CHECK(raw_open(&client, broker.pipe) && raw_hello(&client))) break;
        CHECK_INT(attack_spawn(&client, &spawn, message), FAULT_BAD_VALUE);
        CHECK_HAS(message, "batch");
        raw_close(&client);
    }
    CHECK_INT(broker_stop(&broker), 0);
    directory_remove(directory);
}

static void prints(const wchar_t *pipe, const char *actions, const char *wanted) {
    raw_client client;
    raw_spawn_text text;
    msg_reply reply;
    msg_spawn_result result;
    size_t length;
    char output[256] = "", root[TEXT];
    wchar_t windows[MAX_PATH], setting[MAX_PATH + 16];
    const char *environment[] = {root};
    HANDLE reading, writing;

    GetWindowsDirectoryW(windows, MAX_PATH); /* the C runtime needs it */
    swprintf(setting, MAX_PATH + 16, L"SystemRoot=%ls", windows);
    utf8(root, setting);
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    msg_spawn spawn = raw_spawn(actions, &text);
    spawn.environment = environment;
    spawn.environment_count = 1;
    spawn.std[MSG_STD_OUTPUT] = (uint32_t)(ULONG_PTR)writing;

    if (CHECK(raw_open(&client, pipe) && raw_hello(&client))) {
        char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
        bool good = CHECK(raw_call(&client, frame, length, &reply));
        CloseHandle(writing);
        if (good && CHECK(msg_reply_spawn(&reply, &result))) {
            read_to_end(reading, output, sizeof output, TEST_DEADLINE_MS);
            CloseHandle((HANDLE)(LONG_PTR)(int32_t)result.process);
            CloseHandle((HANDLE)(LONG_PTR)(int32_t)result.thread);
        }
        if (good) msg_reply_free(&reply);
        CHECK_TEXT(output, wanted);
        raw_close(&client);
    }
    CloseHandle(reading);
}

/* No child gets the broker's environment, and the broker does not get a child's. */
void attack_brokers_environment(void) {
    static const wchar_t secret[] = L"SPAWN_BROKER_TEST_SECRET";
    test_broker broker;
    SetEnvironmentVariableW(secret, L"the broker's own");
    bool started = broker_start(&broker, NULL);
    SetEnvironmentVariableW(secret, NULL);
    if (!started) return;
    prints(broker.pipe, "env:SPAWN_BROKER_TEST_SECRET", "(not set)\n");
    prints(broker.pipe, "env:PATH", "(not set)\n");
    CHECK_INT(broker_stop(&broker), 0);
}
