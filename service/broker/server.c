#include "service/broker/server.h"

#include "service/broker/connection.h"
#include "service/broker/event_log.h"
#include "service/broker/partings.h"
#include "service/broker/pipe_security.h"
#include "service/win32/stack.h"
#include "service/broker/timer.h"
#include "service/win32/win.h"

#include <stdlib.h>

/* Requests of one kind. */
typedef struct lane {
    TP_WORK *work; /* starts a runner */
    SRWLOCK lock;
    gate gate;
} lane;

/* The second one need not be there. */
enum { ENDPOINTS = 2, FIRST_PATIENCE_MS = 2000 };

struct server {
    broker *broker;
    endpoint endpoints[ENDPOINTS];
    pipe_security *security[2]; /* [1] admits sandboxed callers */
    partings *partings;
    TP_POOL *pool; /* serves connections and their requests */
    TP_CALLBACK_ENVIRON environment;
    lane lanes[SERVER_LANES];
    uint32_t default_at_once;
    TP_TIMER *timer;
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    connection *first;
    size_t instances;       /* in the list */
    volatile LONG greeting; /* clients that hello has not identified yet */
    volatile LONG stopping;
    volatile LONG64 stopping_since; /* GetTickCount64 */
    volatile LONG lost;             /* runners that hang */
    volatile LONG most_threads;     /* of the pool, without those */
    volatile LONG most_bytes;
    DWORD second_failed; /* why the second pipe is not served, as reported; used by the sweep alone */
    bool admit_failed;   /* reported that the access list cannot be changed; the same */
};

/* QUERIES_AT_ONCE limits queries, so that a flood of them leaves room for launches. OTHERS_AT_ONCE: threads
 * that read, identify clients and write meanwhile. */
enum { QUERIES_AT_ONCE = 8, OTHERS_AT_ONCE = 64 };
enum { GREETING_CLIENTS = 256 }; /* that hello has not identified yet, of all users together */
enum { LISTENING_INSTANCES = 4, SWEEP_MS = 500, POLL_MS = 50 };
/* After HURRY_MS of a stop, calls that wait for callers' files are cancelled. */
enum { HURRY_MS = 2000, ANSWER_WAIT_MS = 20000, END_WAIT_MS = 5000 };

broker *server_broker(const server *s) {
    return s->broker;
}

pipe_security *server_security(const server *s, const endpoint *at) {
    return s->security[at->admits];
}

void server_part(server *s, HANDLE *pipe) {
    partings_add(s->partings, pipe);
}

uint32_t server_most_bytes(const server *s) {
    return (uint32_t)s->most_bytes;
}

bool server_stopping(const server *s) {
    return s->stopping != 0;
}

/* Ends the client that has waited longest without hello. New instances are put first into the list. */
static void end_oldest_greeting(server *s) {
    connection *oldest = NULL;
    AcquireSRWLockShared(&s->lock);
    for (connection *c = s->first; c; c = connection_in_list(c)->next)
        if (connection_greeting(c)) oldest = c;
    if (oldest && !connection_try_hold(oldest)) oldest = NULL;
    ReleaseSRWLockShared(&s->lock);
    if (!oldest) return;
    connection_end(oldest);
    connection_release(oldest);
}

void server_count_greeting(server *s, int change) {
    LONG now = InterlockedExchangeAdd(&s->greeting, change) + change;
    if (change > 0 && now > GREETING_CLIENTS) end_oldest_greeting(s);
}

/* If resources run out, the listening instances go on, and the sweep tries again. */
static void listen_at(server *s, endpoint *at) {
    DWORD err = ERROR_SUCCESS;
    while (!s->stopping && at->open && at->listening < LISTENING_INSTANCES &&
           (!err || err == ERROR_PIPE_CONNECTED))
        err = connection_listen(s, at, false);
}

void server_listen(server *s) {
    for (int i = 0; i < ENDPOINTS; i++) listen_at(s, &s->endpoints[i]);
}

/* Makes the first instance of a pipe; from then on requests may arrive. */
static DWORD open_endpoint(server *s, endpoint *at) {
    DWORD err = connection_listen(s, at, true);
    if (err == ERROR_PIPE_CONNECTED) err = ERROR_SUCCESS;
    if (!err) InterlockedExchange(&at->open, 1);
    return err;
}

