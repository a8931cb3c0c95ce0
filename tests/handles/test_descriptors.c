/* Descriptors of the C runtime, in both modes: a C program and, if it is available, Node.js find them open.
 * --node FILE names the program of Node.js. */
#include "tests/support/checks.h"
#include "tests/support/child.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { LINE = MAX_PATH + 512 };

static const char lines[] = "one\r\ntwo\r\n";

/* Makes a file with some lines; its position is at the start. */
static HANDLE open_lines(const wchar_t *directory) {
    wchar_t path[MAX_PATH + 16];
    swprintf(path, MAX_PATH + 16, L"%ls\\lines.txt", directory);
    if (!file_write(path, lines, sizeof lines - 1)) return NULL;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

static void c_program(sb_client *client, const wchar_t *directory) {
    wchar_t program[MAX_PATH], line[LINE];
    char text[64];
    child_result result;
    HANDLE file = open_lines(directory), reading = NULL, writing = NULL;
    HANDLE nul = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_EXISTING, 0, NULL);
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL), again = NULL, second = NULL, third = NULL;

    if (!CHECK(file && CreatePipe(&reading, &writing, NULL, 0))) return;
    CHECK(DuplicateHandle(GetCurrentProcess(), writing, GetCurrentProcess(), &second, 0, FALSE,
                          DUPLICATE_SAME_ACCESS) &&
          DuplicateHandle(GetCurrentProcess(), writing, GetCurrentProcess(), &third, 0, FALSE,
                          DUPLICATE_SAME_ACCESS) &&
          DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &again, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    beside_program(program, L"fd_child.exe");
    swprintf(line, LINE, L"\"%ls\"", program);

    /* 5 stays free; the event has no descriptor; 2047 is the highest descriptor. */
    const sb_handle handles[] = {{.name = L"seven", .handle = second, .fd = 7},
                                 {.name = L"three", .handle = file, .fd = 3},
                                 {.name = L"none", .handle = event},
                                 {.name = L"four", .handle = writing, .access = FILE_GENERIC_WRITE, .fd = 4},
                                 {.name = L"six", .handle = nul, .fd = 6},
                                 {.name = L"eight", .handle = third, .fd = 8 | SB_FD_TEXT},
                                 {.name = L"last", .handle = again, .fd = 2047}};
    sb_spawn_options options = {.size = sizeof options,
                                .command_line = line,
                                .handles = handles,
                                .handle_count = sizeof handles / sizeof *handles};

    child_run(client, &options, &result);
    CloseHandle(writing);
    CloseHandle(second);
    CloseHandle(third);
    CloseHandle(again);

    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 0);
    CHECK_TEXT(result.output,
               "standard text text\n"
               "3 file binary\n4 pipe binary\n5 closed\n6 device binary tty\n7 pipe binary\n8 pipe text\n"
               "given 01 09 00 41 09 89\n"
               "read as binary 10\nread as text 8\n");
    CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
    CHECK_TEXT(text, "eight\r\nbinary\ntext\r\n");

    CloseHandle(reading);
    CloseHandle(file);
    CloseHandle(nul);
    CloseHandle(event);
}

static void bad_descriptors(sb_client *client) {
    static const int bad[] = {-1, 1, 2, 2048, SB_FD_TEXT, SB_FD_TEXT | 2, SB_FD_TEXT | 2048};
    wchar_t line[LINE];
    char message[600];
    child_result result;
    HANDLE events[] = {CreateEventW(NULL, TRUE, FALSE, NULL), CreateEventW(NULL, TRUE, FALSE, NULL)};
    sb_handle handles[] = {{.name = L"good", .handle = events[0], .fd = 3},
                           {.name = L"it", .handle = events[1]}};

    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        sb_spawn_options options = helper_options(L"exit:0", line, LINE);
        handles[1].fd = i < sizeof bad / sizeof *bad ? bad[i] : 3; /* last case: the same descriptor twice */
        options.handles = handles;
        options.handle_count = 2;
        child_run(client, &options, &result);
        snprintf(message, sizeof message, "%ls", result.error.message);
        CHECK_INT(result.err, ERROR_INVALID_PARAMETER);
        CHECK_HAS(message, "fd");
    }
    CloseHandle(events[0]);
    CloseHandle(events[1]);
}

