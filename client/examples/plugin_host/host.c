/* A host of plugins. Each plugin runs in its own process with exactly three handles: a pipe, a section and a
 * log file.
 *
 *   plugin_host [--mode auto|broker|local] [PLUGIN.EXE]
 *
 * The host launches the plugin three times: the first works, the second crashes, the third hangs. The host
 * notices the crash at once, because no other process holds the plugin's end of the pipe. It terminates the
 * plugin that hangs. If the host itself ends for any reason, its plugins end too (SB_LIFETIME_CALLER). No
 * handle here is ever inheritable, so that other processes which the host creates meanwhile inherit none of
 * them. */
#include "client/examples/plugin_host/plugin.h"

#include <stdio.h>
#include <string.h>

/* How long a plugin may take to start and to answer. The end of a plugin is noticed at once. */
enum { ANSWER_MS = 30000, IMPATIENT_MS = 200 };

/* The host's side of a plugin. */
typedef struct plugin {
    HANDLE channel; /* overlapped, so that a wait for an answer can time out */
    HANDLE frame;
    char *text; /* the host's view of the frame */
    sb_process process;
} plugin;

/* Makes a duplex pipe. *ret_theirs is for the plugin: a handle that works without OVERLAPPED. */
static BOOL make_channel(HANDLE *ret_ours, HANDLE *ret_theirs) {
    static unsigned made;
    wchar_t name[64];
    swprintf(name, 64, L"\\\\.\\pipe\\plugin-host-%lu-%u", GetCurrentProcessId(), made++);
    HANDLE ours =
        CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                         PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, 4096, 4096, 0, NULL);
    if (ours == INVALID_HANDLE_VALUE) return FALSE;
    /* Connects the only client that the only instance can have: no other process can connect. */
    HANDLE theirs = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (theirs == INVALID_HANDLE_VALUE) {
        CloseHandle(ours);
        return FALSE;
    }
    *ret_ours = ours;
    *ret_theirs = theirs;
    return TRUE;
}

/* Launches a plugin with its three handles. FALSE after printing why. */
static BOOL plugin_start(sb_client *client, const wchar_t *program, HANDLE log, plugin *ret) {
    plugin p = {0};
    HANDLE theirs = NULL;
    sb_error why = {.message = L"out of memory"};
    DWORD err = ERROR_NOT_ENOUGH_MEMORY;
    p.frame = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, FRAME_BYTES, NULL);
    p.text = p.frame ? MapViewOfFile(p.frame, FILE_MAP_WRITE, 0, 0, FRAME_BYTES) : NULL;

    if (p.text && make_channel(&p.channel, &theirs)) {
        /* The handles of the plugin and their access: it can write to the section and append to the log. */
        const sb_handle handles[] = {
            {.name = L"channel", .handle = theirs},
            {.name = L"frame",
             .handle = p.frame,
             .access = SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_QUERY},
            {.name = L"log", .handle = log, .access = FILE_APPEND_DATA | SYNCHRONIZE},
        };
        const sb_limits limits = {
            .size = sizeof limits, .max_processes = 1, .process_memory_bytes = 256u << 20};
        const sb_spawn_options options = {
            .size = sizeof options,
            .application = program,
            .handles = handles,
            .handle_count = sizeof handles / sizeof *handles,
            .limits = &limits,
            .lifetime = SB_LIFETIME_CALLER,
            .timeout_ms = 30000,
        };
        err = sb_spawn(client, &options, &p.process, &why);
        CloseHandle(theirs); /* the plugin has its own handle; now the pipe ends when the plugin ends */
    }

    if (!err) {
        *ret = p;
        return TRUE;
    }
    printf("not launched: %ls\n", why.message);
    if (p.channel) CloseHandle(p.channel);
    if (p.text) UnmapViewOfFile(p.text);
    if (p.frame) CloseHandle(p.frame);
    return FALSE;
}

