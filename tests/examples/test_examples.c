/* Runs the programs of client/examples as a user does, with a real broker. --node FILE and --client DIRECTORY
 * name Node.js and the client in Node.js. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"
#include "tests/support/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static wchar_t stage[MAX_PATH]; /* the current directory of every program that runs here */

static void see(DWORD code, DWORD wanted) {
    if (CHECK_INT(code, wanted)) return;
    printf("it said: %s%s\n", tool_out, tool_err);
}

static size_t times(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) count++;
    return count;
}

/* Converts line ends to C's. */
static char *plain(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '\r') *to++ = *from;
    *to = 0;
    return text;
}

#define NAMES "given: channel\ngiven: frame\ngiven: log\n"

static void plugin_host(const wchar_t *arguments) {
    wchar_t host[MAX_PATH], plugin[MAX_PATH];
    size_t size;
    beside_program(host, L"plugin_host.exe");
    beside_program(plugin, L"plugin.exe");
    DeleteFileW(L"plugins.log");
    see(tool_run(host, L"%ls \"%ls\"", arguments, plugin), 0);
    CHECK_TEXT(plain(tool_out), "plugin 'u' answered: MADE BY A PLUGIN (exit code 0)\n"
                                "plugin 'c' ended with 0xC0000005 before it answered\n"
                                "plugin 'h' gave no answer in 200 ms: ended\n"
                                "the host is still there\n");
    char *log = file_read(stage, L"plugins.log", &size);
    if (!CHECK(log != NULL)) return;
    CHECK_HAS(log, NAMES "capitals made\n" NAMES);
    CHECK(times(log, "given: ") <= 9); /* the last one may be ended before it says anything */
    free(log);
}

/* Checks what the broker recorded of the plugins: these handles and no others, attested, and how each
 * exited. */
static void plugins_on_record(void) {
    wchar_t ctl[MAX_PATH];
    beside_program(ctl, L"spawnctl.exe");
    see(tool_run(ctl,
                 L"audit list --image plugin.exe -r -o line --fields attested,exit_code,lifetime,handles"),
        0);
    plain(tool_out);
    CHECK_INT(times(tool_out, "attested=1"), 3);
    CHECK_INT(times(tool_out, "lifetime=caller"), 3);
    CHECK_INT(times(tool_out, "log:File(0x100004)"), 3);
    CHECK_INT(times(tool_out, "frame:Section(0x7)"), 3);
    CHECK_INT(times(tool_out, "channel:File("), 3);
    CHECK_INT(times(tool_out, "exit_code=0"), 1);
    CHECK_INT(times(tool_out, "exit_code=3221225477"), 1);
    CHECK_INT(times(tool_out, "exit_code=1460"), 1);
}

/* Checks that "before" and "after" print the same about the same child, which is this program and reads its
 * input to the end. */
static void drop_in(const wchar_t *name) {
    wchar_t program[MAX_PATH], cmd[MAX_PATH];
    beside_program(program, name);
    GetSystemDirectoryW(cmd, MAX_PATH - 10);
    wcscat(cmd, L"\\cmd.exe");
    CHECK(file_write(L"in.txt", "one\r\ntwo\r\n", 10));
    wchar_t self[MAX_PATH];
    GetModuleFileNameW(NULL, self, MAX_PATH);
    see(tool_run(cmd, L"/c \"\"%ls\" \"%ls\" --filter < in.txt\"", program, self), 0);
    CHECK_TEXT(plain(tool_out), "ONE\nTWO\nended with 7\n");
}

static int filter(void) {
    char text[64];
    DWORD count = 0, length = 0, written;
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    while (length < sizeof text && ReadFile(input, text + length, sizeof text - length, &count, NULL) &&
           count)
        length += count;
    CharUpperBuffA(text, length);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, NULL);
    return 7;
}

/* Checks that Node.js, which was launched with a handle, passes it on to a child. */
static void node(const wchar_t *program, const wchar_t *directory) {
    wchar_t ctl[MAX_PATH];
    char *log;
    size_t size;
    beside_program(ctl, L"spawnctl.exe");
    see(tool_run(ctl, L"run --handle log=log.txt:w -- \"%ls\" \"%ls\\example.mjs\"", program, directory), 0);
    plain(tool_out);
    CHECK_HAS(tool_out, "connected to spawnbroker ");
    CHECK_HAS(tool_out, ", whose handles were attested\n");
    CHECK_HAS(tool_out, "it said: hello from process ");
    CHECK_HAS(tool_out, "it ended with 0\n10 answers\n");
    CHECK_HAS(tool_out, "refused: bad_value, params.application: ");
    CHECK_HAS(tool_out, "started: node.exe, handles: none\nfailed: tool.exe, handles: none\n"
                        "started: node.exe, handles: log\n");
    CHECK_HAS(tool_out, "given on: the child ended with 0\n");
    if (CHECK((log = file_read(stage, L"log.txt", &size)) != NULL))
        CHECK_TEXT(log, "written by a grandchild");
    free(log);
}

int wmain(int argc, wchar_t **argv) {
    wchar_t program[MAX_PATH] = L"", client[MAX_PATH] = L"", was[MAX_PATH];
    test_broker broker;
    if (argc == 2 && !wcscmp(argv[1], L"--filter")) return filter();
    if (argc != 5 || wcscmp(argv[1], L"--node") || wcscmp(argv[3], L"--client")) return 2;
    GetFullPathNameW(argv[2], MAX_PATH, program, NULL);
    GetFullPathNameW(argv[4], MAX_PATH, client, NULL);
    GetCurrentDirectoryW(MAX_PATH, was);
    if (!directory_make(stage, L"examples") || !CHECK(SetCurrentDirectoryW(stage))) return 2;

    /* By default Wine reports a version of Windows that is too old for Node.js. */
    SetEnvironmentVariableW(L"NODE_SKIP_PLATFORM_CHECK", L"1");
    if (!CHECK(broker_start(&broker, NULL))) return 2;
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", broker.pipe);

    check_about("the host of plugins, with a broker");
    plugin_host(L"--mode broker");
    plugins_on_record();

    check_about("the drop-in: before");
    drop_in(L"drop_in_before.exe");

    check_about("the drop-in: after");
    drop_in(L"drop_in_after.exe");

    check_about("Node.js");
    bool has_node = GetFileAttributesW(program) != INVALID_FILE_ATTRIBUTES;
    if (check_part("node", has_node ? NULL : "there is no Node.js for Windows here")) node(program, client);

    check_about("the broker");
    CHECK_INT(broker_stop(&broker), 0);

    check_about("the host of plugins, with no broker on the machine");
    plugin_host(L"--mode auto");
    SetCurrentDirectoryW(was);
    directory_remove(stage);

    return check_report();
}
