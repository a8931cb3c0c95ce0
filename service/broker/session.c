#include "service/broker/session.h"

#include "service/broker/adopt.h"
#include "service/broker/launch_decision.h"
#include "service/broker/launch_record.h"
#include "service/win32/attest.h"
#include "service/win32/launch.h"
#include "service/win32/win.h"

/* A launch under way: the request, and what each step has added. */
typedef struct work {
    const session *s;
    msg_spawn *spawn;
    arena *memory;
    launch_progress known; /* what the records tell */
    int64_t last_ticks;    /* when the step before ended */
    decision decision;
    bool live;          /* counted as one of its user's live children */
    child_handles view; /* of known.handles */
    audit_request record;
    recorder_ticket ticket;
    bool late;     /* the request is given to the audit only when the child has been created */
    bool offered;  /* the request was given to the audit */
    bool recorded; /* the audit has it, or will have it */
    launch_key_use key;
    bool outcome_recorded;
    launched child;
    child *place; /* in the list of live children */
} work;

/* Returns the microseconds since the step before ended. */
static uint32_t lap(work *w) {
    int64_t now = win_ticks_us(), took = now - w->last_ticks;
    w->last_ticks = now;
    return (uint32_t)took;
}

static const policy_audit *audit_policy(const work *w) {
    return &policy_settings_of(w->s->policy.policy)->audit;
}

static fault_kind fail(work *w, fault_kind kind, stage s, DWORD err, const char *message) {
    return fault_set(&w->known.fault, kind, s, err, "%s", message);
}

/* ---- the steps, in their order ---- */

static fault_kind step_admit(work *w) {
    const session *s = w->s;
    const policy_quotas *most = &policy_settings_of(s->policy.policy)->quotas;
    fault *f = &w->known.fault;

    if (s->quota->kind) *f = *s->quota;
    else w->live = !quota_take(&s->from->quota->live, most->live_children, "live_children", f);
    if (!w->live) w->known.rule = arena_printf(w->memory, "%s", f->field);
    return f->kind;
}

static fault_kind step_decode(work *w) {
    w->known.fault = w->s->request->fault;
    w->known.times.identify = lap(w);
    return w->known.fault.kind;
}

static fault_kind step_decide(work *w) {
    fault_kind kind = decide_launch(&w->decision, w->s, w->spawn, &w->known.handles, &w->known.fault);
    const policy_decision *by = &w->decision.by;

    w->known.rule = by->rule;
    w->known.decided_by = by->by;
    if (!kind) w->spawn->limits = policy_limits_within(&w->spawn->limits, &by->limits);
    w->known.times.decide = lap(w);
    return kind;
}