/* The child copies descriptor 3 to 4: a file to a pipe, or a pipe to a file. */
static void node_copies(sb_client *client, const wchar_t *node, HANDLE from, HANDLE to) {
    wchar_t line[LINE];
    child_result result;
    swprintf(line, LINE,
             L"\"%ls\" -e \"const fs = require('fs'), b = Buffer.alloc(64), n = fs.readSync(3, b); "
             L"fs.writeSync(4, 'node ' + n + ' ' + b.toString('utf8', 0, n)); process.exit(42)\"",
             node);
    const sb_handle handles[] = {{.name = L"in", .handle = from, .fd = 3},
                                 {.name = L"out", .handle = to, .fd = 4}};
    sb_spawn_options options = {
        .size = sizeof options, .command_line = line, .handles = handles, .handle_count = 2};
    child_run(client, &options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_TEXT(result.output, "");
    CHECK_INT(result.exit_code, 42);
}

static void node_file_to_pipe(sb_client *client, const wchar_t *node, const wchar_t *directory) {
    char text[64];
    HANDLE file = open_lines(directory), reading = NULL, writing = NULL;
    if (!CHECK(file && CreatePipe(&reading, &writing, NULL, 0))) return;
    node_copies(client, node, file, writing);
    CloseHandle(writing);
    CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
    CHECK_TEXT(text, "node 10 one\r\ntwo\r\n");
    CloseHandle(reading);
    CloseHandle(file);
}

static void node_pipe_to_file(sb_client *client, const wchar_t *node, const wchar_t *directory) {
    wchar_t path[MAX_PATH + 16];
    char text[64] = "";
    DWORD done = 0;
    HANDLE reading = NULL, writing = NULL;
    swprintf(path, MAX_PATH + 16, L"%ls\\out.txt", directory);
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (!CHECK(file != INVALID_HANDLE_VALUE && CreatePipe(&reading, &writing, NULL, 0))) return;
    CHECK(WriteFile(writing, lines, sizeof lines - 1, &done, NULL));
    node_copies(client, node, reading, file);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CHECK(ReadFile(file, text, sizeof text - 1, &done, NULL));
    CHECK_TEXT(text, "node 10 one\r\ntwo\r\n");
    CloseHandle(writing);
    CloseHandle(reading);
    CloseHandle(file);
}

static void all(sb_client *client, const char *mode, const wchar_t *node) {
    wchar_t directory[MAX_PATH];
    printf("mode %s\n", mode);
    if (!CHECK(directory_make(directory, L"descriptors"))) return;
    check_about("a C program");
    c_program(client, directory);
    check_about("invalid descriptors");
    bad_descriptors(client);
    if (check_part("node", node ? NULL : "there is no Node.js for Windows here")) {
        check_about("Node.js, from a file to a pipe");
        node_file_to_pipe(client, node, directory);
        check_about("Node.js, from a pipe to a file");
        node_pipe_to_file(client, node, directory);
    }
    directory_remove(directory);
}

int wmain(int argc, wchar_t **argv) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    wchar_t node[MAX_PATH] = L"";
    sb_client *client = NULL;
    test_broker broker;
    if (argc > 2 && !wcscmp(argv[1], L"--node")) GetFullPathNameW(argv[2], MAX_PATH, node, NULL);
    /* By default Wine reports a version of Windows that is too old for Node.js. */
    SetEnvironmentVariableW(L"NODE_SKIP_PLATFORM_CHECK", L"1");
    bool has_node = *node && GetFileAttributesW(node) != INVALID_FILE_ATTRIBUTES;
    if (!CHECK(broker_start(&broker, NULL))) return 2;
    if (CHECK((client = broker_connect(broker.pipe)) != NULL)) all(client, "broker", has_node ? node : NULL);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
    if (CHECK_INT(sb_connect(&local, &client, NULL), 0)) {
        all(client, "local", has_node ? node : NULL);
        sb_disconnect(client);
    }
    return check_report();
}