/* Waits for the answer. ERROR_BROKEN_PIPE: the plugin has ended; ERROR_TIMEOUT. */
static DWORD plugin_answer(plugin *p, DWORD ms, char *ret_answer) {
    DWORD count = 0, err = ERROR_SUCCESS;
    OVERLAPPED reading = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    if (!ReadFile(p->channel, ret_answer, 1, NULL, &reading)) err = GetLastError();
    if (err == ERROR_IO_PENDING) {
        BOOL in_time = WaitForSingleObject(reading.hEvent, ms) == WAIT_OBJECT_0;
        if (!in_time) CancelIoEx(p->channel, &reading);
        /* Waits also after CancelIoEx: the read uses the buffer until it is complete. */
        err = GetOverlappedResult(p->channel, &reading, &count, TRUE) ? ERROR_SUCCESS : GetLastError();
        if (!in_time && err == ERROR_OPERATION_ABORTED) err = ERROR_TIMEOUT;
    }
    CloseHandle(reading.hEvent);
    return err;
}

static DWORD plugin_ask(plugin *p, char request, DWORD ms, char *ret_answer) {
    DWORD count = 0;
    OVERLAPPED writing = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    BOOL sent = WriteFile(p->channel, &request, 1, NULL, &writing) || GetLastError() == ERROR_IO_PENDING;
    if (sent) sent = GetOverlappedResult(p->channel, &writing, &count, TRUE);
    DWORD err = sent ? ERROR_SUCCESS : GetLastError();
    CloseHandle(writing.hEvent);
    return err ? err : plugin_answer(p, ms, ret_answer);
}

/* Closes the channel, on which a plugin that works ends within ms; terminates others. Returns the exit code.
 */
static DWORD plugin_stop(plugin *p, DWORD ms) {
    DWORD code = STILL_ACTIVE;
    CloseHandle(p->channel);
    if (WaitForSingleObject(p->process.process, ms) != WAIT_OBJECT_0) {
        TerminateProcess(p->process.process, ERROR_TIMEOUT);
        WaitForSingleObject(p->process.process, INFINITE);
    }
    GetExitCodeProcess(p->process.process, &code);
    sb_process_close(&p->process);
    UnmapViewOfFile(p->text);
    CloseHandle(p->frame);
    return code;
}

/* Launches a plugin, sends a request and waits ms for the answer. FALSE: it could not be launched. */
static BOOL round_of(sb_client *client, const wchar_t *program, HANDLE log, char request, DWORD ms) {
    plugin p;
    char answer = 0, text[64];
    if (!plugin_start(client, program, log, &p)) return FALSE;
    strcpy(p.text, "made by a plugin");
    DWORD err = plugin_ask(&p, request, ms, &answer);
    snprintf(text, sizeof text, "%s", p.text);
    DWORD code = plugin_stop(&p, err == ERROR_TIMEOUT ? 0 : ANSWER_MS);
    if (!err) printf("plugin '%c' answered: %s (exit code %lu)\n", request, text, code);
    else if (err == ERROR_TIMEOUT) printf("plugin '%c' gave no answer in %lu ms: ended\n", request, ms);
    else printf("plugin '%c' ended with 0x%lX before it answered\n", request, code);
    fflush(stdout);
    return TRUE;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv) {
    sb_connect_options options = {.size = sizeof options, .mode = SB_MODE_AUTO};
    const wchar_t *program = L"plugin.exe";
    sb_client *client = NULL;
    sb_error why;
    BOOL good;

    for (int i = 1; i < argc; i++) {
        if (wcscmp(argv[i], L"--mode")) program = argv[i];
        else if (++i < argc && !wcscmp(argv[i], L"broker")) options.mode = SB_MODE_BROKER;
        else if (i < argc && !wcscmp(argv[i], L"local")) options.mode = SB_MODE_LOCAL;
        else if (i >= argc || wcscmp(argv[i], L"auto")) {
            printf("usage: plugin_host [--mode auto|broker|local] [PLUGIN.EXE]\n");
            return 2;
        }
    }

    if (sb_connect(&options, &client, &why)) {
        printf("no way to launch: %ls\n", why.message);
        return 1;
    }

    HANDLE log = CreateFileW(L"plugins.log", FILE_APPEND_DATA | SYNCHRONIZE, FILE_SHARE_READ, NULL,
                             OPEN_ALWAYS, 0, NULL);
    good = log != INVALID_HANDLE_VALUE && round_of(client, program, log, REQUEST_CAPITALS, ANSWER_MS) &&
           round_of(client, program, log, REQUEST_CRASH, ANSWER_MS) &&
           round_of(client, program, log, REQUEST_HANG, IMPATIENT_MS);
    if (good) printf("the host is still there\n");
    if (log != INVALID_HANDLE_VALUE) CloseHandle(log);
    sb_disconnect(client);
    return good ? 0 : 1;
}
