#include "client/lib/client.h"
#include "client/lib/connections.h"
#include "client/lib/local.h"
#include "service/win32/names.h"
#include "service/win32/win.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_TIMEOUT_MS = 5000, NONCE_CHARS = 128 };

#define PIPE_PREFIX L"\\\\.\\pipe\\"
#define PIPE_VARIABLE L"SPAWN_BROKER_PIPE"

static DWORD check_options(const sb_connect_options *given, sb_connect_options *ret, sb_error *ret_error) {
    static const sized_member members[] = {
        SIZED_MEMBER(sb_connect_options, pipe_name),
        SIZED_MEMBER(sb_connect_options, mode),
        SIZED_MEMBER(sb_connect_options, timeout_ms),
        SIZED_MEMBER(sb_connect_options, no_reconnect),
    };
    sb_connect_options options = {0};
    if (given && !sized_copy(&options, sizeof options, members, sizeof members / sizeof *members, given))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_connect_options.size is not that of a known version.");
    if (!options.timeout_ms) options.timeout_ms = DEFAULT_TIMEOUT_MS;
    *ret = options;
    return ERROR_SUCCESS;
}

/* Returns what follows a prefix, in any case of letters; NULL: text does not begin with it. */
static const wchar_t *after(const wchar_t *text, const wchar_t *prefix) {
    const size_t length = wcslen(prefix);
    bool begins =
        CompareStringOrdinal(text, (int)wcsnlen(text, length), prefix, (int)length, TRUE) == CSTR_EQUAL;
    return begins ? text + length : NULL;
}

static DWORD pipe_name(const wchar_t *given, wchar_t ret[PIPE_NAME_UNITS], sb_error *ret_error) {
    const wchar_t *plain = after(given, PIPE_PREFIX);
    if (plain) given = plain;
    else if (given[0] == L'\\' && given[1] == L'\\')
        return error_set(
            ret_error, ERROR_BAD_PATHNAME, SB_STAGE_CONNECT,
            L"\"%.100ls\" is not a pipe of this machine: a broker cannot be reached over the network.",
            given);

    const wchar_t *last = after(given, NAME_PROTECTED_PREFIX);
    if (!last) last = given;
    if (!*last || wcspbrk(last, L"\\/") ||
        wcslen(PIPE_PREFIX) + wcsnlen(given, PIPE_NAME_UNITS) >= PIPE_NAME_UNITS)
        return error_set(ret_error, ERROR_INVALID_NAME, SB_STAGE_CONNECT,
                         L"\"%.100ls\" is not a valid name for a pipe.", given);

    wcscpy(ret, PIPE_PREFIX);
    wcscat(ret, given);
    return ERROR_SUCCESS;
}

DWORD connect_pipe_names(const wchar_t *given, pipe_names *ret, sb_error *ret_error) {
    wchar_t variable[PIPE_NAME_UNITS];
    if (!given) {
        DWORD units = GetEnvironmentVariableW(PIPE_VARIABLE, variable, PIPE_NAME_UNITS);
        if (units >= PIPE_NAME_UNITS)
            return error_set(ret_error, ERROR_INVALID_NAME, SB_STAGE_CONNECT,
                             L"The pipe name in " PIPE_VARIABLE L" is too long.");
        if (units) given = variable;
    }

    if (!given) {
        *ret = (pipe_names){{PIPE_PREFIX NAME_PIPE_PROTECTED, PIPE_PREFIX NAME_SERVICE}, 2};
        return ERROR_SUCCESS;
    }
    ret->count = 1;
    return pipe_name(given, ret->at[0], ret_error);
}

bool connect_is_services_pipe(const wchar_t *name) {
    return CompareStringOrdinal(name, -1, PIPE_PREFIX NAME_SERVICE, -1, TRUE) == CSTR_EQUAL ||
           CompareStringOrdinal(name, -1, PIPE_PREFIX NAME_PIPE_PROTECTED, -1, TRUE) == CSTR_EQUAL;
}

static DWORD open_error(DWORD err, const wchar_t *name, sb_error *ret_error) {
    const wchar_t *format = L"Cannot open %ls (error %lu).";
    if (err == ERROR_FILE_NOT_FOUND)
        format =
            L"No broker serves %ls. Start the service (spawnctl service start), or one in the foreground "
            L"(spawnbroker console).";
    else if (err == ERROR_SEM_TIMEOUT) format = L"The broker on %ls stayed busy until the timeout.";
    else if (err == ERROR_ACCESS_DENIED) format = L"The broker on %ls does not admit this user.";
    return error_set(ret_error, err, SB_STAGE_CONNECT, format, name, err);
}

/* Opens an instance of the pipe and checks its server. level: what the server may do with the caller's
 * identity. */
static DWORD open_verified(const wchar_t *name, DWORD level, uint64_t deadline, HANDLE *ret_pipe,
                           sb_error *ret_error) {
    DWORD err;
    HANDLE pipe;
    for (;;) {
        pipe = CreateFileW(name, PIPE_ACCESS, 0, NULL, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | level, NULL);
        if (pipe != INVALID_HANDLE_VALUE) break;
        if ((err = win_error()) != ERROR_PIPE_BUSY) return open_error(err, name, ret_error);
        DWORD left = call_remaining(deadline);
        if (!left || (!WaitNamedPipeW(name, left) && win_error() == ERROR_SEM_TIMEOUT))
            return open_error(ERROR_SEM_TIMEOUT, name, ret_error);
    }
    err = server_trust_check(pipe, name, connect_is_services_pipe(name), ret_error);
    if (err) CloseHandle(pipe);
    else *ret_pipe = pipe;
    return err;
}