/* Opens the second pipe as soon as nobody else serves it. Reports once why it cannot. */
static void open_second(server *s) {
    endpoint *at = &s->endpoints[1];
    if (!at->pipe || at->open || s->stopping) return;
    DWORD err = open_endpoint(s, at);
    if (err && err != s->second_failed)
        event_log_report(EVENT_PIPE_TAKEN,
                         err == ERROR_ALREADY_EXISTS || err == ERROR_INVALID_OWNER
                             ? "another program serves %ls (error %lu)"
                             : "%ls cannot be served (error %lu)",
                         at->pipe, err);
    s->second_failed = err;
}

void server_remember(server *s, connection *c) {
    connection_link *link = connection_in_list(c);
    AcquireSRWLockExclusive(&s->lock);
    link->next = s->first;
    link->link = &s->first;
    if (s->first) connection_in_list(s->first)->link = &link->next;
    s->first = c;
    s->instances++;
    ReleaseSRWLockExclusive(&s->lock);
}

void server_forget(server *s, connection *c) {
    connection_link *link = connection_in_list(c);
    AcquireSRWLockExclusive(&s->lock);
    *link->link = link->next;
    if (link->next) connection_in_list(link->next)->link = link->link;
    s->instances--;
    WakeAllConditionVariable(&s->changed);
    ReleaseSRWLockExclusive(&s->lock);
}

/* Takes the next task for a runner. ran: the user whose task it has just run, or NULL. */
static server_task *next_task(lane *l, turns_user *ran) {
    AcquireSRWLockExclusive(&l->lock);
    if (ran) gate_done(&l->gate, ran);
    bool more;
    turns_item *item = gate_take(&l->gate, &more);
    ReleaseSRWLockExclusive(&l->lock);
    if (more) SubmitThreadpoolWork(l->work);
    return (server_task *)(void *)item;
}

/* A runner: runs queued tasks one by one, until there is none or there are more runners than allowed. */
static void CALLBACK on_turn(TP_CALLBACK_INSTANCE *instance, void *context, TP_WORK *work) {
    lane *l = context;
    (void)instance, (void)work;
    stack_give_back();
    turns_user *ran = NULL;
    for (server_task *task; (task = next_task(l, ran));) {
        ran = task->item.user;
        if (!task->run(task)) return;
    }
}

bool server_submit(server *s, server_lane which, turns_user *user, turns_line *line, server_task *task) {
    lane *l = &s->lanes[which];
    AcquireSRWLockExclusive(&l->lock);
    bool begin = gate_put(&l->gate, user, line, &task->item);
    ReleaseSRWLockExclusive(&l->lock);
    return begin;
}

void server_start_runner(server *s, server_lane which) {
    SubmitThreadpoolWork(s->lanes[which].work);
}

/* A runner that has run a task of user, or hangs in one, leaves the lane. */
static void leave(lane *l, turns_user *user) {
    AcquireSRWLockExclusive(&l->lock);
    gate_done(&l->gate, user);
    bool more = gate_leave(&l->gate);
    ReleaseSRWLockExclusive(&l->lock);
    if (more) SubmitThreadpoolWork(l->work);
}

void server_run_turn(server *s, server_lane which) {
    lane *l = &s->lanes[which];
    server_task *task = next_task(l, NULL);
    if (!task) return;
    turns_user *user = task->item.user;
    if (task->run(task)) leave(l, user);
}

/* A thread that hangs takes no place of the others. */
static void set_threads(server *s) {
    SetThreadpoolThreadMaximum(s->pool, (DWORD)(s->most_threads + s->lost));
}

void server_lose(server *s, server_lane which, turns_user *user) {
    InterlockedIncrement(&s->lost);
    set_threads(s);
    leave(&s->lanes[which], user);
}

void server_found(server *s) {
    InterlockedDecrement(&s->lost);
    set_threads(s);
}

bool server_hurries(const server *s) {
    return s->stopping && GetTickCount64() >= (uint64_t)s->stopping_since + HURRY_MS;
}

TP_CALLBACK_ENVIRON *server_environment(server *s) {
    return &s->environment;
}

server_load server_load_of(server *s) {
    lane *l = &s->lanes[SERVER_LAUNCHES];
    AcquireSRWLockShared(&l->lock);
    server_load load = {.waiting = l->gate.waiting, .running = l->gate.running, .most = l->gate.most};
    ReleaseSRWLockShared(&l->lock);
    return load;
}

