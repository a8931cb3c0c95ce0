/* The methods for live children: list and kill. */
#include "service/broker/session.h"

#include "service/win32/win.h"

char *session_list(const session *s, size_t *ret_length) {
    msg_child *list;
    msg_children result = {0};
    bool all = session_may(s, POLICY_RIGHT_READ_ALL);
    if (!children_list(s->broker->live, s->from, all, &s->request->arena, &list, &result.count))
        return session_no_memory(s, ret_length);
    result.children = list;
    return msg_encode_list_result(&s->request->id, &result, ret_length);
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
