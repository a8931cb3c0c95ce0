#include "service/broker/dispatch.h"

#include "proto/message.h"
#include "service/broker/accounts.h"
#include "service/broker/server.h"
#include "service/broker/session.h"
#include "service/win32/win.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* How each method is served: see proto/methods.h. */
static const struct {
    char *(*serve)(const session *s, size_t *ret_length);
    msg_right right;
    msg_effect effect;
} methods[MSG_METHOD_COUNT] = {
#define X(id, stem, name, params, presence, result, check, right, effect) \
    [MSG_##id] = {session_##stem, MSG_RIGHT_##right, MSG_EFFECT_##effect},
    SESSION_METHOD_LIST(X, X)
#undef X
};

/* The policy's rights that satisfy each of a method's, and the name of a right that is lacking. */
static const struct {
    unsigned any_of;
    const char *name;
} rights[] = {
    [MSG_RIGHT_READ] = {POLICY_RIGHT_READ_OWN | POLICY_RIGHT_READ_ALL, "read"},
    [MSG_RIGHT_LAUNCH] = {POLICY_RIGHT_LAUNCH | POLICY_RIGHT_ADMINISTER, "launch"},
    [MSG_RIGHT_ADMINISTER] = {POLICY_RIGHT_ADMINISTER, "administer"},
};

static_assert((int)QUOTA_TURNS == (int)SERVER_LANES, "a user has a turn in each lane");

/* One request being served. */
typedef struct job {
    server_task task; /* first */
    connection *c;
    broker *b;
    msg_request request;
    size_t bytes;
    int64_t received_ticks;
    int64_t submitted_ticks;
    size_t held;        /* counted as its user's bytes in flight */
    bool counted;       /* among its user's launches in flight */
    exit_wait wait;     /* used by the method wait */
    volatile LONG lost; /* its thread hangs: the client has been answered without it */
    fault quota;        /* why a quota refuses it */
} job;

static void job_end(job *j, char *frame, size_t length) {
    if (j->lost) {
        free(frame);
    } else {
        connection_reply(j->c, frame, length);
        InterlockedDecrement(&j->b->in_flight);
    }
    if (j->counted) quota_give(&connection_caller(j->c)->quota->in_flight);
    if (j->held) quota_hold(connection_caller(j->c)->quota, -(int64_t)j->held);
    msg_request_free(&j->request);
    connection_release(j->c);
    free(j);
}

static void job_refuse(job *j, const fault *why) {
    size_t length = 0;
    char *frame = msg_encode_fault(&j->request.id, why, NULL, &length);
    job_end(j, frame, length);
}

static bool disconnected(void *context) {
    return connection_closed(context);
}

static bool unwanted(void *context) {
    const job *j = context;
    return connection_closed(j->c) || caller_gone(connection_caller(j->c)) ||
           server_hurries(connection_server(j->c));
}

static server_load load_of(void *context) {
    return server_load_of(connection_server(context));
}

static msg_effect effect_of(const job *j) {
    return methods[j->request.method].effect;
}

static fault_kind check_hello(const job *j, fault *ret) {
    const msg_hello *hello = &j->request.u.hello;
    if (hello->protocol != LIMIT_PROTOCOL_VERSION)
        return fault_set(ret, FAULT_UNKNOWN_VERSION, STAGE_DECODE, ERROR_REVISION_MISMATCH,
                         "this broker speaks protocol version %d; the client asked for %lu",
                         LIMIT_PROTOCOL_VERSION, (unsigned long)hello->protocol);

    if (hello->nonce && !connection_confirm(j->c, hello->nonce)) {
        fault_set(ret, FAULT_HELLO_FIRST, STAGE_IDENTIFY, ERROR_NOT_READY,
                  "params.nonce is not the one that this connection's first hello returned");
        snprintf(ret->field, sizeof ret->field, "params.nonce");
        return ret->kind;
    }

    if (!connection_nonce(j->c))
        return fault_set(ret, FAULT_INTERNAL, STAGE_IDENTIFY, ERROR_NOT_READY, "no random number can be had");
    return connection_caller(j->c) ? FAULT_NONE : connection_identify(j->c, j->b, ret);
}

/* Serves hello at once, on the thread that read it, so that the next request finds the client identified. */
static void serve_hello(job *j) {
    fault why;
    size_t length = 0;
    if (check_hello(j, &why)) {
        job_refuse(j, &why);
        return;
    }

    const caller *from = connection_caller(j->c);
    const msg_hello_result result = {.protocol = LIMIT_PROTOCOL_VERSION,
                                     .broker = "spawnbroker " BROKER_VERSION,
                                     .process_id = GetCurrentProcessId(),
                                     .nonce = connection_nonce(j->c),
                                     .user = account_name(from->account),
                                     .sid = from->sid,
                                     .session = from->session,
                                     .caller_pid = from->pid};
    char *frame = msg_encode_hello_result(&j->request.id, &result, &length);
    job_end(j, frame, length);
}

static server_lane lane_of(const job *j) {
    return effect_of(j) == MSG_EFFECT_LAUNCHES ? SERVER_LAUNCHES : SERVER_QUERIES;
}

/* Answers a client whose request hangs in Windows, and lets another thread run in the place of its thread,
 * which is in an io_limit meanwhile. When it comes back, the request ends with an error, is recorded, and is
 * freed. */
static void lose(void *context) {
    job *j = context;
    quota_user *user = connection_caller(j->c)->quota;
    server_lane lane = lane_of(j);
    size_t length = 0;
    fault why;
    InterlockedExchange(&j->lost, 1);
    InterlockedIncrement(&user->hung);
    fault_set(&why, FAULT_TIMED_OUT, STAGE_CREATE, ERROR_TIMEOUT,
              "a file that the request names keeps Windows waiting, even after the call was cancelled");
    char *frame = msg_encode_fault(&j->request.id, &why, NULL, &length);
    connection_reply(j->c, frame, length);
    InterlockedDecrement(&j->b->in_flight);
    server_lose(connection_server(j->c), lane, &user->turns[lane]);
}

static job *job_of(exit_wait *wait) {
    return (job *)(void *)((char *)wait - offsetof(job, wait));
}

static bool wait_is_unwanted(const exit_wait *wait) {
    const job *j = job_of((exit_wait *)(ULONG_PTR)wait);
    return connection_closed(j->c) || caller_gone(connection_caller(j->c));
}

/* Answers a request that has waited for an exit. */
static void answer_wait(exit_wait *wait, exit_wait_end end, const audit_exit *exit) {
    job *j = job_of(wait);
    const msg_waited result = {.launch_id = wait->launch_id,
                               .exited = exit != NULL,
                               .has_exit_code = exit && exit->exit_code >= 0,
                               .exit_code = exit ? exit->exit_code : 0,
                               .has_exited_at = exit != NULL,
                               .exited_at = exit ? exit->exited_at : 0};
    size_t length = 0;
    fault why;
    if (end == EXIT_WAIT_STOPPING) {
        fault_set(&why, FAULT_SHUTTING_DOWN, STAGE_RECEIVE, ERROR_SHUTDOWN_IN_PROGRESS,
                  "the broker is shutting down");
        job_refuse(j, &why);
        return;
    }
    char *frame = msg_encode_wait_result(&j->request.id, &result, &length);
    job_end(j, frame, length);
}

static char *serve_session(const session *s, size_t *ret_length) {
    msg_method method = s->request->method;
    msg_right right = methods[method].right;
    if (right != MSG_RIGHT_NONE && !session_may(s, rights[right].any_of))
        return session_forbid(s, rights[right].name, ret_length);
    return methods[method].serve(s, ret_length);
}

static bool serve(server_task *task) {
    job *j = (job *)(void *)task;

    /* A client that has disconnected wants no answer: its abandoned queries must not keep others waiting. */
    if ((effect_of(j) == MSG_EFFECT_READS || effect_of(j) == MSG_EFFECT_WAITS) && connection_closed(j->c)) {
        job_end(j, NULL, 0);
        return true;
    }

    broker *b = j->b;
    bool deferred = false;
    j->wait = (exit_wait){.unwanted = wait_is_unwanted, .answer = answer_wait};
    session s = {.broker = b,
                 .from = connection_caller(j->c),
                 .request = &j->request,
                 .bytes = j->bytes,
                 .received_ticks = j->received_ticks,
                 .policy = policies_hold(j->b->policies),
                 .quota = &j->quota,
                 .load = load_of,
                 .disconnected = disconnected,
                 .context = j->c,
                 .wait = &j->wait,
                 .deferred = &deferred,
                 .bound = {.unwanted = unwanted, .lost = lose, .context = j}};
    if (effect_of(j) == MSG_EFFECT_LAUNCHES)
        metrics_took(j->b->metrics, METRIC_queue, win_ticks_us() - j->submitted_ticks);

    size_t length = 0;
    char *frame = serve_session(&s, &length);
    policies_release(b->policies, &s.policy);
    if (deferred) return true; /* the request may be freed */

    bool lost = j->lost != 0;
    if (lost) {
        server_found(connection_server(j->c));
        InterlockedDecrement(&connection_caller(j->c)->quota->hung);
    }
    job_end(j, frame, length);
    return !lost;
}

/* Returns FAULT_NONE, or why the request is not served at all. */
static fault_kind refuse_early(const job *j, bool too_many, fault *ret) {
    bool spawn = j->request.method == MSG_SPAWN, known = connection_confirmed(j->c);

    if (server_stopping(connection_server(j->c)))
        return fault_set(ret, FAULT_SHUTTING_DOWN, STAGE_RECEIVE, ERROR_SHUTDOWN_IN_PROGRESS,
                         "the broker is shutting down");
    if (too_many)
        return fault_set(ret, FAULT_TOO_MANY_IN_FLIGHT, STAGE_RECEIVE, ERROR_TOO_MANY_CMDS,
                         "more than %d requests in flight on this connection", LIMIT_IN_FLIGHT);
    if (j->request.fault.kind && (!spawn || !known)) { /* the session records a known caller's faulty spawn */
        *ret = j->request.fault;
        return ret->kind;
    }

    /* After the caller has exited, another process may hold its connection. */
    if (connection_caller(j->c) && caller_gone(connection_caller(j->c)))
        return fault_set(ret, FAULT_CALLER_GONE, STAGE_IDENTIFY, ERROR_BROKEN_PIPE,
                         "the process that connected has exited; open a new connection");

    if (known && effect_of(j) != MSG_EFFECT_LAUNCHES && connection_check_bytes(j->c, ret)) return ret->kind;

    if (!known && j->request.method != MSG_HELLO)
        return fault_set(ret, FAULT_HELLO_FIRST, STAGE_IDENTIFY, ERROR_NOT_READY,
                         "the first request of a connection must be hello, and the next one hello with the "
                         "nonce of its result");
    if (known && j->request.method == MSG_POLICY_EXPLAIN)
        return quota_hung(connection_caller(j->c)->quota, ret);
    return FAULT_NONE;
}

/* Counts a launch against its user's quotas. Launches that wait for a thread count too. */
static void count_launch(job *j) {
    policy_use use = policies_hold(j->b->policies);
    const policy_quotas *most = &policy_settings_of(use.policy)->quotas;
    quota_user *user = connection_caller(j->c)->quota;
    if (!quota_hung(user, &j->quota))
        j->counted = !quota_take(&user->in_flight, most->launches_in_flight, "launches_in_flight", &j->quota);
    if (j->counted && !connection_check_bytes(j->c, &j->quota))
        quota_launch_rate(user, most->launches_per_minute, &j->quota);
    policies_release(j->b->policies, &use);
}

void dispatch_frame(connection *c, broker *b, const char *payload, size_t length, bool too_many) {
    fault why;
    job *j = calloc(1, sizeof *j);
    if (!j) {
        connection_reply(c, NULL, 0);
        return;
    }

    j->c = connection_hold(c);
    j->b = b;
    j->bytes = length;
    if (connection_caller(c)) {
        j->held = length;
        quota_hold(connection_caller(c)->quota, (int64_t)length);
    }
    j->received_ticks = win_ticks_us();
    InterlockedIncrement(&b->in_flight);
    msg_decode_request(payload, length, &j->request);

    if (refuse_early(j, too_many, &why)) {
        job_refuse(j, &why);
    } else if (j->request.method == MSG_HELLO) {
        serve_hello(j);
    } else {
        server_lane lane = lane_of(j);
        if (lane == SERVER_LAUNCHES) count_launch(j);
        j->task.run = serve;
        j->submitted_ticks = win_ticks_us();
        connection_submit(c, lane, &j->task);
    }
}
