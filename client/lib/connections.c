#include "client/lib/connections.h"

#include <stdlib.h>

enum {
    RENEW_MS = 10000,    /* how long a call without a deadline tries to connect again */
    PAUSE_MS = 10,       /* after the first failed attempt; each pause is twice the one before it */
    PAUSE_MOST_MS = 250, /* the longest pause */
    DOUBTS = 3           /* so many attempts in a row must fail for a reason that time does not mend */
};

/* A connection, and how many calls use it. */
typedef struct counted_link {
    struct counted_link *next;
    call_link *link;
    size_t users;
} counted_link;

struct connections {
    pipe_names names;
    DWORD timeout_ms;
    bool renew;
    SRWLOCK lock;                 /* protects what follows; never held while a thread connects or calls */
    CONDITION_VARIABLE attempted; /* an attempt to connect has ended */
    bool connecting;
    counted_link *current; /* in the list; NULL: lost */
    counted_link *list;
    size_t attempts;   /* that have ended */
    size_t failed;     /* attempts and connections, since the last answer */
    size_t doubted;    /* of these, the last ones whose reason is not that no broker serves */
    uint64_t again_at; /* when the next attempt may begin, on the clock of GetTickCount64 */
    sb_error why;      /* of the last attempt that failed */
};

/* ---- links ---- */

static counted_link *counted(call_link *link) {
    counted_link *l = calloc(1, sizeof *l);
    if (l) l->link = link;
    return l;
}

/* Takes the links that are no longer needed out of the list, with the lock held: lost ones, and those that
 * were given up and whose last reply has come. */
static counted_link *take_unused(connections *c) {
    counted_link *unused = NULL;
    for (counted_link **at = &c->list; *at;) {
        counted_link *l = *at;
        if (l == c->current || l->users || !call_drained(l->link)) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        l->next = unused;
        unused = l;
    }
    return unused;
}

static void close_all(counted_link *list, uint64_t deadline) {
    while (list) {
        counted_link *l = list;
        list = l->next;
        call_close(l->link, deadline);
        free(l);
    }
}

/* ---- connecting again ---- */

uint64_t connections_deadline(uint64_t deadline) {
    return deadline == CALL_NO_DEADLINE ? call_deadline(RENEW_MS) : deadline;
}

/* Whether a broker that starts again cures the failure of an attempt. */
static bool is_passing(const sb_error *why) {
    if (why->stage != SB_STAGE_CONNECT) return false;
    return why->code == ERROR_FILE_NOT_FOUND || why->code == ERROR_SEM_TIMEOUT ||
           why->code == ERROR_TIMEOUT || why->code == ERROR_BROKEN_PIPE ||
           why->code == ERROR_SHUTDOWN_IN_PROGRESS;
}

static DWORD pause_after(size_t failed) {
    DWORD pause = PAUSE_MS;
    for (size_t i = 1; i < failed && pause < PAUSE_MOST_MS; i++) pause *= 2;
    return pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS;
}

/* Notes how an attempt ended, with the lock held. */
static void note_failure(connections *c, const sb_error *why) {
    c->failed++;
    c->doubted = is_passing(why) ? 0 : c->doubted + 1;
    c->again_at = call_deadline(pause_after(c->failed));
    c->why = *why;
}

/* Makes one attempt, with the lock held on entry and return. */
static void attempt(connections *c, uint64_t deadline) {
    call_link *link = NULL;
    counted_link *l = NULL;
    size_t name = 0;
    sb_error why;
    uint64_t attempt_deadline = call_deadline(c->timeout_ms);

    c->connecting = true;
    ReleaseSRWLockExclusive(&c->lock);
    DWORD err = connect_link(&c->names, deadline < attempt_deadline ? deadline : attempt_deadline, &link,
                             &name, &why);
    if (!err && !(l = counted(link))) {
        err = error_memory(&why);
        call_close(link, 0);
    }

    AcquireSRWLockExclusive(&c->lock);
    c->connecting = false;
    c->attempts++;
    if (err) {
        note_failure(c, &why);
    } else {
        c->doubted = 0;
        l->next = c->list;
        c->list = c->current = l;
    }
    WakeAllConditionVariable(&c->attempted);
}