static fault_kind step_adopt(work *w) {
    fault_kind kind = adopt_handles(w->memory, w->s->from, w->spawn, &w->known.handles, &w->known.fault);
    if (!kind) w->view = adopt_view(w->memory, &w->known.handles);
    if (!kind && !w->view.items)
        kind = fail(w, FAULT_INTERNAL, STAGE_ADOPT, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    w->known.times.adopt = lap(w);
    return kind;
}

/* Waits until the request is on disk. Nothing of the child runs before, unless the policy allows launches
 * without a record while the audit is in trouble (audit.on_failure allow_degraded). */
static fault_kind step_await_record(work *w) {
    bool kept;
    fault why;
    fault_kind kind = recorder_wait(w->s->broker->records, &w->ticket, &kept, &why);
    if (kind) w->recorded = kept;
    w->known.times.record = lap(w);
    if (!kind || (audit_policy(w)->allow_degraded && !w->ticket.repeated)) return FAULT_NONE;
    w->known.fault = why;
    return kind;
}

/* Gives the request to the audit's writer. If the audit refuses it at once, the launch fails. */
static fault_kind submit_record(work *w) {
    w->offered = true;
    w->recorded =
        launch_record_request(&w->known, &w->record) &&
        recorder_request(w->s->broker->records, &w->record, audit_policy(w)->allow_degraded, &w->ticket);
    if (!w->recorded)
        return fail(w, FAULT_INTERNAL, STAGE_RECORD, ERROR_NOT_ENOUGH_MEMORY, "no memory for the record");
    w->recorded = !w->ticket.refused;
    return w->recorded ? FAULT_NONE : step_await_record(w);
}

/* Lets the audit's writer commit the request while the child is created. If the audit refuses it, no process
 * is created for it. But if the user has failed so much that one more failure is only counted, the request is
 * given to the writer when the child has been created (step_submit_late). */
static fault_kind step_submit_record(work *w) {
    w->late = !denials_room(w->s->from->quota, audit_policy(w)->denials_per_minute, w->s->bytes);
    return w->late ? FAULT_NONE : submit_record(w);
}

static fault_kind step_submit_late(work *w) {
    return w->late ? submit_record(w) : FAULT_NONE;
}

/* Finds the jobs of earlier launches that the caller is in. The child goes into them too: limits and lifetime
 * of the caller's own launch hold for what it launches. */
static fault_kind look_around(work *w, launch_within *ret) {
    enclosure *around = NULL;
    DWORD err = children_around(w->s->broker->live, w->s->from, &around);
    if (!err) err = enclosure_list(around, w->memory, ret);
    if (!err) return FAULT_NONE;

    if (err == ERROR_TOO_MANY_LINKS)
        return fault_set(&w->known.fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
                         "the caller runs in the jobs of more than %d launches, each within the one before; "
                         "the broker puts no child into more: launch from outside of them",
                         ENCLOSURE_MOST);
    return win_fault(&w->known.fault, err == ERROR_NOT_ENOUGH_MEMORY ? FAULT_INTERNAL : FAULT_LAUNCH_FAILED,
                     STAGE_CREATE, err, "cannot find out whether the caller runs in the job of a launch");
}

static fault_kind step_create(work *w) {
    const caller *from = w->s->from;
    const facts *known = &w->decision.facts;
    launch_as as = {.token = from->token,
                    .token_is_own = from->launch_as_self,
                    .impersonate = from->impersonation,
                    .image = known->image,
                    .check_by_path = known->image.file && !facts_path_is_true(known),
                    .bound = known->bound,
                    .launch_id = w->known.id,
                    .job_security = &w->s->broker->job_security,
                    .directory = known->true_directory,
                    .parent_pid = GetCurrentProcessId()};
    FILETIME created, exited, kernel, user;

    fault_kind kind = look_around(w, &as.within);
    if (!kind) kind = launch_create(w->memory, &as, w->spawn, &w->view, &w->child, &w->known.fault);
    w->known.pid = w->child.pid;
    w->known.tid = w->child.tid;
    if (!kind && GetProcessTimes(w->child.process, &created, &exited, &kernel, &user))
        w->known.created_at = win_filetime_us(created);
    w->known.times.create = lap(w);
    return kind;
}

static fault_kind step_attest(work *w) {
    if (!w->decision.by.attest) return FAULT_NONE; /* the record says "not known" */
    fault_kind kind =
        attest_child(w->child.process, w->child.pid, w->view.items, w->view.count, &w->known.fault);
    w->known.attested = kind == FAULT_NONE;
    w->known.times.attest = lap(w);
    return kind;
}

static fault_kind step_hand_back(work *w) {
    fault_kind kind =
        w->spawn->no_handles ? FAULT_NONE : launch_hand_back(w->s->from->process, &w->child, &w->known.fault);
    adopt_close(w->s->from, &w->known.handles);
    w->known.times.hand_back = lap(w);
    return kind;
}

/* Checks, last thing before the child runs, that the caller still waits for it. */
static fault_kind step_still_wanted(work *w) {
    const session *s = w->s;
    int64_t waited_ms = (win_ticks_us() - s->received_ticks) / 1000;

    if (caller_gone(s->from) || s->disconnected(s->context))
        return fail(w, FAULT_CALLER_GONE, STAGE_RESUME, ERROR_BROKEN_PIPE,
                    "the caller disconnected before its child could run; the child was ended");
    if (w->spawn->timeout_ms && waited_ms >= w->spawn->timeout_ms)
        return fail(w, FAULT_TIMED_OUT, STAGE_RESUME, ERROR_TIMEOUT,
                    "the launch took longer than params.timeout_ms; the child was ended");
    return FAULT_NONE;
}

static bool record_outcome(work *w, bool wait) {
    const audit_outcome outcome = launch_record_outcome(&w->known);
    return w->recorded && recorder_outcome(w->s->broker->records, &outcome, wait);
}

/* Waits until the outcome is on disk too, if the policy says so (audit.wait_for_outcome). */
static fault_kind step_record_outcome(work *w) {
    w->known.started_at = win_now_us();
    if (!audit_policy(w)->wait_for_outcome) return FAULT_NONE;

    w->outcome_recorded = record_outcome(w, true);
    w->known.times.record += lap(w);
    if (w->outcome_recorded || audit_policy(w)->allow_degraded) return FAULT_NONE;
    return fail(w, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, ERROR_WRITE_FAULT,
                "the launch's outcome cannot be recorded, so it does not happen");
}

static fault_kind step_resume(work *w) {
    const child_info info = {.launch_id = w->known.id,
                             .application = w->spawn->application,
                             .label = w->spawn->label,
                             .limits = w->spawn->limits,
                             .process = w->child.process,
                             .job = w->child.job,
                             .pid = w->child.pid,
                             .lifetime = w->spawn->lifetime,
                             .handles = (uint32_t)w->record.handle_count,
                             .started_at = w->known.started_at,
                             .from = w->s->from};
    if (children_prepare(w->s->broker->live, &info, &w->place))
        return fail(w, FAULT_INTERNAL, STAGE_RESUME, ERROR_NOT_ENOUGH_MEMORY, "no memory to watch the child");

    fault_kind kind = launch_resume(w->spawn, &w->child, &w->known.fault);
    if (kind) {
        children_discard(&w->place);
        return kind;
    }

    if (w->spawn->job && !w->spawn->no_handles) launch_share_job(w->s->from->process, &w->child);
    children_shared(w->place, w->child.given_job != NULL);
    w->child.process = w->child.job = NULL; /* moved to the list of live children */
    win_close(&w->child.thread);
    w->known.times.resume = lap(w);
    w->known.times.total = (uint32_t)(w->last_ticks - w->s->received_ticks);
    return FAULT_NONE;
}

/* ---- the ends ---- */

static void count_outcome(const work *w) {
    static const metric_outcome outcomes[] = {[AUDIT_STARTED] = METRIC_OUTCOME_started,
                                              [AUDIT_DENIED] = METRIC_OUTCOME_denied,
                                              [AUDIT_FAILED] = METRIC_OUTCOME_failed};
    const launch_progress *known = &w->known;
    audit_result result = launch_result(known);

    metrics_outcome(w->s->broker->metrics, outcomes[result]);
    if (result == AUDIT_STARTED) metrics_times(w->s->broker->metrics, &known->times, known->attested >= 0);
}

/* Records the exit of a child that the audit has as started, but that never ran. */
static void record_no_start(const work *w) {
    const audit_exit ended = {.launch_id = w->known.id,
                              .exited_at = win_now_us(),
                              .exit_code = w->known.fault.win32,
                              AUDIT_USE_UNKNOWN};
    recorder_exit(w->s->broker->records, &ended);
}

/* Waits until it is known whether the audit has the request. */
static void settle_record(work *w) {
    fault ignored;
    bool kept;
    if (recorder_wait(w->s->broker->records, &w->ticket, &kept, &ignored)) w->recorded = kept;
}

/* Undoes what a failed launch has done, records its outcome and makes the reply. The outcome is waited for,
 * so that a caller who looks after the error finds it. If the audit cannot take it now, it is queued. */
static char *refuse(work *w, size_t *ret_length) {
    const session *s = w->s;

    launch_undo(w->s->from->process, &w->child);
    adopt_close(w->s->from, &w->known.handles);
    decide_close(&w->decision);
    if (w->live) quota_give(&w->s->from->quota->live);
    count_outcome(w);

    if (w->key.key) settle_record(w); /* a launch with a key that was used before has no record */
    if (w->ticket.repeated) return session_reply_of_key(s, w->spawn->key, w->spawn->no_handles, ret_length);
    if (w->outcome_recorded) record_no_start(w);
    bool told = w->outcome_recorded || record_outcome(w, true);
    settle_record(w);
    if (!told) record_outcome(w, false);
    return msg_encode_fault(&w->s->request->id, &w->known.fault, w->recorded ? w->known.id : NULL,
                            ret_length);
}

/* Records the outcome, starts to watch the child and makes the reply. The child runs and its caller has
 * handles of it, so the reply must not get lost: memory for it is waited for. */
static char *succeed(work *w, size_t *ret_length) {
    const msg_spawn_result result = {.launch_id = w->known.id,
                                     .process_id = w->known.pid,
                                     .thread_id = w->known.tid,
                                     .process = (uint32_t)(ULONG_PTR)w->child.given_process,
                                     .thread = (uint32_t)(ULONG_PTR)w->child.given_thread,
                                     .job = (uint32_t)(ULONG_PTR)w->child.given_job,
                                     .attested = w->known.attested,
                                     .times_us = w->known.times};
    decide_close(&w->decision);
    count_outcome(w);
    if (!w->outcome_recorded) record_outcome(w, false);
    children_start(&w->place); /* counted as live until it ends */

    char *frame = NULL;
    for (int i = 0; !frame && win_wait_for_memory(i); i++)
        frame = msg_encode_spawn_result(&w->s->request->id, &result, ret_length);
    return frame;
}

/* Returns whether a launch that was refused gets a record of its own, and decides whether that is brief.
 * Beyond the user's rate, refusals are only counted: by rule, or by the kind of fault. */
static bool worth_a_record(work *w) {
    const session *s = w->s;
    bool denied = launch_result(&w->known) == AUDIT_DENIED;
    const char *rule =
        denied ? w->known.rule : arena_printf(w->memory, "failed.%s", fault_name(w->known.fault.kind));
    if (!denials_record(s->broker->denials, s->from->quota, audit_policy(w)->denials_per_minute,
                        rule ? rule : "-"))
        return false;
    w->known.brief = !denials_whole(s->from->quota, s->bytes);
    return true;
}

/* Takes a launch that was refused or has failed from its user's budget. Records it, if that was not done
 * before and there is room in the budget. */
static void record_refusal(work *w) {
    const session *s = w->s;
    const fault why = w->known.fault;
    if (w->recorded) denials_charge(s->from->quota, audit_policy(w)->denials_per_minute, s->bytes);
    else if (!w->offered && worth_a_record(w)) submit_record(w);
    w->known.fault = why;
}

static char *launch(work *w, size_t *ret_length) {
    if (!launch_id_make(w->known.requested_at, w->known.id)) {
        fail(w, FAULT_INTERNAL, STAGE_RECEIVE, ERROR_GEN_FAILURE, "the system has no random numbers");
        return refuse(w, ret_length);
    }

    fault_kind kind = step_admit(w);
    if (!kind) kind = step_decode(w);
    if (!kind) kind = step_decide(w);
    if (!kind) kind = step_adopt(w);
    if (!kind) kind = step_submit_record(w);
    if (!kind) kind = step_create(w);
    if (!kind) kind = step_attest(w);
    if (!kind) kind = step_submit_late(w);
    if (!kind) kind = step_await_record(w);
    if (!kind) kind = step_hand_back(w);
    if (!kind) kind = step_still_wanted(w);
    if (!kind) kind = step_record_outcome(w);
    if (!kind) kind = step_resume(w);
    if (!kind) return succeed(w, ret_length);

    record_refusal(w);
    return refuse(w, ret_length);
}

char *session_spawn(const session *s, size_t *ret_length) {
    launch_keys *keys = s->broker->keys_of_launches;
    fault f;
    work w = {.s = s,
              .spawn = &s->request->u.spawn,
              .memory = &s->request->arena,
              .known = {.s = s, .requested_at = win_now_us(), .attested = -1},
              .last_ticks = s->received_ticks};

    if (s->request->fault.kind) w.spawn->key = NULL; /* it may be malformed */
    fault_kind kind = launch_keys_begin(keys, s->from, w.spawn->key, &w.key, &f);
    if (kind == FAULT_NOT_STARTED) /* or it had started before somebody asked */
        return session_reply_of_key(s, w.spawn->key, w.spawn->no_handles, ret_length);
    if (kind) return session_fault(s, &f, ret_length);
    char *frame = launch(&w, ret_length);
    launch_keys_end(keys, &w.key);
    return frame;
}