/* Connects twice: on the first connection, which is closed again, the server can only identify the caller. So
 * a server that fails the check cannot impersonate the caller. */
static DWORD open_pipe(const wchar_t *name, uint64_t deadline, HANDLE *ret_pipe, sb_error *ret_error) {
    HANDLE probe;
    DWORD err = open_verified(name, SECURITY_IDENTIFICATION, deadline, &probe, ret_error);
    if (err) return err;
    CloseHandle(probe);
    return open_verified(name, SECURITY_IMPERSONATION, deadline, ret_pipe, ret_error);
}

/* Says hello; nonce NULL: for the first time. Moves the reply's nonce into ret_nonce. */
static DWORD say_hello(call_link *link, uint64_t deadline, const char *nonce, char ret_nonce[NONCE_CHARS],
                       sb_error *ret_error) {
    const msg_hello hello = {
        .protocol = LIMIT_PROTOCOL_VERSION, .client = "spawn_broker " CLIENT_VERSION, .nonce = nonce};
    msg_hello_result result;
    msg_reply reply;
    call_request request = {.id = call_id(), .deadline = deadline};

    request.frame = msg_encode_hello(request.id, &hello, &request.length);
    if (!request.frame) return error_memory(ret_error);
    DWORD err = call_exchange(link, &request, &reply, ret_error);
    free(request.frame);

    if (err) {
        bool silent = ret_error->stage == SB_STAGE_SEND || ret_error->stage == SB_STAGE_RECEIVE;
        if (silent) ret_error->stage = SB_STAGE_CONNECT;
        return err;
    }

    if (!msg_reply_hello(&reply, &result)) err = error_fault(ret_error, &reply.fault);
    else if (result.protocol != LIMIT_PROTOCOL_VERSION)
        err = error_set(ret_error, ERROR_REVISION_MISMATCH, SB_STAGE_CONNECT,
                        L"The broker speaks version %lu of the protocol, this library version %d.",
                        (unsigned long)result.protocol, LIMIT_PROTOCOL_VERSION);
    else snprintf(ret_nonce, NONCE_CHARS, "%s", result.nonce);
    msg_reply_free(&reply);
    return err;
}

DWORD connect_link(const pipe_names *names, uint64_t deadline, call_link **ret_link, size_t *ret_name,
                   sb_error *ret_error) {
    char nonce[NONCE_CHARS];
    HANDLE pipe = NULL;
    call_link *link = NULL;
    size_t name = 0;

    DWORD err = open_pipe(names->at[0], deadline, &pipe, ret_error);
    while (err == ERROR_FILE_NOT_FOUND && name + 1 < names->count)
        err = open_pipe(names->at[++name], deadline, &pipe, ret_error);
    if (err) goto done;

    if ((err = call_open(pipe, &link, ret_error))) goto done;
    pipe = NULL; /* moved */
    if ((err = say_hello(link, deadline, NULL, nonce, ret_error)) ||
        (err = say_hello(link, deadline, nonce, nonce, ret_error)))
        goto done;
    *ret_link = link;
    *ret_name = name;
    link = NULL; /* moved */

done:
    call_close(link, 0);
    win_close(&pipe);
    return err;
}

static DWORD connect_broker(const sb_connect_options *options, sb_client *client, sb_error *ret_error) {
    pipe_names names;
    DWORD err = connect_pipe_names(options->pipe_name, &names, ret_error);
    return err ? err
               : connections_open(&names, options->timeout_ms, !options->no_reconnect, &client->connections,
                                  ret_error);
}

/* Uses local mode only where no broker is installed. A broker that is busy, denies or is not trusted remains
 * the answer. */
static DWORD connect_auto(const sb_connect_options *options, sb_client *client, sb_error *ret_error) {
    DWORD err = connect_broker(options, client, ret_error);
    bool none = err == ERROR_FILE_NOT_FOUND && ret_error->stage == SB_STAGE_CONNECT;
    if (!none || server_trust_service_installed()) return err;
    return local_open(&client->local, ret_error);
}

static void client_free(sb_client *client) {
    if (!client) return;
    HMODULE module = client->module;
    socket_watch_end(&client->sockets);
    free(client);
    if (module) FreeLibrary(module); /* not the last reference: the caller has one */
}

DWORD sb_connect(const sb_connect_options *given, sb_client **ret_client, sb_error *error) {
    static const wchar_t here[] = L"";
    sb_error failure;
    sb_connect_options options = {0};
    sb_client *client = NULL;
    DWORD err;

    if (!ret_client) {
        err = error_set(&failure, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"sb_connect: ret_client is NULL.");
        goto done;
    }

    if ((err = check_options(given, &options, &failure))) goto done;
    if (!(client = calloc(1, sizeof *client))) {
        err = error_memory(&failure);
        goto done;
    }

    client->mode = options.mode;
    if (GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, here, &client->module))
        socket_watch_begin(&client->sockets);

    switch (options.mode) {
    case SB_MODE_BROKER: err = connect_broker(&options, client, &failure); break;
    case SB_MODE_LOCAL: err = local_open(&client->local, &failure); break;
    case SB_MODE_AUTO: err = connect_auto(&options, client, &failure); break;
    default:
        err = error_set(&failure, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                        L"sb_connect_options.mode is not one of sb_mode.");
    }

    if (err) goto done;
    *ret_client = client;
    client = NULL; /* moved */

done:
    client_free(client);
    return error_publish(error, err, &failure);
}

void sb_disconnect(sb_client *client) {
    if (!client) return;
    connections_close(client->connections);
    local_close(client->local);
    client_free(client);
}
