#include "client/lib/ask.h"
#include "client/lib/connections.h"
#include "client/lib/local.h"
#include "client/lib/spawn_reply.h"
#include "proto/hex.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

/* ---- a launch happens once ----
 *
 * Each launch has a key. If the connection is lost after the request was sent, the broker that comes back
 * says what became of the launch with that key. */

enum { FIRST_PAUSE_MS = 5, LONGEST_PAUSE_MS = 250, LATE_MS = 2000 };

/* RtlGenRandom: it is in advapi32, which the library uses anyway. bcrypt.dll is not one of the KnownDLLs, and
 * the library must not load it into each caller. ntsecapi.h's page gives this name. */
BOOLEAN NTAPI SystemFunction036(void *bytes, ULONG count);

/* Makes a key. Without random numbers there is none, and the launch goes without. */
static bool make_key(char ret[SB_KEY_CHARS + 1]) {
    unsigned char bytes[SB_KEY_CHARS / 2];
    ret[0] = 0;
    if (!SystemFunction036(bytes, sizeof bytes)) return false;
    hex_write(ret, bytes, sizeof bytes);
    return true;
}

static DWORD may_have_started(const sb_error *why, sb_error *ret_error) {
    const sb_error reason = *why;
    return error_set(ret_error, ERROR_BROKEN_PIPE, SB_STAGE_RECEIVE,
                     L"The connection to the broker was lost during the launch: the child may have started. "
                     L"sb_spawn_outcome finds out later. %.100ls",
                     reason.message);
}

/* Asks what became of the launch of a key, until it is known or the deadline passes. *ret_unknown: it is not
 * known. ERROR_NOT_FOUND with *ret_absent: it has not started, and never will. */
static DWORD ask_outcome(connections *to, const msg_outcome *asked, msg_lifetime lifetime, uint64_t deadline,
                         bool *ret_unknown, bool *ret_absent, sb_process *ret_process, sb_error *ret_error) {
    msg_reply reply;
    DWORD pause = FIRST_PAUSE_MS, err;
    call_request request;
    for (;;) {
        request = (call_request){
            .id = call_id(), .deadline = deadline, .undo = spawn_reply_drop, .repeatable = true};
        request.frame = msg_encode_outcome(request.id, asked, &request.length);
        *ret_unknown = true;
        if (!request.frame) return error_memory(ret_error);
        err = connections_exchange(to, &request, &reply, ret_error);
        free(request.frame);

        DWORD left = call_remaining(deadline);
        if (request.fault != FAULT_UNDER_WAY || !left) break;
        Sleep(pause < left ? pause : left);
        if (pause < LONGEST_PAUSE_MS) pause *= 2;
    }

    *ret_absent = request.fault == FAULT_NOT_STARTED;
    *ret_unknown = err && (request.fault == FAULT_NONE || request.fault == FAULT_UNDER_WAY ||
                           request.fault == FAULT_UNKNOWN_METHOD || request.fault == FAULT_SHUTTING_DOWN);
    if (err) return err;
    err = spawn_reply_read(&reply, lifetime, asked->no_handles, ret_process, ret_error);
    msg_reply_free(&reply);
    return err;
}

/* Sends the request once. *ret_request: what became of it. */
static DWORD send_once(connections *to, const spawn_request *p, uint64_t deadline, call_request *ret_request,
                       sb_process *ret_process, sb_error *ret_error) {
    msg_reply reply;
    call_request request = {.id = call_id(), .deadline = deadline, .undo = spawn_reply_undo};
    request.frame = msg_encode_spawn(request.id, &p->msg, &request.length);
    if (!request.frame) {
        *ret_request = (call_request){.fate = CALL_UNSENT};
        return error_set(ret_error, ERROR_BAD_LENGTH, SB_STAGE_SEND,
                         L"The launch is larger than a request may be (%d bytes).", LIMIT_FRAME_BYTES);
    }
    DWORD err = connections_exchange(to, &request, &reply, ret_error);
    free(request.frame);
    request.frame = NULL;
    *ret_request = request;
    if (err) return err;
    err = spawn_reply_read(&reply, p->msg.lifetime, p->msg.no_handles, ret_process, ret_error);
    msg_reply_free(&reply);
    return err;
}

/* Launches through the broker. key: room for the launch's key. The broker undoes a late launch itself if its
 * caller gets no handles to undo it with, so its reply is waited for a moment longer. */
