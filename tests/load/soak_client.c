#include <winsock2.h>

#include "tests/support/child.h"
#include "tests/support/raw.h"
#include "tests/load/soak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { EVENTS_MOST = 4, LAUNCHES_MOST = 8, DENIED_CODE = 66, LEFT_CODE = 9, KILL_CODE = 5, ANY_CODE = -1 };

typedef struct client {
    soak_place place;
    soak_share *share;
    HANDLE log;
    uint64_t random;
    sb_client *connection;
    bool local;
} client;

static void say(client *c, const char *line) {
    DWORD put;
    WriteFile(c->log, line, (DWORD)strlen(line), &put, NULL); /* one write appends it whole */
}

static void wrong(client *c, const char *what, const sb_error *error, const char *output) {
    char line[1600];
    snprintf(line, sizeof line, "! %s: %lu %ls", what, error ? error->code : 0, error ? error->message : L"");
    if (output) snprintf(line + strlen(line), sizeof line - strlen(line), "%.1000s", output);
    for (char *p = line; *p; p++)
        if (*p == '\n') *p = '|';
    strcat(line, "\n");
    say(c, line);
}

static void saw(client *c, const sb_process *process, int64_t code) {
    char line[80];
    InterlockedIncrement(&c->share->launches);
    if (c->local) InterlockedIncrement(&c->share->local);
    if (c->local) return; /* no broker records it */
    if (code == ANY_CODE) snprintf(line, sizeof line, "%s -\n", process->launch_id);
    else snprintf(line, sizeof line, "%s %lld\n", process->launch_id, (long long)code);
    say(c, line);
}

/* Launches a child with events, perhaps a socket and perhaps limits. It has exactly these. */
static void launch_exact(client *c) {
    static const wchar_t *const names[EVENTS_MOST + 1] = {L"one", L"two", L"three", L"four", L"socket"};
    const sb_limits limits = {.size = sizeof limits, .process_memory_bytes = 1 << 30, .max_processes = 4};
    sb_handle handles[EVENTS_MOST + 1];
    const char *types[EVENTS_MOST + 1];
    child_result result;
    wchar_t line[1024];
    size_t count = random_below(&c->random, EVENTS_MOST + 1);
    SOCKET s = INVALID_SOCKET;
    sb_spawn_options options = helper_options(L"handles names exit:7", line, 1024);

    for (size_t i = 0; i < count; i++) {
        handles[i] = (sb_handle){.name = names[i], .handle = CreateEventW(NULL, TRUE, FALSE, NULL)};
        types[i] = "Event";
    }

    if (!random_below(&c->random, 3))
        s = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_NO_HANDLE_INHERIT);
    if (s != INVALID_SOCKET) {
        InterlockedIncrement(&c->share->sockets);
        handles[count] = (sb_handle){.name = names[EVENTS_MOST], .handle = (HANDLE)s};
        types[count++] = "File";
    }

    if (!random_below(&c->random, 3)) {
        InterlockedIncrement(&c->share->limited);
        options.limits = &limits;
    }

    if (!c->local) options.lifetime = (sb_lifetime)random_below(&c->random, 3);
    options.handles = handles;
    options.handle_count = count;
    child_run(c->connection, &options, &result);

    if (result.err) {
        wrong(c, "a launch failed", &result.error, NULL);
    } else {
        sb_process process = {0};
        memcpy(process.launch_id, result.launch_id, sizeof process.launch_id);
        saw(c, &process, result.exit_code);
        if (!result.ended) wrong(c, "a child did not end", NULL, result.output);
        else if (result.exit_code != 7) InterlockedIncrement(&c->share->stillborn);
        else if (!child_is_exact(result.output, handles, types, count))
            wrong(c, "a child's handles", NULL, result.output);
    }

    for (size_t i = 0; i < count; i++)
        if (handles[i].handle != (HANDLE)s) CloseHandle(handles[i].handle);
    if (s != INVALID_SOCKET) closesocket(s);
}

static void launch(client *c, const wchar_t *actions, sb_lifetime lifetime, int64_t code, bool kill) {
    wchar_t line[1024];
    sb_process process = {0};
    sb_error error = {0};
    sb_spawn_options options = helper_options(actions, line, 1024);
    options.lifetime = lifetime;
    DWORD err = sb_spawn(c->connection, &options, &process, &error);
    if (err) {
        wrong(c, "a launch failed", &error, NULL);
        return;
    }
    if (kill && !TerminateProcess(process.process, KILL_CODE)) wrong(c, "killing a child", NULL, NULL);
    if (kill) InterlockedIncrement(&c->share->killed);
    else InterlockedIncrement(&c->share->left);
    saw(c, &process, code);
    sb_process_close(&process);
}

static void launch_denied(client *c) {
    wchar_t line[1024], actions[32];
    sb_process process = {0};
    sb_error error = {0};
    swprintf(actions, 32, L"exit:%d", DENIED_CODE);
    sb_spawn_options options = helper_options(actions, line, 1024);
    DWORD err = sb_spawn(c->connection, &options, &process, &error);
    if (!err) sb_process_close(&process);
    if (!err || error.stage != SB_STAGE_DECIDE) wrong(c, "what the policy denies", &error, NULL);
    else InterlockedIncrement(&c->share->denied);
}

/* Launches a child that no process waits for, and that outlives its caller. It exits by itself. */
static void launch_left(client *c) {
    wchar_t actions[64];
    swprintf(actions, 64, L"sleep:%u exit:%d", random_below(&c->random, 1500), LEFT_CODE);
    launch(c, actions, random_below(&c->random, 2) ? SB_LIFETIME_BROKER : SB_LIFETIME_DETACHED, LEFT_CODE,
           false);
}

