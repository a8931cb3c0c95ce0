#include "tests/support/child.h"
#include "tests/support/helper.h"

#include <stdio.h>
#include <wchar.h>

static sb_lifetime lifetime_of(const wchar_t *name) {
    if (!wcscmp(name, L"broker")) return SB_LIFETIME_BROKER;
    if (!wcscmp(name, L"detached")) return SB_LIFETIME_DETACHED;
    return SB_LIFETIME_CALLER;
}

static DWORD launch_sleeper(sb_client *client, sb_lifetime lifetime, sb_process *ret) {
    wchar_t line[1024];
    sb_spawn_options options = helper_options(L"sleep:600000", line, sizeof line / sizeof *line);
    options.lifetime = lifetime;
    return sb_spawn(client, &options, ret, NULL);
}

/* Connects to pipe; "local" means without a broker. Returns NULL on failure. */
static sb_client *client_of(const wchar_t *pipe) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    sb_client *client = NULL;
    if (wcscmp(pipe, L"local")) return broker_connect(pipe);
    sb_connect(&local, &client, NULL);
    return client;
}

int caller_launch(const wchar_t *a, const wchar_t *b) {
    sb_process process;
    sb_client *client = client_of(a);
    if (!client) return 120;
    if (launch_sleeper(client, lifetime_of(b), &process)) return 121;
    printf("%lu\n", process.process_id);
    return CONTINUE; /* the process then exits as any process does, with all this still open */
}

int caller_host(const wchar_t *a, const wchar_t *b) {
    sb_process process;
    sb_client *client = client_of(a);
    if (!client) return 120;
    if (launch_sleeper(client, lifetime_of(b), &process)) return 121;
    printf("%lu\n", process.process_id);
    fflush(stdout);
    Sleep(600000);
    return CONTINUE;
}

int caller_through(wchar_t *where, const wchar_t *rest) {
    wchar_t line[8192], *lifetime = wcschr(where, L':');
    sb_process process;
    sb_error error;
    DWORD code = 125;
    if (!lifetime) return 100;
    *lifetime++ = 0;
    sb_client *client = client_of(where);
    if (!client) return 120;

    sb_spawn_options options = helper_options(rest, line, sizeof line / sizeof *line);
    options.lifetime = lifetime_of(lifetime);
    options.std_output = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD err = sb_spawn(client, &options, &process, &error);
    if (err) {
        printf("%lu %ls\n", err, error.message);
        return 121;
    }
    WaitForSingleObject(process.process, INFINITE);
    GetExitCodeProcess(process.process, &code);
    sb_process_close(&process);
    sb_disconnect(client);
    return (int)code;
}

static DWORD WINAPI launch_for_ever(void *context) {
    sb_client *client = context;
    sb_process process;
    while (!launch_sleeper(client, SB_LIFETIME_CALLER, &process)) sb_process_close(&process);
    return 0;
}

int caller_die(const wchar_t *a, const wchar_t *b) {
    sb_client *client = broker_connect(a);
    if (!client) return 120;
    HANDLE thread = CreateThread(NULL, 0, launch_for_ever, client, 0, NULL);
    if (!thread) return 122;
    WaitForSingleObject(thread, wcstoul(b, NULL, 0));
    TerminateProcess(GetCurrentProcess(), 42);
    return 123;
}