/* Sets how many launches may run at once, and how many bytes a user may hold, as the policy says. */
static void limit_launches(server *s) {
    lane *l = &s->lanes[SERVER_LAUNCHES];
    policy_use use = policies_hold(s->broker->policies);
    uint32_t most = policy_settings_of(use.policy)->launches_at_once;
    InterlockedExchange(&s->most_bytes, (LONG)policy_settings_of(use.policy)->quotas.bytes_in_flight);
    policies_release(s->broker->policies, &use);
    if (!most) most = s->default_at_once;
    if (server_load_of(s).most == most) return;
    InterlockedExchange(&s->most_threads, (LONG)(most + QUERIES_AT_ONCE + OTHERS_AT_ONCE));
    set_threads(s);
    AcquireSRWLockExclusive(&l->lock);
    size_t more = gate_set_most(&l->gate, most);
    ReleaseSRWLockExclusive(&l->lock);
    while (more--) SubmitThreadpoolWork(l->work);
}

/* Returns all instances, with a reference to each; malloc'd. NULL if there is no memory. */
static connection **hold_all(server *s, size_t *ret_count) {
    size_t count = 0;
    AcquireSRWLockShared(&s->lock);
    connection **all = calloc(s->instances + 1, sizeof *all);
    for (connection *c = s->first; all && c; c = connection_in_list(c)->next)
        if (connection_try_hold(c)) all[count++] = c;
    ReleaseSRWLockShared(&s->lock);
    *ret_count = count;
    return all;
}

/* Returns whether a rule of the policy admits sandboxed callers; otherwise they cannot even open the pipe. */
static LONG wants_sandboxed(const server *s) {
    policy_use use = policies_hold(s->broker->policies);
    bool wants = policy_settings_of(use.policy)->admits_sandboxed;
    policies_release(s->broker->policies, &use);
    return wants;
}

/* Gives each pipe the access list that the policy needs. All instances share the security of one of them. */
static void admit(server *s) {
    LONG wants = wants_sandboxed(s);
    DWORD err = ERROR_SUCCESS;
    for (int i = 0; i < ENDPOINTS && !err; i++) {
        endpoint *at = &s->endpoints[i];
        if (wants == at->admits || !at->open || !at->listening) continue;
        err = pipe_security_apply(s->security[wants], at->pipe);
        if (!err) InterlockedExchange(&at->admits, wants);
    }
    if (err && !s->admit_failed)
        event_log_report(EVENT_POLICY_WRONG, "the pipe's access list cannot be changed (error %lu)", err);
    s->admit_failed = err != ERROR_SUCCESS;
}

static void CALLBACK on_sweep(TP_CALLBACK_INSTANCE *instance, void *context, TP_TIMER *timer) {
    server *s = context;
    size_t count = 0;
    uint64_t now = GetTickCount64();
    connection **all = hold_all(s, &count);
    (void)instance, (void)timer;
    stack_give_back();

    metrics_tick(s->broker->metrics, win_ticks_us());
    limit_launches(s);

    for (size_t i = 0; all && i < count; i++) {
        connection_check_deadlines(all[i], now);
        connection_release(all[i]);
    }

    free(all);
    admit(s);
    open_second(s);
    server_listen(s);
    children_sweep(s->broker->live);
    exit_waits_sweep(s->broker->waits);
    denials_sweep(s->broker->denials);
    policies_retention(s->broker->policies, s->broker->records);
}

static DWORD start_pool(server *s) {
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    s->default_at_once = system.dwNumberOfProcessors * 4 + 16; /* one user gets half of them */
    if (!(s->pool = CreateThreadpool(NULL))) return win_error();
    InitializeThreadpoolEnvironment(&s->environment);
    SetThreadpoolCallbackPool(&s->environment, s->pool);
    for (int i = 0; i < SERVER_LANES; i++)
        if (!(s->lanes[i].work = CreateThreadpoolWork(on_turn, &s->lanes[i], &s->environment)))
            return win_error();
    limit_launches(s);
    return ERROR_SUCCESS;
}

