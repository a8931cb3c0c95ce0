/* The methods for live children: list, wait and kill. */
#include "service/broker/session.h"

#include "service/win32/win.h"

#include <string.h>

char *session_list(const session *s, size_t *ret_length) {
    msg_child *list;
    msg_children result = {0};
    bool all = session_may(s, POLICY_RIGHT_READ_ALL);
    if (!children_list(s->broker->live, s->from, all, &s->request->arena, &list, &result.count))
        return session_no_memory(s, ret_length);
    result.children = list;
    return msg_encode_list_result(&s->request->id, &result, ret_length);
}

/* Answers for a launch without a live child, as far as is on record. */
static char *answer_from_audit(const session *s, const char *launch_id, size_t *ret_length) {
    msg_launch launch;
    bool found = false;
    fault f;
    if (!session_find(s, launch_id, &launch, &found, &f)) return session_fault(s, &f, ret_length);
    if (!found || strcmp(launch.launch_id, launch_id) != 0 || !launch.has_started_at) {
        fault_set(&f, FAULT_NOT_FOUND, STAGE_DECIDE, ERROR_NOT_FOUND,
                  "no child of launch \"%.64s\" that you may see has been started", launch_id);
        return session_fault(s, &f, ret_length);
    }
    const msg_waited result = {.launch_id = launch.launch_id,
                               .exited = true,
                               .has_exit_code = launch.has_exit_code,
                               .exit_code = launch.exit_code,
                               .has_exited_at = launch.has_exited_at,
                               .exited_at = launch.exited_at};
    return msg_encode_wait_result(&s->request->id, &result, ret_length);
}

/* The child's exit may be told as soon as the request waits for it, on another thread, which then frees the
 * request. */
char *session_wait(const session *s, size_t *ret_length) {
    const msg_wait *asked = &s->request->u.wait;
    children *live = s->broker->live;
    exit_waits *waits = s->broker->waits;
    exit_wait *wait = s->wait;
    bool all = session_may(s, POLICY_RIGHT_READ_ALL);
    fault f;
    if (!children_sees(live, s->from, all, asked->launch_id))
        return answer_from_audit(s, asked->launch_id, ret_length);

    char launch_id[sizeof wait->launch_id] = "";
    strncpy(launch_id, asked->launch_id, sizeof launch_id - 1);
    strcpy(wait->launch_id, launch_id);
    wait->until = asked->has_timeout_ms ? GetTickCount64() + asked->timeout_ms : UINT64_MAX;
    if (!exit_waits_add(waits, wait)) {
        fault_set(&f, FAULT_SHUTTING_DOWN, STAGE_RECEIVE, ERROR_SHUTDOWN_IN_PROGRESS,
                  "the broker is shutting down");
        return session_fault(s, &f, ret_length);
    }

    *s->deferred = true;
    if (children_lives(live, launch_id) || !exit_waits_remove(waits, wait)) return NULL;
    *s->deferred = false; /* the child exited meanwhile */
    return answer_from_audit(s, asked->launch_id, ret_length);
}

char *session_kill(const session *s, size_t *ret_length) {
    const msg_kill *kill = &s->request->u.kill;
    DWORD pid = 0;
    fault f;
    bool all = session_may(s, POLICY_RIGHT_ADMINISTER);
    DWORD err = children_kill(s->broker->live, s->from, all, kill->launch_id,
                              kill->exit_code ? kill->exit_code : 1, &pid);
    const msg_killed result = {.process_id = pid};
    if (!err) return msg_encode_kill_result(&s->request->id, &result, ret_length);
    if (err == ERROR_NOT_FOUND)
        fault_set(&f, FAULT_NOT_FOUND, STAGE_DECIDE, err,
                  "no live child of launch \"%.64s\" that you may end", kill->launch_id);
    else
        win_fault(&f, FAULT_INTERNAL, STAGE_DECIDE, err, "cannot end the child of launch %.64s",
                  kill->launch_id);
    return session_fault(s, &f, ret_length);
}
