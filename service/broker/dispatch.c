#include "service/broker/dispatch.h"

#include "proto/message.h"
#include "service/broker/server.h"
#include "service/broker/session.h"
#include "service/win32/win.h"

#include <assert.h>
#include <stdlib.h>

static_assert((int)QUOTA_TURNS == (int)SERVER_LANES, "a user has a turn in each lane");

/* One request being served. */
typedef struct job {
    server_task task; /* first */
    connection *c;
    broker *b;
    msg_request request;
    int64_t received_ticks;
    int64_t submitted_ticks;
    bool counted; /* as its user's launch in flight */
    fault quota;  /* why it is not */
} job;

static void job_end(job *j, char *frame, size_t length) {
    connection_reply(j->c, frame, length);
    InterlockedDecrement(&j->b->in_flight);
    if (j->counted) quota_give(&connection_caller(j->c)->quota->in_flight);
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

static server_load load_of(void *context) {
    return server_load_of(connection_server(context));
}

/* hello is served where it is read, so that what follows it on the pipe finds the client identified. */
static void serve_hello(job *j) {
    fault why;
    size_t length = 0;
    if (j->request.u.hello.protocol != LIMIT_PROTOCOL_VERSION) {
        fault_set(&why, FAULT_UNKNOWN_VERSION, STAGE_DECODE, ERROR_REVISION_MISMATCH,
                  "this broker speaks protocol version %d; the client asked for %lu", LIMIT_PROTOCOL_VERSION,
                  (unsigned long)j->request.u.hello.protocol);
        job_refuse(j, &why);
        return;
    }
    if (!connection_caller(j->c) && connection_identify(j->c, j->b, &why)) {
        job_refuse(j, &why);
        return;
    }
    const caller *from = connection_caller(j->c);
    const msg_hello_result result = {.protocol = LIMIT_PROTOCOL_VERSION,
                                     .broker = "spawnbroker " BROKER_VERSION,
                                     .process_id = GetCurrentProcessId(),
                                     .user = from->user,
                                     .sid = from->sid,
                                     .session = from->session,
                                     .caller_pid = from->pid};
    char *frame = msg_encode_hello_result(&j->request.id, &result, &length);
    job_end(j, frame, length);
}

/* What changes nothing, and so is not worth the work when nobody is there to read the answer: a client that
 * asks for much and goes would keep others waiting. */
static bool only_asks(msg_method method) {
    return method == MSG_LIST || method == MSG_STATUS || method == MSG_AUDIT_QUERY ||
           method == MSG_AUDIT_SUMMARY || method == MSG_POLICY_EXPLAIN;
}

static void serve(server_task *task) {
    job *j = (job *)(void *)task;
    if (only_asks(j->request.method) && connection_closed(j->c)) {
        job_end(j, NULL, 0);
        return;
    }
    session s = {.broker = j->b,
                 .from = connection_caller(j->c),
                 .request = &j->request,
                 .received_ticks = j->received_ticks,
                 .policy = policies_hold(j->b->policies),
                 .quota = &j->quota,
                 .load = load_of,
                 .disconnected = disconnected,
                 .context = j->c};
    size_t length = 0;
    char *frame = NULL;
    if (j->request.method == MSG_SPAWN)
        metrics_took(j->b->metrics, METRIC_queue, win_ticks_us() - j->submitted_ticks);
    switch (j->request.method) {
    case MSG_SPAWN: frame = session_spawn(&s, &length); break;
    case MSG_LIST: frame = session_list(&s, &length); break;
    case MSG_STATUS: frame = session_status(&s, &length); break;
    case MSG_KILL: frame = session_kill(&s, &length); break;
    case MSG_AUDIT_QUERY: frame = session_query(&s, &length); break;
    case MSG_AUDIT_PRUNE: frame = session_prune(&s, &length); break;
    case MSG_AUDIT_SUMMARY: frame = session_summary(&s, &length); break;
    case MSG_POLICY_RELOAD: frame = session_reload(&s, &length); break;
    case MSG_POLICY_EXPLAIN: frame = session_explain(&s, &length); break;
    default: break; /* refused before */
    }
    policies_release(j->b->policies, &s.policy);
    job_end(j, frame, length);
}

/* Why the request is not served at all: FAULT_NONE to serve it. */
static fault_kind refuse_early(const job *j, bool too_many, fault *ret) {
    bool spawn = j->request.method == MSG_SPAWN, known = connection_caller(j->c) != NULL;
    if (server_stopping(connection_server(j->c)))
        return fault_set(ret, FAULT_SHUTTING_DOWN, STAGE_RECEIVE, ERROR_SHUTDOWN_IN_PROGRESS,
                         "the broker is shutting down");
    if (too_many)
        return fault_set(ret, FAULT_TOO_MANY_IN_FLIGHT, STAGE_RECEIVE, ERROR_TOO_MANY_CMDS,
                         "more than %d requests in flight on this connection", LIMIT_IN_FLIGHT);
    if (j->request.fault.kind && (!spawn || !known)) { /* a known caller's faulty spawn is recorded */
        *ret = j->request.fault;
        return ret->kind;
    }
    /* A connection can be handed on; who has it then is not who was identified. */
    if (known && caller_gone(connection_caller(j->c)))
        return fault_set(ret, FAULT_CALLER_GONE, STAGE_IDENTIFY, ERROR_BROKEN_PIPE,
                         "the process that connected has ended, and nobody else may use its connection");
    if (!known && j->request.method != MSG_HELLO)
        return fault_set(ret, FAULT_HELLO_FIRST, STAGE_IDENTIFY, ERROR_NOT_READY,
                         "the first request of a connection must be hello");
    return FAULT_NONE;
}

/* Those that wait for a thread count too. */
static void count_launch(job *j) {
    policy_use use = policies_hold(j->b->policies);
    const policy_quotas *most = &policy_settings_of(use.policy)->quotas;
    quota_user *user = connection_caller(j->c)->quota;
    j->counted = !quota_take(&user->in_flight, most->launches_in_flight, "launches_in_flight", &j->quota);
    if (j->counted) quota_launch_rate(user, most->launches_per_minute, &j->quota);
    policies_release(j->b->policies, &use);
}

void dispatch_frame(connection *c, broker *b, const char *payload, size_t length, bool too_many,
                    server_due *due) {
    fault why;
    job *j = calloc(1, sizeof *j);
    if (!j) {
        connection_reply(c, NULL, 0);
        return;
    }
    j->c = connection_hold(c);
    j->b = b;
    j->received_ticks = win_ticks_us();
    InterlockedIncrement(&b->in_flight);
    msg_decode_request(payload, length, &j->request);
    if (refuse_early(j, too_many, &why)) {
        job_refuse(j, &why);
    } else if (j->request.method == MSG_HELLO) {
        serve_hello(j);
    } else {
        bool launch = j->request.method == MSG_SPAWN;
        server_lane lane = launch ? SERVER_LAUNCHES : SERVER_QUERIES;
        if (launch) count_launch(j);
        j->task.run = serve;
        j->submitted_ticks = win_ticks_us();
        server_submit(connection_server(c), lane, &connection_caller(c)->quota->turns[lane],
                      connection_line(c, lane), &j->task, due);
    }
}
