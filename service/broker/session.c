#include "service/broker/session.h"

#include "service/broker/adopt.h"
#include "service/win32/attest.h"
#include "service/broker/launch_decision.h"
#include "service/win32/launch.h"
#include "service/broker/launch_id.h"
#include "proto/utf.h"
#include "service/win32/win.h"

#include <string.h>

/* A launch under way: the request, and what each step has added. */
typedef struct work {
    const session *s;
    msg_spawn *spawn;
    arena *memory;
    fault fault;
    char id[LAUNCH_ID_SIZE];
    int64_t requested_at, started_at, last_ticks;
    const char *rule;
    decision decision;
    bool live; /* counted as one of its user's live children */
    adoption handles;
    child_handles view; /* of handles */
    audit_request record;
    recorder_ticket ticket;
    bool recorded; /* the request was given to the writer */
    bool outcome_recorded;
    launched child;
    child *place;
    DWORD pid, tid;
    int64_t created_at; /* the child, by Windows */
    int attested;
    msg_times times;
} work;

enum { MEMORY_TRIES = 50, MEMORY_WAIT_MS = 10 };

/* Microseconds since the step before ended. */
static uint32_t lap(work *w) {
    int64_t now = win_ticks_us(), took = now - w->last_ticks;
    w->last_ticks = now;
    return (uint32_t)took;
}

static const policy_audit *audit_policy(const work *w) {
    return &policy_settings_of(w->s->policy.policy)->audit;
}

static fault_kind fail(work *w, fault_kind kind, stage s, DWORD error, const char *message) {
    return fault_set(&w->fault, kind, s, error, "%s", message);
}

static fault_kind step_admit(work *w) {
    const session *s = w->s;
    const policy_quotas *most = &policy_settings_of(s->policy.policy)->quotas;
    if (s->quota->kind) w->fault = *s->quota;
    else w->live = !quota_take(&s->from->quota->live, most->live_children, "live_children", &w->fault);
    if (!w->live) w->rule = arena_printf(w->memory, "%s", w->fault.field);
    return w->fault.kind;
}

static fault_kind step_decode(work *w) {
    w->fault = w->s->request->fault;
    w->times.identify = lap(w);
    return w->fault.kind;
}

static fault_kind step_decide(work *w) {
    fault_kind kind = decide_launch(&w->decision, w->s, w->spawn, &w->handles, &w->fault);
    w->rule = w->decision.by.rule;
    if (!kind) w->spawn->limits = policy_limits_within(&w->spawn->limits, &w->decision.by.limits);
    w->times.decide = lap(w);
    return kind;
}