/* Frees the server. Only runners that find nothing to do may still use it. */
static void server_free(server *s) {
    for (int i = 0; i < SERVER_LANES; i++) {
        if (!s->lanes[i].work) continue;
        WaitForThreadpoolWorkCallbacks(s->lanes[i].work, FALSE);
        CloseThreadpoolWork(s->lanes[i].work);
    }
    if (s->pool) {
        DestroyThreadpoolEnvironment(&s->environment);
        CloseThreadpool(s->pool);
    }
    partings_destroy(&s->partings);
    for (int i = 0; i < 2; i++) pipe_security_free(&s->security[i]);
    for (int i = 0; i < ENDPOINTS; i++) free(s->endpoints[i].pipe);
    free(s);
}

DWORD server_start(const wchar_t *pipe, const wchar_t *second, broker *b, server **ret) {
    DWORD err;
    server *s = calloc(1, sizeof *s);
    if (!s) return ERROR_NOT_ENOUGH_MEMORY;
    s->broker = b;
    InitializeSRWLock(&s->lock);
    for (int i = 0; i < SERVER_LANES; i++) {
        InitializeSRWLock(&s->lanes[i].lock);
        s->lanes[i].gate.most = QUERIES_AT_ONCE; /* until the policy says how many launches */
    }

    InitializeConditionVariable(&s->changed);
    if (!(s->endpoints[0].pipe = _wcsdup(pipe)) || (second && !(s->endpoints[1].pipe = _wcsdup(second)))) {
        err = ERROR_NOT_ENOUGH_MEMORY;
        goto fail;
    }

    for (int i = 0; i < 2; i++)
        if ((err = pipe_security_make(i, &s->security[i]))) goto fail;
    for (int i = 0; i < ENDPOINTS; i++) s->endpoints[i].admits = wants_sandboxed(s);
    s->endpoints[0].patience_ms = FIRST_PATIENCE_MS;
    if ((err = partings_create(&s->partings)) || (err = start_pool(s))) goto fail;
    if ((err = open_endpoint(s, &s->endpoints[0]))) goto fail_open;
    open_second(s);
    if ((err = timer_start(on_sweep, s, SWEEP_MS, &s->timer))) goto fail_open;
    server_listen(s);
    *ret = s;
    return ERROR_SUCCESS;

fail_open:
    server_stop(&s);
    return err;

fail:
    server_free(s);
    return err;
}

/* Polls until done(c) is true for every instance, or until the deadline. */
static void wait_for_all(server *s, bool (*done)(connection *c), uint64_t deadline) {
    for (bool all_done = false; !all_done && GetTickCount64() < deadline;) {
        size_t count = 0;
        connection **all = hold_all(s, &count);
        all_done = all != NULL;
        for (size_t i = 0; all && i < count; i++) {
            all_done = all_done && done(all[i]);
            connection_release(all[i]);
        }
        free(all);
        if (!all_done) Sleep(POLL_MS);
    }
}

/* Ends every instance. Returns how many are left: some may still be closing, or have been made meanwhile. */
static size_t end_all(server *s) {
    size_t count = 0;
    connection **all = hold_all(s, &count);
    for (size_t i = 0; all && i < count; i++) {
        connection_end(all[i]);
        connection_release(all[i]);
    }
    free(all);
    AcquireSRWLockShared(&s->lock);
    count = s->instances;
    ReleaseSRWLockShared(&s->lock);
    return count;
}

void server_part_with_gone(server *s) {
    size_t count = 0;
    connection **all = hold_all(s, &count);
    for (size_t i = 0; all && i < count; i++) {
        connection_end_if_gone(all[i]);
        connection_release(all[i]);
    }
    free(all);
}

bool server_stop(server **stopped) {
    server *s = *stopped;
    *stopped = NULL;
    if (!s) return true;
    InterlockedExchange64(&s->stopping_since, (LONG64)GetTickCount64());
    InterlockedExchange(&s->stopping, 1);
    exit_waits_stop(s->broker->waits);
    wait_for_all(s, connection_settled, GetTickCount64() + ANSWER_WAIT_MS);
    timer_stop(&s->timer); /* the sweep would make instances */
    uint64_t deadline = GetTickCount64() + END_WAIT_MS;
    while (end_all(s)) {
        if (s->lost || GetTickCount64() >= deadline) return false;
        AcquireSRWLockExclusive(&s->lock);
        if (s->instances) SleepConditionVariableSRW(&s->changed, &s->lock, POLL_MS, 0);
        ReleaseSRWLockExclusive(&s->lock);
    }
    if (s->lost) return false;
    server_free(s);
    return true;
}
