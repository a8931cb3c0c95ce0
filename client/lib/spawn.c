#include "client/lib/kept_jobs.h"
#include "client/lib/local.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

/* Terminates the child of a launch that timed out, and all that it has started. */
static void undo_spawn(msg_reply *reply) {
    msg_spawn_result result;
    if (!msg_reply_spawn(reply, &result)) return;
    HANDLE process = win_handle(result.process), thread = win_handle(result.thread),
           job = win_handle(result.job);
    if (job) TerminateJobObject(job, ERROR_TIMEOUT);
    if (process) TerminateProcess(process, ERROR_TIMEOUT);
    win_close(&process);
    win_close(&thread);
    win_close(&job);
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
    process.process = win_handle(result.process);
    process.thread = win_handle(result.thread);
    process.process_id = result.process_id;
    process.thread_id = result.thread_id;
    keep_job(win_handle(result.job), lifetime);
    size_t length = strlen(result.launch_id);
    if (length < sizeof process.launch_id) memcpy(process.launch_id, result.launch_id, length);
    *ret_process = process;
    return ERROR_SUCCESS;
}

static DWORD send_request(call_link *link, const spawn_request *p, uint64_t deadline, sb_process *ret_process,
                          sb_error *ret_error) {
    msg_reply reply;
    call_request request = {.id = call_id(link), .deadline = deadline, .undo = undo_spawn};
    request.frame = msg_encode_spawn(request.id, &p->msg, &request.length);
    if (!request.frame)
        return error_set(ret_error, ERROR_BAD_LENGTH, SB_STAGE_SEND,
                         L"The launch is larger than a request may be (%d bytes).", LIMIT_FRAME_BYTES);
    DWORD err = call_exchange(link, &request, &reply, ret_error);
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
                        : send_request(client->link, &p, deadline, ret_process, ret_error);
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
