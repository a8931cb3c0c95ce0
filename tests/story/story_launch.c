#include "tests/story/story_round.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Writes the child's command line. handles NULL: the child looks them up by name. */
static void write_line(wchar_t *text, size_t size, const story_round *r, LONG owner, const HANDLE *handles) {
    wchar_t program[MAX_PATH];
    GetModuleFileNameW(NULL, program, MAX_PATH);
    int length = swprintf(text, size, L"\"%ls\" child %ls %ld", program, r->prefix, owner);
    for (int i = 0; handles && i < STORY_KINDS; i++)
        length += swprintf(text + length, size - (size_t)length, L" %llu",
                           (unsigned long long)(uintptr_t)handles[i]);
}

static HANDLE started(BOOL ok, const PROCESS_INFORMATION *made) {
    if (!ok) {
        printf("CreateProcess: error %lu\n", GetLastError());
        return NULL;
    }
    CloseHandle(made->hThread);
    return made->hProcess;
}

/* Wine 8: one process in a thousand dies before it is set up (docs/windows-quirks.md). */
static bool is_wine_trouble(int *tries) {
    return GetLastError() == ERROR_INTERNAL_ERROR && ++*tries < 3;
}

/* Makes the handles non-inheritable, as a careful host does once its child exists. */
static void no_longer_inheritable(const story_things *things) {
    for (int i = 0; i < STORY_KINDS; i++) SetHandleInformation(things->handles[i], HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(things->pipe_read, HANDLE_FLAG_INHERIT, 0);
}

HANDLE round_launch_plain(story_round *round, LONG owner, story_things *things) {
    wchar_t line[512];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    write_line(line, sizeof line / sizeof *line, round, owner, things ? things->handles : NULL);
    BOOL ok;
    int tries = 0;
    do ok = CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made);
    while (!ok && is_wine_trouble(&tries));
    return started(ok, &made);
}

static HANDLE launch_listed(story_round *round, LONG owner, story_things *things) {
    wchar_t line[512];
    union {
        unsigned char bytes[256];
        void *aligned;
    } list;
    SIZE_T size = sizeof list;
    STARTUPINFOEXW start = {.StartupInfo.cb = sizeof start};
    PROCESS_INFORMATION made;

    start.lpAttributeList = (LPPROC_THREAD_ATTRIBUTE_LIST)(void *)&list;
    write_line(line, sizeof line / sizeof *line, round, owner, things->handles);
    if (!InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size)) return started(FALSE, NULL);
    int tries = 0;

    BOOL ok = UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                        things->handles, sizeof things->handles, NULL, NULL);
    if (ok) {
        do
            ok = CreateProcessW(NULL, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                                &start.StartupInfo, &made);
        while (!ok && is_wine_trouble(&tries));
    }
    DeleteProcThreadAttributeList(start.lpAttributeList);
    return started(ok, &made);
}

static HANDLE launch_through_broker(story_round *round, LONG owner, story_things *things, sb_client *client) {
    wchar_t line[512];
    sb_handle handles[STORY_KINDS] = {{.name = L"section", .handle = things->handles[STORY_SECTION]},
                                      {.name = L"pipe", .handle = things->handles[STORY_PIPE]},
                                      {.name = L"socket", .handle = things->handles[STORY_SOCKET]}};
    sb_spawn_options options = {
        .size = sizeof options, .command_line = line, .handles = handles, .handle_count = STORY_KINDS};
    sb_process process;
    sb_error error;
    write_line(line, sizeof line / sizeof *line, round, owner, NULL);
    if (sb_spawn(client, &options, &process, &error)) {
        printf("sb_spawn: error %lu, %ls\n", error.code, error.message);
        return NULL;
    }
    CloseHandle(process.thread);
    return process.process;
}

HANDLE round_launch(story_round *round, LONG owner, story_things *things, sb_client *client) {
    HANDLE process = NULL;
    switch (round->way) {
    case STORY_INHERIT: process = round_launch_plain(round, owner, things); break;
    case STORY_LIST: process = launch_listed(round, owner, things); break;
    case STORY_BROKER: process = launch_through_broker(round, owner, things, client); break;
    case STORY_WAYS: break;
    }
    no_longer_inheritable(things);
    return process;
}