/* A client that behaves. In the end it exits, and its children end with it. */
static int good(client *c) {
    for (unsigned i = random_below(&c->random, LAUNCHES_MOST) + 1; i && !c->share->stop; i--) {
        switch (c->local ? 0 : random_below(&c->random, 8)) {
        case 0:
        case 1:
        case 2:
        case 3: launch_exact(c); break;
        case 4: launch_left(c); break;
        case 5: launch_denied(c); break;
        case 6: launch(c, L"sleep:600000", SB_LIFETIME_CALLER, KILL_CODE, true); break;
        default: launch(c, L"sleep:600000", SB_LIFETIME_CALLER, ANY_CODE, false);
        }
    }
    if (random_below(&c->random, 2)) sb_disconnect(c->connection);
    return 0;
}

static DWORD WINAPI launch_for_ever(void *context) {
    client mine = *(client *)context;
    while (!mine.share->stop) {
        if (random_below(&mine.random, 2)) launch_left(&mine);
        else launch(&mine, L"sleep:600000", SB_LIFETIME_CALLER, ANY_CODE, false);
    }
    return 0;
}

/* A client that terminates itself during launches, at a random point. */
static int crash(client *c) {
    for (int i = 0; i < 2; i++) {
        random_below(&c->random, 2);
        HANDLE thread = CreateThread(NULL, 0, launch_for_ever, c, 0, NULL);
        if (!thread) return 1;
        Sleep(random_below(&c->random, 500));
    }
    TerminateProcess(GetCurrentProcess(), 0);
    return 1;
}

/* A client that requests much and reads nothing, or stops in the middle of a frame. */
static int stall(client *c) {
    msg_query query = {.limit = LIMIT_QUERY_ROWS};
    raw_client raw;
    if (!raw_open(&raw, c->place.pipe) || !raw_hello(&raw)) return 1;
    InterlockedIncrement(&c->share->stalled);
    for (unsigned i = random_below(&c->random, 16); i; i--) {
        size_t length;
        char *frame = msg_encode_query(raw.next_id++, &query, &length);
        if (!frame || !raw_send_frame(&raw, frame, length)) break;
    }
    if (random_below(&c->random, 2)) raw_send(&raw, "\x40\0\0\0{\"jsonrpc\":", 15);
    for (unsigned i = random_below(&c->random, 30); i && !c->share->stop; i--) Sleep(100);
    return 0;
}

/* A client that requests launches and disconnects before the reply. */
static int drop(client *c) {
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("sleep:600000", &text);
    for (unsigned i = random_below(&c->random, 6) + 1; i && !c->share->stop; i--) {
        raw_client raw;
        size_t length;
        if (!raw_open(&raw, c->place.pipe) || !raw_hello(&raw)) return 1;
        char *frame = msg_encode_spawn(raw.next_id++, &spawn, &length);
        if (!frame || !raw_send_frame(&raw, frame, length)) return 1;
        Sleep(random_below(&c->random, 40));
        InterlockedIncrement(&c->share->dropped);
        raw_close(&raw);
    }
    return 0;
}

soak_share *soak_open(const wchar_t *name) {
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(soak_share), name);
    soak_share *view =
        section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *view) : NULL;
    if (!view) printf("sharing %ls: error %lu\n", name, GetLastError());
    return view;
}

bool soak_start(const soak_place *place, soak_role role, unsigned seed, HANDLE *ret_process) {
    wchar_t program[MAX_PATH], line[4 * MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 4 * MAX_PATH, L"\"%ls\" --client %d %u %ls %ls \"%ls\"", program, (int)role, seed,
             place->share, place->pipe, place->log);
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made)) {
        printf("starting a client: error %lu\n", GetLastError());
        return false;
    }
    CloseHandle(made.hThread);
    *ret_process = made.hProcess;
    return true;
}

static bool connect_it(client *c) {
    const sb_connect_options options = {.size = sizeof options,
                                        .pipe_name = c->place.pipe,
                                        .mode = c->local ? SB_MODE_LOCAL : SB_MODE_BROKER};
    sb_error error = {0};
    if (!sb_connect(&options, &c->connection, &error)) return true;
    wrong(c, "connecting", &error, NULL);
    return false;
}

int soak_client(wchar_t **argv) {
    static int (*const roles[SOAK_ROLES])(client *) = {good, crash, stall, drop};
    static client c;
    WSADATA sockets;
    int role = (int)wcstol(argv[0], NULL, 10);
    c.random = wcstoul(argv[1], NULL, 10) * UINT64_C(0x9E3779B97F4A7C15) + 1;
    wcsncpy(c.place.share, argv[2], 63);
    wcsncpy(c.place.pipe, argv[3], 63);
    wcsncpy(c.place.log, argv[4], MAX_PATH - 1);
    c.log = CreateFileW(c.place.log, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                        0, NULL);
    if (!(c.share = soak_open(c.place.share)) || c.log == INVALID_HANDLE_VALUE ||
        WSAStartup(MAKEWORD(2, 2), &sockets))
        return 2;
    if (role < 0 || role >= SOAK_ROLES) return 2;
    c.local = role == SOAK_GOOD && !random_below(&c.random, 5);
    if (role < SOAK_STALLER && !connect_it(&c)) return 1;
    return roles[role](&c);
}