/* Fills in why no connection came in time. */
static DWORD not_in_time(const connections *c, sb_error *ret_error) {
    if (!c->failed || c->why.code == ERROR_TIMEOUT)
        return error_set(
            ret_error, ERROR_TIMEOUT, SB_STAGE_CONNECT,
            L"The connection to the broker was lost, and a new one was not made in time. Nothing was "
            L"done.");
    if (is_passing(&c->why))
        return error_set(
            ret_error, ERROR_SERVICE_NOT_ACTIVE, SB_STAGE_CONNECT,
            L"The connection to the broker was lost, and no broker served in time. Nothing was done. "
            L"%.100ls",
            c->why.message);
    *ret_error = c->why;
    return c->why.code;
}

/* Waits, with the lock held, until there is a connection. One thread at a time makes an attempt. */
static DWORD wait_connected(connections *c, uint64_t deadline, sb_error *ret_error) {
    const size_t before = c->attempts;
    for (;;) {
        if (c->current && c->renew && call_broken(c->current->link)) c->current = NULL;
        if (c->current) return ERROR_SUCCESS;

        if (c->attempts != before && c->doubted >= DOUBTS) {
            *ret_error = c->why;
            return c->why.code;
        }
        DWORD left = call_remaining(deadline);
        if (!left) return not_in_time(c, ret_error);

        DWORD pause = call_remaining(c->again_at);
        if (c->connecting || pause) {
            if (!c->connecting && pause < left) left = pause;
            SleepConditionVariableSRW(&c->attempted, &c->lock, left, 0);
        } else {
            attempt(c, deadline);
        }
    }
}

/* ---- calls ---- */

/* Returns a working connection, to be released. */
static DWORD acquire(connections *c, uint64_t deadline, counted_link **ret, sb_error *ret_error) {
    AcquireSRWLockExclusive(&c->lock);
    DWORD err = wait_connected(c, connections_deadline(deadline), ret_error);
    if (!err) {
        c->current->users++;
        *ret = c->current;
    }
    ReleaseSRWLockExclusive(&c->lock);
    return err;
}

/* Releases a connection. why NULL: it works; else it is given up, and later calls use another one. A broker
 * that is stopping does not give it at once, and one that loses each connection is given more and more time.
 */
static void release(connections *c, counted_link *l, const sb_error *why) {
    AcquireSRWLockExclusive(&c->lock);
    l->users--;
    if (c->current == l && !why) {
        c->failed = 0;
    } else if (c->current == l) {
        c->current = NULL;
        note_failure(c, why);
    }
    counted_link *unused = c->renew ? take_unused(c) : NULL;
    ReleaseSRWLockExclusive(&c->lock);
    close_all(unused, 0);
}

bool connections_renews(const connections *c) {
    return c->renew;
}

DWORD connections_exchange(connections *c, call_request *request, msg_reply *ret_reply, sb_error *ret_error) {
    uint64_t deadline = request->deadline;
    for (;;) {
        counted_link *l;
        DWORD err = acquire(c, deadline, &l, ret_error);
        if (err) {
            request->fate = CALL_UNSENT;
            request->fault = FAULT_NONE;
            return err;
        }
        err = call_exchange(l->link, request, ret_reply, ret_error);

        bool stopping = err && request->fault == FAULT_SHUTTING_DOWN;
        bool lost = err && (request->fate == CALL_UNSENT || request->fate == CALL_LOST);
        sb_error why;
        error_set(&why, ERROR_BROKEN_PIPE, SB_STAGE_CONNECT, L"%ls",
                  lost || stopping ? ret_error->message : L"");
        release(c, l, c->renew && (lost || stopping) ? &why : NULL);

        bool again = stopping || (lost && (request->fate == CALL_UNSENT || request->repeatable));
        if (!c->renew || !again) return err;
        deadline = connections_deadline(deadline);
    }
}

/* ---- life ---- */

DWORD connections_open(const pipe_names *names, DWORD timeout_ms, bool renew, connections **ret,
                       sb_error *ret_error) {
    size_t name;
    call_link *link = NULL;
    connections *c = calloc(1, sizeof *c);
    if (!c) return error_memory(ret_error);

    DWORD err = connect_link(names, call_deadline(timeout_ms), &link, &name, ret_error);
    if (!err && !(c->current = c->list = counted(link))) {
        err = error_memory(ret_error);
        call_close(link, 0);
    }
    if (err) {
        free(c);
        return err;
    }

    c->names = *names;
    c->names.count = name + 1; /* never one that is less protected than the first */
    c->timeout_ms = timeout_ms;
    c->renew = renew;
    *ret = c;
    return ERROR_SUCCESS;
}

void connections_close(connections *c) {
    if (!c) return;
    close_all(c->list, call_drain_deadline());
    free(c);
}
