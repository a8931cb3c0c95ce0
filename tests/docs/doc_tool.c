/* Stands in for the programs that the documentation names. host.exe launches build.exe twice, and build.exe
 * launches link.exe. --log-handle N writes a line to that handle; --wait waits until it is terminated. */
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Launches line with a log file as the handle "log", and returns the child's exit code. */
static int launch(const wchar_t *line) {
    sb_client *client = NULL;
    sb_process process;
    sb_error why;
    HANDLE log = CreateFileW(L"log.txt", FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_ALWAYS, 0, NULL);
    const sb_handle handles[] = {{.name = L"log", .handle = log}};
    const sb_spawn_options options = {
        .size = sizeof options, .command_line = line, .handles = handles, .handle_count = 1};
    DWORD code = 1;

    if (sb_connect(NULL, &client, &why)) return 1;
    if (!sb_spawn(client, &options, &process, &why)) {
        WaitForSingleObject(process.process, TEST_DEADLINE_MS);
        GetExitCodeProcess(process.process, &code);
        sb_process_close(&process);
    } else {
        fprintf(stderr, "%ls\n", why.message);
    }

    sb_disconnect(client);
    CloseHandle(log);
    return (int)code;
}

static int write_to(const wchar_t *value) {
    DWORD written;
    HANDLE handle = (HANDLE)(ULONG_PTR)wcstoul(value, NULL, 10);
    return WriteFile(handle, "written by tool.exe\r\n", 21, &written, NULL) ? 0 : 1;
}

int wmain(int argc, wchar_t **argv) {
    wchar_t path[MAX_PATH];
    GetModuleFileNameW(NULL, path, MAX_PATH);
    const wchar_t *name = wcsrchr(path, L'\\') + 1;
    for (int i = 1; i < argc; i++) {
        if (!wcscmp(argv[i], L"--wait")) Sleep(INFINITE);
        if (!wcscmp(argv[i], L"--log-handle") && i + 1 < argc) return write_to(argv[i + 1]);
    }
    if (!wcscmp(name, L"host.exe")) {
        launch(L"build.exe --all");
        launch(L"build.exe --all --target arm");
    } else if (!wcscmp(name, L"build.exe")) {
        if (argc > 2) return (int)0xC0000005;
        return launch(L"link.exe @objects");
    } else if (!wcscmp(name, L"tool.exe")) {
        printf("the tool ran\n");
    }
    return 0;
}
