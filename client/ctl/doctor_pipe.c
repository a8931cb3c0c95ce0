/* spawnctl doctor: checks who serves the pipe, who else could, and whether that broker answers. */
#include "client/ctl/doctor.h"
#include "service/win32/guard.h"
#include "service/win32/names.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <string.h>

static const char *program_of(doctor *d, DWORD process_id) {
    wchar_t path[LIMIT_PATH_UNITS];
    DWORD length = LIMIT_PATH_UNITS;
    const char *text = "a program that you may not query";
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id);
    if (process && QueryFullProcessImageNameW(process, 0, path, &length)) text = text_utf8_lossy(d->a, path);
    win_close(&process);
    return text;
}

static void check_list(doctor *d, HANDLE pipe) {
    const char *owner = NULL, *wrong = NULL;
    DWORD err = guard_pipe(d->a, pipe, &owner, &wrong);
    if (err) doctor_failed(d, "pipe", err, "cannot read its access list");
    else if (wrong)
        doctor_say(d, "pipe", DOCTOR_ERROR,
                   "a Spawn Broker does not create such a pipe: terminate the program that serves it",
                   "%s belongs to %s; %s", text_utf8_lossy(d->a, d->pipe), owner, wrong);
    else doctor_say(d, "pipe", DOCTOR_OK, NULL, "%s belongs to %s", text_utf8_lossy(d->a, d->pipe), owner);
}

static const char squatter[] = "terminate that program, find out where it came from, and restart the service";

static void check_server(doctor *d, HANDLE pipe) {
    sb_error error;
    ULONG server = 0;
    if (GetNamedPipeServerProcessId(pipe, &server)) d->server = server;
    const char *program = program_of(d, d->server);
    DWORD err = server_trust_check(pipe, d->pipe, connect_is_services_pipe(d->pipe), &error);
    if (err)
        doctor_say(d, "server", DOCTOR_ERROR, squatter, "process %lu, %s: %s", d->server, program,
                   text_utf8_lossy(d->a, error.message));
    else if (d->of_service && d->service.process_id != d->server)
        doctor_say(d, "server", DOCTOR_ERROR, squatter, "process %lu, %s, which is not the service",
                   d->server, program);
    else doctor_say(d, "server", DOCTOR_OK, NULL, "process %lu, %s", d->server, program);
}

static HANDLE open_pipe(const wchar_t *name) {
    return CreateFileW(name, PIPE_ACCESS, 0, NULL, OPEN_EXISTING,
                       FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
}

/* Who serves the service's second pipe: clients that know no other name use it. */
static void check_plain_name(doctor *d) {
    const wchar_t *name = d->pipes.at[d->pipes.count - 1];
    HANDLE pipe = open_pipe(name);
    ULONG server = 0;
    if (pipe == INVALID_HANDLE_VALUE) {
        doctor_failed(d, "plain name", win_error(), "cannot open the pipe's plain name");
        return;
    }

    GetNamedPipeServerProcessId(pipe, &server);
    CloseHandle(pipe);
    if (server == d->server) return;
    doctor_say(
        d, "plain name", DOCTOR_WARNING,
        "terminate that program, and find out where it came from; the service takes the name then",
        "%s is served by process %lu, %s: old clients, and those that do not use the library, reach it "
        "in place of the service",
        text_utf8_lossy(d->a, name), server, program_of(d, server));
}

void doctor_pipe(doctor *d) {
    const char *name = text_utf8_lossy(d->a, d->pipe);
    HANDLE pipe = open_pipe(d->pipe);
    DWORD err = pipe == INVALID_HANDLE_VALUE ? win_error() : ERROR_SUCCESS;

    if (err == ERROR_FILE_NOT_FOUND)
        doctor_say(d, "pipe", DOCTOR_ERROR,
                   d->of_service ? "spawnctl service start"
                                 : "start the broker: spawnctl service start, or spawnbroker console",
                   "no broker serves %s", name);
    else if (err == ERROR_PIPE_BUSY)
        doctor_say(d, "pipe", DOCTOR_WARNING,
                   "try again; spawnctl status shows how many clients are connected",
                   "%s has no free instance: the broker is very busy, or hangs", name);
    else if (err == ERROR_ACCESS_DENIED)
        doctor_say(d, "pipe", DOCTOR_ERROR,
                   "a sandboxed program needs a rule that admits it (docs/policy.md)",
                   "%s does not admit this user or program", name);
    else if (err) doctor_failed(d, "pipe", err, "cannot open it");

    if (err) return;
    check_list(d, pipe);
    check_server(d, pipe);
    CloseHandle(pipe);
    if (d->pipe != d->pipes.at[d->pipes.count - 1]) check_plain_name(d);
}

static char *encode_status(int64_t id, const void *context, size_t *ret_length) {
    (void)context;
    return msg_encode_status(id, ret_length);
}

static void check_versions(doctor *d) {
    sb_error error;
    if (ctl_ask(d->client, encode_status, NULL, &d->reply, &error)) {
        doctor_say(d, "versions", DOCTOR_WARNING, NULL, "the broker does not report its version: %s",
                   text_utf8_lossy(d->a, error.message));
        return;
    }

    if (!msg_reply_status(&d->reply, &d->status)) {
        doctor_say(d, "versions", DOCTOR_WARNING, "use spawnctl and spawnbroker of the same version",
                   "this program does not understand the broker's status");
        d->status = (msg_status){0};
        msg_reply_free(&d->reply);
        return;
    }

    bool same = !strcmp(d->status.version, CLIENT_VERSION);
    doctor_say(d, "versions", same ? DOCTOR_OK : DOCTOR_WARNING,
               same ? NULL : "upgrade the older one; restart the service after that",
               "spawnctl %s, broker %s, protocol %d", CLIENT_VERSION, d->status.version,
               LIMIT_PROTOCOL_VERSION);
}

void doctor_connect(doctor *d) {
    sb_error error;
    const sb_connect_options options = {.size = sizeof options, .pipe_name = d->pipe};
    if (!d->server) return; /* the finding about the pipe says why */
    if (sb_connect(&options, &d->client, &error)) {
        doctor_say(d, "connect", DOCTOR_ERROR, NULL, "%s", text_utf8_lossy(d->a, error.message));
        return;
    }
    DWORD here = 0, there = 0;
    ProcessIdToSessionId(GetCurrentProcessId(), &here);
    if (!ProcessIdToSessionId(d->server, &there))
        doctor_say(d, "connect", DOCTOR_OK, NULL, "from session %lu", here);
    else
        doctor_say(d, "connect", DOCTOR_OK, NULL, "from session %lu to the broker in session %lu", here,
                   there);
    check_versions(d);
}
