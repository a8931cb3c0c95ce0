#include "tests/client/fake.h"

#include "proto/frame.h"
#include "service/win32/nt.h"
#include "service/win32/token.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

bool fake_write(HANDLE pipe, const void *bytes, size_t length) {
    DWORD written;
    return WriteFile(pipe, bytes, (DWORD)length, &written, NULL) && written == length;
}

bool fake_reply(HANDLE pipe, char *frame, size_t length) {
    bool good = frame && fake_write(pipe, frame, length);
    free(frame);
    return good;
}

bool fake_launched(HANDLE pipe, const msg_request *request, uint32_t pid, HANDLE process, HANDLE thread,
                   HANDLE job) {
    size_t length;
    const msg_spawn_result result = {
        .launch_id = "00000000-0000-4000-8000-000000000000",
        .process_id = pid,
        .thread_id = pid + 1,
        .process = (uint32_t)(ULONG_PTR)process,
        .thread = (uint32_t)(ULONG_PTR)thread,
        .job = (uint32_t)(ULONG_PTR)job,
        .attested = 1,
    };
    char *frame = msg_encode_spawn_result(&request->id, &result, &length);
    return fake_reply(pipe, frame, length);
}

static bool good_hello(HANDLE pipe, const msg_request *request) {
    size_t length;
    const msg_hello_result result = {
        .protocol = LIMIT_PROTOCOL_VERSION,
        .broker = "fake",
        .process_id = GetCurrentProcessId(),
        .nonce = "0123456789abcdef",
        .user = "X\\y",
        .sid = "S-1-5-18",
    };
    char *frame = msg_encode_hello_result(&request->id, &result, &length);
    return fake_reply(pipe, frame, length);
}

static bool serve_one(fake *f, HANDLE pipe, const char *payload, size_t length) {
    msg_request request;
    bool go_on;
    msg_decode_request(payload, length, &request);
    InterlockedIncrement(&f->served);
    if (request.method == MSG_HELLO)
        go_on = f->hello ? f->hello(f, pipe, &request) : good_hello(pipe, &request);
    else go_on = f->serve && f->serve(f, pipe, &request);
    msg_request_free(&request);
    return go_on;
}

static void serve_connection(fake *f, HANDLE pipe) {
    frame_reader frames = {0};
    bool go_on = true;
    while (go_on) {
        const char *payload;
        size_t length;
        DWORD got;
        fault bad;
        void *space = frame_space(&frames, &length);
        if (!ReadFile(pipe, space, (DWORD)length, &got, NULL) || !got) break;
        InterlockedExchangeAdd(&f->bytes, (LONG)got);
        frame_received(&frames, got);
        while (go_on && frame_next(&frames, &payload, &length, &bad) == FRAME_READY)
            go_on = serve_one(f, pipe, payload, length);
    }
    frame_free(&frames);
}

typedef struct instance {
    fake *f;
    HANDLE pipe;
} instance;

static DWORD WINAPI instance_main(void *context) {
    instance *i = context;
    for (;;) {
        if (!ConnectNamedPipe(i->pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) {
            DisconnectNamedPipe(i->pipe);
            continue;
        }
        serve_connection(i->f, i->pipe);
        DisconnectNamedPipe(i->pipe);
    }
    return 0;
}

const char *fake_user_sddl(void) {
    static char text[300];
    arena a = {0};
    HANDLE token;
    char *sid = NULL;
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        sid = token_sid_text(&a, token);
        CloseHandle(token);
    }
    snprintf(text, sizeof text, "O:%sD:(A;;GA;;;WD)", sid ? sid : "WD");
    arena_free(&a);
    return text;
}

/* Returns the security that a broker of this process's rights gives its pipe. */
static const char *own_sddl(void) {
    return token_elevated() ? "O:BAD:(A;;GA;;;WD)" : fake_user_sddl();
}

static void give_up(const char *what) {
    fprintf(stderr, "the fake's %s cannot be made: error %lu\n", what, GetLastError());
    exit(1);
}

void fake_start(fake *f, const char *sddl, int instances) {
    static LONG number;
    wchar_t path[80];
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};

    if (!f->name[0]) swprintf(f->name, 64, L"sb_fake_%lu_%ld", GetCurrentProcessId(), ++number);
    swprintf(path, 80, L"\\\\.\\pipe\\%ls", f->name);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl ? sddl : own_sddl(), SDDL_REVISION_1,
                                                              &security.lpSecurityDescriptor, NULL))
        give_up("security descriptor");

    for (int n = 0; n < instances; n++) {
        instance *i = calloc(1, sizeof *i);
        i->f = f;
        i->pipe = CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX, PIPE_REJECT_REMOTE_CLIENTS, (DWORD)instances,
                                   65536, 65536, 0, &security);
        HANDLE thread =
            i->pipe == INVALID_HANDLE_VALUE ? NULL : CreateThread(NULL, 0, instance_main, i, 0, NULL);
        if (!thread) give_up("pipe");
        CloseHandle(thread);
    }
    LocalFree(security.lpSecurityDescriptor);
}

DWORD fake_connect(const fake *f, DWORD timeout_ms, sb_client **ret_client, sb_error *ret_error) {
    sb_connect_options options = {.size = sizeof options,
                                  .pipe_name = f->name,
                                  .timeout_ms = timeout_ms,
                                  .no_reconnect = f->no_reconnect};
    return sb_connect(&options, ret_client, ret_error);
}

DWORD fake_spawn(sb_client *client, DWORD flags, DWORD timeout_ms, sb_process *ret_process,
                 sb_error *ret_error) {
    sb_spawn_options options = {
        .size = sizeof options,
        .application = L"C:\\windows\\system32\\cmd.exe",
        .creation_flags = flags,
        .timeout_ms = timeout_ms,
    };
    return sb_spawn(client, &options, ret_process, ret_error);
}

size_t fake_handle_count(void) {
    /* QUIRK wine 8: GetProcessHandleCount succeeds and says 0.
     * CURE: count the entries of the handle table. */
    nt_handle *table;
    size_t count = 0;
    Sleep(100); /* Wine: a thread that waits for a connection has one more handle; all must get there */
    if (nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &table, &count)) give_up("handle count");
    free(table);
    return count;
}
