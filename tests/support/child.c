#include "tests/support/child.h"

#include "tests/support/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

sb_spawn_options helper_options(const wchar_t *actions, wchar_t *line, size_t size) {
    wchar_t program[MAX_PATH];
    beside_program(program, L"test_helper.exe");
    swprintf(line, size, L"\"%ls\" %ls", program, actions);
    return (sb_spawn_options){.size = sizeof(sb_spawn_options), .command_line = line};
}

void child_run(sb_client *client, sb_spawn_options *options, child_result *ret) {
    HANDLE reading = NULL, writing = NULL;
    sb_process process = {0};
    memset(ret, 0, sizeof *ret);

    if (!options->std_output) {
        if (!CreatePipe(&reading, &writing, NULL, 0)) {
            ret->err = GetLastError();
            return;
        }
        options->std_output = writing;
    }

    ret->err = sb_spawn(client, options, &process, &ret->error);
    if (writing) CloseHandle(writing);
    if (!ret->err) {
        ret->process_id = process.process_id;
        memcpy(ret->launch_id, process.launch_id, sizeof ret->launch_id);
        bool read = !reading || read_to_end(reading, ret->output, sizeof ret->output, TEST_DEADLINE_MS);
        ret->ended = WaitForSingleObject(process.process, TEST_DEADLINE_MS) == WAIT_OBJECT_0 && read;
        if (!ret->ended) TerminateProcess(process.process, 1);
        GetExitCodeProcess(process.process, &ret->exit_code);
        sb_process_close(&process);
    }
    if (reading) CloseHandle(reading);
}

void helper_run(sb_client *client, const wchar_t *actions, const sb_handle *handles, size_t count,
                child_result *ret) {
    wchar_t line[1024];
    sb_spawn_options options = helper_options(actions, line, sizeof line / sizeof *line);
    options.handles = handles;
    options.handle_count = count;
    child_run(client, &options, ret);
}

HANDLE helper_orphan(sb_client *client, const wchar_t *pipe, const wchar_t *lifetime) {
    wchar_t actions[256], image[MAX_PATH] = L"";
    DWORD length = MAX_PATH;
    child_result result;
    swprintf(actions, 256, L"launch:%ls:%ls", pipe, lifetime);
    helper_run(client, actions, NULL, 0, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 0);
    DWORD id = strtoul(result.output, NULL, 10);
    CHECK(id != 0);
    HANDLE process =
        OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    if (process && QueryFullProcessImageNameW(process, 0, image, &length) &&
        wcsstr(image, L"test_helper.exe"))
        return process;
    if (process) CloseHandle(process); /* the id belongs to another process by now */
    return NULL;
}

static size_t lines_with(const char *text, const char *start) {
    size_t count = 0, length = strlen(start);
    for (const char *at = text; at && *at; at = strchr(at, '\n')) {
        if (*at == '\n') at++;
        count += *at && !strncmp(at, start, length);
    }
    return count;
}

bool child_is_exact(const char *output, const sb_handle *handles, const char *const *types, size_t count) {
    bool exact =
        lines_with(output, "") == 2 * count + 3; /* each by type and by name; the two files; the end */
    for (size_t i = 0; i < count; i++) {
        char line[128];
        size_t wanted = strcmp(types[i], "File") ? 0 : 2;
        for (size_t k = 0; k < count; k++) wanted += !strcmp(types[k], types[i]);
        snprintf(line, sizeof line, "%s ", types[i]);
        exact = exact && lines_with(output, line) == wanted;
        snprintf(line, sizeof line, "%ls %s ", handles[i].name, types[i]);
        exact = exact && lines_with(output, line) == 1;
    }
    return exact;
}
