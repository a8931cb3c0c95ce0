/* The method spawn.outcome, and what a launch is answered whose key was used before. */
#include "service/broker/session.h"

#include "service/win32/launch.h"
#include "service/win32/win.h"

#include <string.h>

/* Gives the caller handles of a child that it launched. The process may have ended: it can be opened as long
 * as somebody has a handle of it, such as the caller, who got one before the child ran. */
static fault_kind give(const session *s, const msg_launch *launch, uint32_t tid, msg_spawn_result *result,
                       fault *ret_fault) {
    launched made = {.pid = result->process_id, .tid = tid};
    DWORD err = children_open(s->broker->live, launch->launch_id, launch->child_created_at, &made);
    if (err)
        return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_HAND_BACK, err,
                         "the child was started, but it cannot be opened any more");

    fault_kind kind = launch_hand_back(s->from->process, &made, ret_fault);
    if (!kind && made.job) launch_share_job(s->from->process, &made);
    result->process = (uint32_t)(ULONG_PTR)made.given_process;
    result->thread = (uint32_t)(ULONG_PTR)made.given_thread;
    result->job = (uint32_t)(ULONG_PTR)made.given_job;
    launch_close(&made);
    return kind;
}

/* Makes the fault with which the launch failed. */
static fault_kind fault_of(const msg_launch *launch, fault *ret_fault) {
    const bool denied = !strcmp(launch->outcome, audit_result_name(AUDIT_DENIED)),
               interrupted = !strcmp(launch->outcome, audit_result_name(AUDIT_INTERRUPTED));
    return fault_set(ret_fault, denied ? FAULT_DENIED : FAULT_LAUNCH_FAILED,
                     interrupted ? STAGE_RESUME : stage_from_name(launch->stage),
                     interrupted ? ERROR_PROCESS_ABORTED : (uint32_t)launch->error_code, "%s",
                     launch->error_message ? launch->error_message : "");
}

/* Finds the launch of a key. False: *ret_fault says why it cannot be known. */
static bool find(const session *s, const char *key, msg_launch *ret, uint32_t *ret_tid, bool *ret_found,
                 fault *ret_fault) {
    const caller *from = s->from;
    const audit_key of = {key, from->sid, from->pid, from->started_at};
    audit_store *reader = NULL;
    audit_error error;
    int64_t seq = 0;
    bool ok = session_reader(s, &reader, &error) && audit_find_key(reader, &of, &seq, &error) &&
              (!seq || audit_launch(reader, seq, &s->request->arena, ret, ret_tid, &error));
    audit_close(&reader);
    if (!ok) session_unreadable(&error, ret_fault);
    *ret_found = seq != 0;
    return ok;
}

char *session_reply_of_key(const session *s, const char *key, bool no_handles, size_t *ret_length) {
    msg_launch launch = {0};
    uint32_t tid = 0;
    bool found = false;
    fault f;
    if (!find(s, key, &launch, &tid, &found, &f)) return session_fault(s, &f, ret_length);
    if (!found) {
        fault_set(&f, FAULT_NOT_STARTED, STAGE_RECEIVE, ERROR_NOT_FOUND,
                  "no launch with this key has started, and none will");
        return session_fault(s, &f, ret_length);
    }

    if (!strcmp(launch.outcome, "pending")) {
        fault_set(&f, FAULT_UNDER_WAY, STAGE_RECORD, ERROR_IO_PENDING,
                  "the outcome of the launch is not on record yet; ask again");
        return session_fault(s, &f, ret_length);
    }

    if (strcmp(launch.outcome, audit_result_name(AUDIT_STARTED)) != 0) {
        fault_of(&launch, &f);
        return msg_encode_fault(&s->request->id, &f, launch.launch_id, ret_length);
    }

    msg_spawn_result result = {.launch_id = launch.launch_id,
                               .process_id = (uint32_t)launch.child_pid,
                               .thread_id = tid,
                               .attested = launch.has_attested ? (int)launch.attested : -1};
    if (!no_handles && give(s, &launch, tid, &result, &f))
        return msg_encode_fault(&s->request->id, &f, launch.launch_id, ret_length);
    return msg_encode_spawn_result(&s->request->id, &result, ret_length);
}

char *session_outcome(const session *s, size_t *ret_length) {
    const msg_outcome *asked = &s->request->u.outcome;
    fault f;
    if (launch_keys_give_up(s->broker->keys_of_launches, s->from, asked->key, &f))
        return session_fault(s, &f, ret_length);
    return session_reply_of_key(s, asked->key, asked->no_handles, ret_length);
}