static DWORD send_request(connections *to, spawn_request *p, uint64_t deadline, char *key,
                          sb_process *ret_process, sb_error *ret_error) {
    const bool timed = deadline != CALL_NO_DEADLINE;
    const uint64_t last = timed && p->msg.no_handles ? deadline + LATE_MS : deadline;
    bool keyed = true;
    for (bool first = true;; first = false) {
        call_request request;
        sb_error lost;
        bool unknown = false, absent = false;

        p->msg.key = keyed && make_key(key) ? key : NULL;
        if (!p->msg.key) key[0] = 0;
        if (timed && !first && !(p->msg.timeout_ms = call_remaining(deadline)))
            return error_set(
                ret_error, ERROR_TIMEOUT, SB_STAGE_SEND,
                L"The time of the launch passed after its connection was lost. It has not started.");
        DWORD err = send_once(to, p, last, &request, ret_process, &lost);

        if (p->msg.key && request.fault == FAULT_UNKNOWN_FIELD) { /* an older broker */
            keyed = false;
            continue;
        }
        if (err) *ret_error = lost;
        if (!err || request.fate != CALL_LOST || !connections_renews(to)) return err;
        if (!p->msg.key) return may_have_started(&lost, ret_error);

        const msg_outcome asked = {.key = key, .no_handles = p->msg.no_handles};
        err = ask_outcome(to, &asked, p->msg.lifetime, connections_deadline(deadline), &unknown, &absent,
                          ret_process, ret_error);
        if (unknown) return may_have_started(ret_error, ret_error);
        if (!absent) return err;
    }
}

/* Returns the lifetime that a launch on record has. It is not known if the caller may not read the audit:
 * then the child is taken for one that ends with the caller. */
static msg_lifetime recorded_lifetime(sb_client *client, const char *launch_id) {
    msg_lifetime lifetime = MSG_LIFETIME_CALLER;
    msg_page page;
    msg_reply reply;
    sb_error ignored;
    const msg_query question = {.limit = 1, .filter.launch_id = launch_id};
    if (ask(client, MSG_AUDIT_QUERY, &question, true, &reply, &page, &ignored)) return lifetime;
    const char *name = page.count ? page.rows[0].lifetime : NULL;
    for (int i = 0; name && msg_lifetime_name((msg_lifetime)i); i++)
        if (!strcmp(name, msg_lifetime_name((msg_lifetime)i))) lifetime = (msg_lifetime)i;
    msg_reply_free(&reply);
    return lifetime;
}

DWORD spawn_on(sb_client *client, const sb_spawn_options *given, sb_process *ret_process,
               sb_error *ret_error) {
    spawn_request p = {0};
    sb_spawn_options options;
    char key[SB_KEY_CHARS + 1] = "";
    if (!client || !given || !ret_process)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"sb_spawn: %ls is NULL.",
                         !client  ? L"client"
                         : !given ? L"options"
                                  : L"ret_process");

    DWORD err = spawn_request_check_options(given, &options, ret_error);
    if (err) return err;
    uint64_t deadline = call_deadline(options.timeout_ms);
    if ((err = spawn_request_make(&p, &client->sockets, &options, !client->local, ret_error))) goto done;
    err = client->local ? local_spawn(client->local, &p.msg, deadline, ret_process, ret_error)
                        : send_request(client->connections, &p, deadline, key, ret_process, ret_error);
    if (!err && client->local && options.no_handles) sb_process_close(ret_process);
    if (options.key) memcpy(options.key, key, sizeof key);
    if (err == ERROR_FILE_NOT_FOUND && !p.program.found)
        resolve_explain(p.program.path, ret_error->message,
                        sizeof ret_error->message / sizeof *ret_error->message);

done:
    arena_free(&p.arena);
    return err;
}

DWORD sb_spawn(sb_client *client, const sb_spawn_options *options, sb_process *ret_process, sb_error *error) {
    sb_error failure;
    DWORD err = spawn_on(client, options, ret_process, &failure);
    return error_publish(error, err, &failure);
}

static DWORD find_outcome(sb_client *client, const char *key, sb_process *ret_process, sb_error *ret_error) {
    bool unknown, absent;
    sb_process process;
    if (!key || !ret_process)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"sb_spawn_outcome: %ls is NULL.",
                         !key ? L"key" : L"ret_process");
    DWORD err = ask_check(client, L"sb_spawn_outcome", ret_error);
    if (err) return err;

    /* The first answer is without handles: what becomes of the job depends on the lifetime. */
    msg_outcome asked = {.key = key, .no_handles = true};
    uint64_t deadline = call_deadline(ASK_TIMEOUT_MS);
    err = ask_outcome(client->connections, &asked, MSG_LIFETIME_DETACHED, deadline, &unknown, &absent,
                      &process, ret_error);
    if (err) return err;
    msg_lifetime lifetime = recorded_lifetime(client, process.launch_id);
    asked.no_handles = false;
    return ask_outcome(client->connections, &asked, lifetime, deadline, &unknown, &absent, ret_process,
                       ret_error);
}

DWORD sb_spawn_outcome(sb_client *client, const char *key, sb_process *ret_process, sb_error *error) {
    sb_error failure;
    DWORD err = find_outcome(client, key, ret_process, &failure);
    return error_publish(error, err, &failure);
}

void sb_process_close(sb_process *process) {
    if (!process) return;
    win_close(&process->process);
    win_close(&process->thread);
}