static fault_kind step_adopt(work *w) {
    fault_kind kind = FAULT_NONE;
    if (!w->handles.items) /* else a rule asked for them */
        kind = adopt_handles(w->memory, w->s->from, w->spawn, &w->handles, &w->fault);
    if (!kind) w->view = adopt_view(w->memory, &w->handles);
    if (!kind && !w->view.items)
        kind = fail(w, FAULT_INTERNAL, STAGE_ADOPT, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    w->times.adopt = lap(w);
    return kind;
}

static void record_adopted(audit_handle *record, const adopted *have) {
    record->type = have->object.type;
    record->granted_access = have->object.access;
    record->child_value = (uint32_t)(ULONG_PTR)have->handle;
}

/* The handles for the record: as adopted, or, where it did not come to that, as asked for. */
static audit_handle *record_handles(work *w, size_t *ret_count) {
    static const char *const std_names[MSG_STD_COUNT] = {"stdin", "stdout", "stderr"};
    const msg_spawn *spawn = w->spawn;
    audit_handle *list = arena_array(w->memory, spawn->handle_count + MSG_STD_COUNT + 1, sizeof *list);
    size_t count = 0;
    bool adopted_all = w->handles.count != 0;
    for (; list && count < spawn->handle_count; count++) {
        const msg_handle *h = &spawn->handles[count];
        list[count] = (audit_handle){.position = (int)count,
                                     .name = h->name ? h->name : "",
                                     .granted_access = h->access,
                                     .caller_value = h->value,
                                     .fd = h->fd > 0 ? h->fd : 0};
        if (adopted_all) record_adopted(&list[count], &w->handles.items[count]);
    }
    for (size_t i = 0; list && i < MSG_STD_COUNT; i++) {
        if (!spawn->std[i]) continue; /* NUL, or a console of its own */
        list[count] =
            (audit_handle){.position = (int)count, .name = std_names[i], .caller_value = spawn->std[i]};
        if (adopted_all) record_adopted(&list[count], &w->handles.items[w->handles.std[i]]);
        count++;
    }
    *ret_count = count;
    return list;
}

/* The names of the environment's variables, one a line; values can hold secrets and are not recorded. */
static const char *record_environment(work *w) {
    size_t size = 1, used = 0;
    for (size_t i = 0; i < w->spawn->environment_count; i++) size += strlen(w->spawn->environment[i]) + 1;
    char *names = arena_alloc(w->memory, size);
    for (size_t i = 0; names && i < w->spawn->environment_count; i++) {
        const char *entry = w->spawn->environment[i], *equals = *entry ? strchr(entry + 1, '=') : NULL;
        if (!equals) continue;
        memcpy(names + used, entry, (size_t)(equals - entry));
        used += (size_t)(equals - entry);
        names[used++] = '\n';
    }
    return names;
}

/* Tells environments apart without saying what is in them: keyed, so that nobody can try values out. */
static const uint8_t *record_environment_hash(work *w) {
    const msg_spawn *spawn = w->spawn;
    size_t size = 0, used = 0;
    for (size_t i = 0; i < spawn->environment_count; i++) size += strlen(spawn->environment[i]) + 1;
    char *block = arena_alloc(w->memory, size);
    uint8_t *hash = arena_alloc(w->memory, CRYPTO_HASH_BYTES);
    for (size_t i = 0; block && i < spawn->environment_count; i++) {
        size_t length = strlen(spawn->environment[i]) + 1;
        memcpy(block + used, spawn->environment[i], length);
        used += length;
    }
    bool good = block && hash && crypto_hmac_sha256(w->s->broker->keys.environment, block, used, hash);
    return good ? hash : NULL;
}

/* A faulty request can hold more text than any launch: the record has as much of it as a good one could. */
static const char *record_text(work *w, const char *text) {
    const size_t most = 3 * (size_t)LIMIT_COMMAND_LINE_UNITS; /* UTF-8 bytes */
    size_t length = text ? strlen(text) : 0;
    return length <= most ? text : arena_copy(w->memory, text, utf8_cut(text, length, most));
}

/* The command line as the policy lets it be recorded; no policy's pattern must be left out for want of
 * memory. */
static const char *record_command_line(work *w, bool *ret_good) {
    const char *line = w->spawn->command_line;
    const char *shown = line ? policy_redact(w->s->policy.policy, w->decision.by.by, w->memory, line) : NULL;
    *ret_good = shown || !line;
    return record_text(w, shown);
}

/* Nothing of the child runs before its request is on disk; unless the policy has it that a launch without a
 * record is better than none. */
static fault_kind step_await_record(work *w) {
    bool kept;
    fault why;
    fault_kind kind = recorder_wait(w->s->broker->records, &w->ticket, &kept, &why);
    if (kind) w->recorded = kept;
    w->times.record = lap(w);
    if (!kind || audit_policy(w)->allow_degraded) return FAULT_NONE;
    w->fault = why;
    return kind;
}

/* Gives the request to the audit's writer; its commit runs beside the creation of the child. */
static fault_kind step_submit_record(work *w) {
    const caller *from = w->s->from;
    const msg_spawn *spawn = w->spawn;
    audit_request *r = &w->record;
    size_t count = 0;
    bool good;
    const char *command_line = record_command_line(w, &good);
    audit_handle *handles = good ? record_handles(w, &count) : NULL;
    *r = (audit_request){.launch_id = w->id,
                         .requested_at = w->requested_at,
                         .caller_pid = from->pid,
                         .caller_started_at = from->started_at,
                         .caller_session = from->session,
                         .caller_image = from->image,
                         .caller_sid = from->sid,
                         .caller_user = from->user,
                         .application = record_text(w, spawn->application),
                         .command_line = command_line,
                         .directory = record_text(w, spawn->directory),
                         .environment_names = record_text(w, record_environment(w)),
                         .environment_hash = record_environment_hash(w),
                         .lifetime = msg_lifetime_name(spawn->lifetime),
                         .creation_flags = spawn->creation_flags,
                         .rule = w->rule,
                         .handles = handles,
                         .handle_count = count};
    w->recorded = handles && r->environment_names && r->environment_hash &&
                  recorder_request(w->s->broker->records, r, audit_policy(w)->allow_degraded, &w->ticket);
    if (!w->recorded)
        return fail(w, FAULT_INTERNAL, STAGE_RECORD, ERROR_NOT_ENOUGH_MEMORY, "no memory for the record");
    w->recorded = !w->ticket.refused;
    return w->recorded ? FAULT_NONE
                       : step_await_record(w); /* it need not come to a process that may not run */
}

static fault_kind step_create(work *w) {
    const caller *from = w->s->from;
    const launch_as as = {.token = from->token,
                          .token_is_own = from->launch_as_self,
                          .impersonate = from->impersonation,
                          .image = w->decision.facts.image,
                          .machine = w->decision.facts.machine,
                          .check_image = w->decision.facts.image && !facts_path_is_true(&w->decision.facts),
                          .parent_pid = GetCurrentProcessId()};
    fault_kind kind = launch_create(w->memory, &as, w->spawn, &w->view, &w->child, &w->fault);
    FILETIME created, exited, kernel, user;
    w->pid = w->child.pid;
    w->tid = w->child.tid;
    if (!kind && GetProcessTimes(w->child.process, &created, &exited, &kernel, &user))
        w->created_at = win_filetime_us(created);
    w->times.create = lap(w);
    return kind;
}

static fault_kind step_attest(work *w) {
    if (!w->decision.by.attest) return FAULT_NONE; /* on record as not known */
    fault_kind kind = attest_child(w->child.process, w->child.pid, w->view.items, w->view.count, &w->fault);
    w->attested = kind == FAULT_NONE;
    w->times.attest = lap(w);
    return kind;
}

static fault_kind step_hand_back(work *w) {
    fault_kind kind = launch_hand_back(w->s->from->process, &w->child, &w->fault);
    adopt_close(&w->handles);
    w->times.hand_back = lap(w);
    return kind;
}

/* The last look before the child runs: is there still somebody who wants it? */
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

/* The second record. */
static bool record_outcome(work *w, bool wait) {
    const fault *f = &w->fault;
    broker *b = w->s->broker;
    bool started = f->kind == FAULT_NONE, denied = f->kind == FAULT_DENIED || f->kind == FAULT_QUOTA;
    audit_outcome outcome = {.launch_id = w->id,
                             .at = win_now_us(),
                             .outcome = started  ? AUDIT_STARTED
                                        : denied ? AUDIT_DENIED
                                                 : AUDIT_FAILED,
                             .stage = started ? NULL : stage_name(f->stage),
                             .error_code = f->win32,
                             .error_message = started ? NULL : f->message,
                             .child_pid = w->pid,
                             .child_tid = w->tid,
                             .child_created_at = w->created_at,
                             .attested = w->attested,
                             .started_at = started ? w->started_at : 0,
                             .create_us = w->pid ? (int64_t)w->times.create : -1,
                             .total_us = win_ticks_us() - w->s->received_ticks};
    return w->recorded && recorder_outcome(b->records, &outcome, wait);
}

static void count_outcome(const work *w) {
    broker *b = w->s->broker;
    bool denied = w->fault.kind == FAULT_DENIED || w->fault.kind == FAULT_QUOTA;
    metrics_outcome(b->metrics, !w->fault.kind ? METRIC_OUTCOME_started
                                : denied       ? METRIC_OUTCOME_denied
                                               : METRIC_OUTCOME_failed);
    if (!w->fault.kind) metrics_times(b->metrics, &w->times, w->attested >= 0);
}

/* A child that is on record as started, but ended before its first instruction. */
static void record_no_start(const work *w) {
    const audit_exit ended = {.launch_id = w->id, .exited_at = win_now_us(), .exit_code = w->fault.win32};
    recorder_exit(w->s->broker->records, &ended);
}

/* Where the policy wants the outcome on disk, too, before the child runs. */
static fault_kind step_outcome(work *w) {
    w->started_at = win_now_us();
    if (!audit_policy(w)->wait_for_outcome) return FAULT_NONE;
    w->outcome_recorded = record_outcome(w, true);
    w->times.record += lap(w);
    if (w->outcome_recorded || audit_policy(w)->allow_degraded) return FAULT_NONE;
    return fail(w, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, ERROR_WRITE_FAULT,
                "the launch's outcome cannot be recorded, so it does not happen");
}

static fault_kind step_resume(work *w) {
    const child_info info = {.launch_id = w->id,
                             .application = w->spawn->application,
                             .process = w->child.process,
                             .job = w->child.job,
                             .pid = w->child.pid,
                             .lifetime = w->spawn->lifetime,
                             .handles = (uint32_t)w->record.handle_count,
                             .started_at = w->started_at,
                             .from = w->s->from};
    if (children_prepare(w->s->broker->live, &info, &w->place))
        return fail(w, FAULT_INTERNAL, STAGE_RESUME, ERROR_NOT_ENOUGH_MEMORY, "no memory to watch the child");
    fault_kind kind = launch_resume(w->spawn, &w->child, &w->fault);
    if (kind) {
        children_discard(&w->place);
        return kind;
    }
    if (w->spawn->job) launch_share_job(w->s->from->process, &w->child);
    children_shared(w->place, w->child.given_job != NULL);
    w->child.process = w->child.job = NULL; /* the registry's */
    win_close(&w->child.thread);
    w->times.resume = lap(w);
    w->times.total = (uint32_t)(w->last_ticks - w->s->received_ticks);
    return FAULT_NONE;
}

/* Everything that a failed launch has, it loses. */
static char *refuse(work *w, size_t *ret_length) {
    fault ignored;
    bool kept;
    launch_undo(w->s->from->process, &w->child);
    adopt_close(&w->handles);
    decide_close(&w->decision);
    if (w->live) quota_give(&w->s->from->quota->live);
    count_outcome(w);
    if (w->outcome_recorded) record_no_start(w);
    bool told = w->outcome_recorded || record_outcome(w, true); /* who asks after the error finds it */
    if (recorder_wait(w->s->broker->records, &w->ticket, &kept, &ignored)) w->recorded = kept;
    if (!told) record_outcome(w, false); /* when it can be written */
    return msg_encode_fault(&w->s->request->id, &w->fault, w->recorded ? w->id : NULL, ret_length);
}

static char *succeed(work *w, size_t *ret_length) {
    const msg_spawn_result result = {.launch_id = w->id,
                                     .process_id = w->pid,
                                     .thread_id = w->tid,
                                     .process = (uint32_t)(ULONG_PTR)w->child.given_process,
                                     .thread = (uint32_t)(ULONG_PTR)w->child.given_thread,
                                     .job = (uint32_t)(ULONG_PTR)w->child.given_job,
                                     .attested = w->attested,
                                     .times_us = w->times};
    decide_close(&w->decision);
    count_outcome(w);
    if (!w->outcome_recorded) record_outcome(w, false);
    children_start(&w->place); /* counted as live until it ends */
    /* It runs, and its caller holds it: memory to say so is waited for, a moment. */
    char *frame = msg_encode_spawn_result(&w->s->request->id, &result, ret_length);
    for (int i = 0; !frame && i < MEMORY_TRIES; i++) {
        Sleep(MEMORY_WAIT_MS);
        frame = msg_encode_spawn_result(&w->s->request->id, &result, ret_length);
    }
    return frame;
}

/* Refusals by policy and quota past the user's rate are counted instead. */
static bool worth_a_record(const work *w) {
    const session *s = w->s;
    uint32_t most = policy_settings_of(s->policy.policy)->audit.denials_per_minute;
    if (w->fault.kind != FAULT_DENIED && w->fault.kind != FAULT_QUOTA) return true;
    return denials_record(s->broker->denials, s->from->quota, most, w->rule ? w->rule : "-");
}

char *session_spawn(const session *s, size_t *ret_length) {
    work w = {.s = s,
              .spawn = &s->request->u.spawn,
              .memory = &s->request->arena,
              .requested_at = win_now_us(),
              .last_ticks = s->received_ticks,
              .attested = -1};
    fault_kind kind;
    if (!launch_id_make(w.requested_at, w.id)) {
        fail(&w, FAULT_INTERNAL, STAGE_RECEIVE, ERROR_GEN_FAILURE, "the system has no random numbers");
        return refuse(&w, ret_length);
    }
    kind = step_admit(&w);
    if (!kind) kind = step_decode(&w);
    if (!kind) kind = step_decide(&w);
    if (!kind) kind = step_adopt(&w);
    if (kind) { /* a refusal is a record too */
        fault why = w.fault;
        if (worth_a_record(&w)) step_submit_record(&w);
        w.fault = why;
        return refuse(&w, ret_length);
    }
    kind = step_submit_record(&w);
    if (!kind) kind = step_create(&w);
    if (!kind) kind = step_attest(&w);
    if (!kind) kind = step_await_record(&w);
    if (!kind) kind = step_hand_back(&w);
    if (!kind) kind = step_still_wanted(&w);
    if (!kind) kind = step_outcome(&w);
    if (!kind) kind = step_resume(&w);
    return kind ? refuse(&w, ret_length) : succeed(&w, ret_length);
}
