#include "client/lib/connections.h"
#include "client/lib/kept_jobs.h"
#include "client/lib/local.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

/* ---- the handles of a reply ----
 *
 * A reply names handles of this process by their values. A wrong value could name another of its handles, or
 * the process itself: so nothing is ended or closed by a value before it has been checked. */

/* Whether the value can be a handle that another process gave this one: not a pseudo handle such as that of
 * the process itself (-1). */
static bool is_real(HANDLE value) {
    return (LONG_PTR)value > 0 && !((LONG_PTR)value & 3);
}

static bool is_child(HANDLE process, DWORD pid) {
    return is_real(process) && pid && pid != GetCurrentProcessId() && GetProcessId(process) == pid;
}

static bool is_job(HANDLE job) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION facts;
    return is_real(job) &&
           QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &facts, sizeof facts, NULL);
}

/* A process that has ended is in no job any more. */
static bool is_job_of(HANDLE job, HANDLE process) {
    BOOL inside = FALSE;
    if (!is_job(job) || !IsProcessInJob(process, job, &inside)) return false;
    return inside || WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
}

/* Terminates the child of a launch that timed out, and all that it has started. */
static void undo_spawn(msg_reply *reply) {
    msg_spawn_result result;
    if (!msg_reply_spawn(reply, &result)) return;
    HANDLE process = win_handle(result.process), thread = win_handle(result.thread),
           job = win_handle(result.job);
    if (!is_child(process, result.process_id)) return;
    bool has_job = is_job_of(job, process), has_thread = is_real(thread) && GetThreadId(thread);
    if (has_job) TerminateJobObject(job, ERROR_TIMEOUT);
    TerminateProcess(process, ERROR_TIMEOUT);
    CloseHandle(process);
    if (has_thread) CloseHandle(thread);
    if (has_job) CloseHandle(job);
}

/* Keeps the job of a child that must end with this process: then the child does not end with the broker. */
static void keep_job(HANDLE job, msg_lifetime lifetime) {
    if (job && lifetime == MSG_LIFETIME_CALLER) kept_jobs_add(job);
    else win_close(&job);
}

static DWORD read_result(msg_reply *reply, msg_lifetime lifetime, sb_process *ret_process,
                         sb_error *ret_error) {
    msg_spawn_result result;
    sb_process process = {0};
    if (!msg_reply_spawn(reply, &result)) return error_fault(ret_error, &reply->fault);
    HANDLE job = win_handle(result.job);
    process.process = win_handle(result.process);
    process.thread = win_handle(result.thread);
    process.process_id = result.process_id;
    process.thread_id = result.thread_id;
    if (!is_real(process.process) || !is_real(process.thread) || (job && !is_job(job)))
        return error_set(ret_error, ERROR_INVALID_DATA, SB_STAGE_RECEIVE,
                         L"The broker's reply names handles that it cannot have given this process.");
    keep_job(job, lifetime);
    size_t length = strlen(result.launch_id);
    if (length < sizeof process.launch_id) memcpy(process.launch_id, result.launch_id, length);
    *ret_process = process;
    return ERROR_SUCCESS;
}

static DWORD send_request(connections *to, const spawn_request *p, uint64_t deadline, sb_process *ret_process,
                          sb_error *ret_error) {
    msg_reply reply;
    call_request request = {.id = call_id(), .deadline = deadline, .undo = undo_spawn};
    request.frame = msg_encode_spawn(request.id, &p->msg, &request.length);
    if (!request.frame)
        return error_set(ret_error, ERROR_BAD_LENGTH, SB_STAGE_SEND,
                         L"The launch is larger than a request may be (%d bytes).", LIMIT_FRAME_BYTES);
    DWORD err = connections_exchange(to, &request, &reply, ret_error);
    free(request.frame);
    if (err) return err;
    err = read_result(&reply, p->msg.lifetime, ret_process, ret_error);
    msg_reply_free(&reply);
    return err;
}

DWORD spawn_on(sb_client *client, const sb_spawn_options *given, sb_process *ret_process,
               sb_error *ret_error) {
    spawn_request p = {0};
    sb_spawn_options options;
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
                        : send_request(client->connections, &p, deadline, ret_process, ret_error);
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

void sb_process_close(sb_process *process) {
    if (!process) return;
    win_close(&process->process);
    win_close(&process->thread);
}
