/* Rights and error replies that all methods share. */
#include "service/broker/session.h"

#include "service/win32/win.h"

bool session_may(const session *s, unsigned right) {
    return (policies_rights(&s->policy, s->from) & right) != 0;
}

char *session_fault(const session *s, const fault *f, size_t *ret_length) {
    return msg_encode_fault(&s->request->id, f, NULL, ret_length);
}

char *session_forbid(const session *s, const char *right, size_t *ret_length) {
    fault f;
    fault_set(&f, FAULT_DENIED, STAGE_DECIDE, ERROR_ACCESS_DENIED,
              "the policy's \"security\" does not give you the right to %s", right);
    return session_fault(s, &f, ret_length);
}

char *session_no_memory(const session *s, size_t *ret_length) {
    fault f;
    fault_set(&f, FAULT_INTERNAL, STAGE_REPLY, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    return session_fault(s, &f, ret_length);
}

io_bound session_bound(const session *s, uint32_t timeout_ms, uint32_t otherwise_ms) {
    io_bound bound = s->bound;
    const int64_t passed_ms = (win_ticks_us() - s->received_ticks) / 1000;
    uint64_t left_ms = otherwise_ms;
    if (timeout_ms) left_ms = passed_ms < timeout_ms ? timeout_ms - (uint64_t)passed_ms : 1;
    bound.deadline = GetTickCount64() + left_ms;
    return bound;
}
