#include "client/lib/spawn_reply.h"

#include "client/lib/kept_jobs.h"
#include "service/win32/win.h"

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

/* Closes the handles of a reply. end: also terminates the child, and all that it has started. */
static void discard(msg_reply *reply, bool end) {
    msg_spawn_result result;
    if (!msg_reply_spawn(reply, &result)) return;
    HANDLE process = win_handle(result.process), thread = win_handle(result.thread),
           job = win_handle(result.job);
    if (!is_child(process, result.process_id)) return;
    bool has_job = is_job_of(job, process), has_thread = is_real(thread) && GetThreadId(thread);
    if (end && has_job) TerminateJobObject(job, ERROR_TIMEOUT);
    if (end) TerminateProcess(process, ERROR_TIMEOUT);
    CloseHandle(process);
    if (has_thread) CloseHandle(thread);
    if (has_job) CloseHandle(job);
}

void spawn_reply_undo(msg_reply *reply) {
    discard(reply, true);
}

void spawn_reply_drop(msg_reply *reply) {
    discard(reply, false);
}

/* Keeps the job of a child that must end with this process: then the child does not end with the broker. */
static void keep_job(HANDLE job, msg_lifetime lifetime) {
    if (job && lifetime == MSG_LIFETIME_CALLER) kept_jobs_add(job);
    else win_close(&job);
}

DWORD spawn_reply_read(msg_reply *reply, msg_lifetime lifetime, bool no_handles, sb_process *ret_process,
                       sb_error *ret_error) {
    msg_spawn_result result;
    sb_process process = {0};
    if (!msg_reply_spawn(reply, &result)) return error_fault(ret_error, &reply->fault);
    HANDLE job = win_handle(result.job);
    process.process = win_handle(result.process);
    process.thread = win_handle(result.thread);
    process.process_id = result.process_id;
    process.thread_id = result.thread_id;
    bool has_handles = is_real(process.process) && is_real(process.thread) && (!job || is_job(job));
    bool has_none = !process.process && !process.thread && !job;
    if (no_handles ? !has_none : !has_handles)
        return error_set(ret_error, ERROR_INVALID_DATA, SB_STAGE_RECEIVE,
                         L"The broker's reply names handles that it cannot have given this process.");
    keep_job(job, lifetime);
    size_t length = strlen(result.launch_id);
    if (length < sizeof process.launch_id) memcpy(process.launch_id, result.launch_id, length);
    *ret_process = process;
    return ERROR_SUCCESS;
}
