#include "service/broker/connection.h"

#include "service/broker/dispatch.h"
#include "service/broker/pipe_instance.h"
#include "proto/frame.h"
#include "proto/hex.h"
#include "proto/message.h"
#include "service/win32/cng.h"
#include "service/win32/stack.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

typedef struct reply {
    struct reply *next;
    char *frame;
    size_t length;
    size_t held; /* counted as the user's bytes in flight */
} reply;

enum { NONCE_BYTES = 16 };

struct connection {
    connection_link in_list;
    LONG references; /* one until closed, one for each pending operation and each request being served */
    server *server;
    endpoint *at;
    turns_line lines[SERVER_LANES];
    HANDLE pipe;
    TP_IO *io;
    caller *from;
    SRWLOCK lock; /* guards what follows, except reader and own_turn */
    OVERLAPPED read_at, write_at;
    volatile LONG listening;
    bool counted;           /* as a connected client */
    volatile LONG greeting; /* counted as one that hello has not identified yet */
    caller_moment connected;
    uint64_t connected_ms;           /* set before greeting */
    frame_reader reader;             /* used by one thread at a time: the one that may read next */
    char nonce[2 * NONCE_BYTES + 1]; /* the same; empty: not made yet */
    bool confirmed;                  /* the same: hello has repeated the nonce */
    size_t reader_held;   /* the same: its buffer, as far as it is counted as the user's bytes in flight */
    server_lane own_turn; /* the same: the lane in which that thread must run a turn */
    reply *first, **last;
    unsigned unanswered;
    uint64_t partial_since_ms; /* an incomplete frame; 0: none */
    uint64_t write_since_ms;   /* a reply that is being written; 0: none */
    bool closed, paused;
    bool ending; /* nothing more is read; ends when all requests are answered */
};

#define NO_LANE SERVER_LANES

/* With PAUSE_AT unanswered requests the connection reads nothing more. From LIMIT_IN_FLIGHT on it rejects
 * requests. */
enum { PAUSE_AT = 2 * LIMIT_IN_FLIGHT };

static server_lane pump(connection *c);

static void reply_free(connection *c, reply *r) {
    if (!r) return;
    if (r->held) quota_hold(c->from->quota, -(int64_t)r->held);
    free(r->frame);
    free(r);
}

/* Counts a reader's buffer that is larger than an idle one's. */
static void count_reader(connection *c) {
    if (!c->from) return;
    size_t now = c->reader.capacity > FRAME_SMALL_BYTES ? c->reader.capacity : 0;
    if (now != c->reader_held) quota_hold(c->from->quota, (int64_t)now - (int64_t)c->reader_held);
    c->reader_held = now;
}

static void stop_greeting(connection *c) {
    if (InterlockedExchange(&c->greeting, 0)) server_count_greeting(c->server, -1);
}

connection *connection_hold(connection *c) {
    InterlockedIncrement(&c->references);
    return c;
}

bool connection_try_hold(connection *c) {
    for (LONG seen = c->references; seen;) {
        LONG before = InterlockedCompareExchange(&c->references, seen + 1, seen);
        if (before == seen) return true;
        seen = before;
    }
    return false;
}

void connection_release(connection *c) {
    if (InterlockedDecrement(&c->references)) return;
    stop_greeting(c);
    if (c->counted) InterlockedDecrement(&server_broker(c->server)->connections);
    server_part(c->server, &c->pipe);
    if (c->io) CloseThreadpoolIo(c->io);
    server_forget(c->server, c);
    for (reply *r = c->first, *next; r; r = next) {
        next = r->next;
        reply_free(c, r);
    }
    frame_free(&c->reader);
    count_reader(c);
    if (c->from) quota_give(&c->from->quota->connections);
    caller_release(&c->from);
    free(c);
}

/* Closes the connection. The caller holds the lock and a reference. Pending operations end with an error and
 * drop their references. */
static void close_locked(connection *c) {
    if (c->closed) return;
    c->closed = true;
    stop_greeting(c);
    if (c->pipe) CancelIoEx(c->pipe, NULL);
    InterlockedDecrement(&c->references); /* not the last: the closer's remains */
}

void connection_end(connection *c) {
    AcquireSRWLockExclusive(&c->lock);
    close_locked(c);
    ReleaseSRWLockExclusive(&c->lock);
}

bool connection_closed(connection *c) {
    AcquireSRWLockShared(&c->lock);
    bool closed = c->closed;
    ReleaseSRWLockShared(&c->lock);
    return closed;
}

/* Starts to write the first reply, with the lock held. */
static void write_locked(connection *c) {
    c->write_since_ms = GetTickCount64();
    connection_hold(c);
    StartThreadpoolIo(c->io);
    c->write_at = (OVERLAPPED){0};
    if (!WriteFile(c->pipe, c->first->frame, (DWORD)c->first->length, NULL, &c->write_at) &&
        GetLastError() != ERROR_IO_PENDING) {
        CancelThreadpoolIo(c->io);
        close_locked(c);
        InterlockedDecrement(&c->references); /* the operation's; the closer's remains */
    }
}

fault_kind connection_check_bytes(const connection *c, fault *ret_fault) {
    return quota_bytes(c->from->quota, server_most_bytes(c->server), ret_fault);
}

/* Requests are refused beyond the quota; what was asked for before may hold as much again. */
static bool leaves_unread(const connection *c) {
    const uint32_t most = server_most_bytes(c->server);
    fault ignored;
    return quota_bytes(c->from->quota, most > UINT32_MAX / 2 ? UINT32_MAX : 2 * most, &ignored) != FAULT_NONE;
}

void connection_reply(connection *c, char *frame, size_t length) {
    reply *r = NULL;
    /* A launch without a reply is lost to its caller, so memory for it is waited for. */
    for (int i = 0; frame && !r && win_wait_for_memory(i); i++) r = calloc(1, sizeof *r);

    AcquireSRWLockExclusive(&c->lock);
    if (!r || c->closed) {
        close_locked(c);
        free(frame);
        free(r);
    } else {
        *r = (reply){.frame = frame, .length = length, .held = c->from ? length : 0};
        if (r->held) quota_hold(c->from->quota, (int64_t)length);
        bool idle = !c->first;
        *c->last = r;
        c->last = &r->next;
        if (idle) write_locked(c);
        if (c->from && leaves_unread(c)) close_locked(c);
    }
    ReleaseSRWLockExclusive(&c->lock);
}

/* Returns the lane in which this thread must run a turn. */
static server_lane on_written(connection *c, ULONG result, ULONG_PTR bytes) {
    bool go_on = false;

    AcquireSRWLockExclusive(&c->lock);
    reply *done = c->first;
    if (result || bytes != done->length) {
        close_locked(c);
        done = NULL; /* freed with the connection */
    } else {
        c->first = done->next;
        if (!c->first) c->last = &c->first;
        c->unanswered--;
        c->write_since_ms = 0;
        if (c->first && !c->closed) write_locked(c);
        if (c->ending && !c->unanswered) close_locked(c);
        go_on = c->paused && !c->closed && c->unanswered < PAUSE_AT;
        if (go_on) c->paused = false;
    }
    ReleaseSRWLockExclusive(&c->lock);

    reply_free(c, done);
    return go_on ? pump(c) : NO_LANE;
}

/* Rejects the byte stream: sends why, answers the running requests, and ends. */
static void refuse_stream(connection *c, const fault *why) {
    const msg_id none = {.is_null = true};
    size_t length = 0;
    AcquireSRWLockExclusive(&c->lock);
    bool first = !c->ending && !c->closed;
    if (first) {
        c->ending = true;
        c->partial_since_ms = 0;
        c->unanswered++;
    }
    ReleaseSRWLockExclusive(&c->lock);
    if (!first) return;
    char *frame = msg_encode_fault(&none, why, NULL, &length);
    connection_reply(c, frame, length);
}

/* Dispatches the complete frames. Returns whether more must be received. */
static bool take_frames(connection *c) {
    for (;;) {
        const char *payload;
        size_t length;
        fault why;

        AcquireSRWLockExclusive(&c->lock);
        bool stop = c->closed || c->ending;
        c->paused = !stop && c->unanswered >= PAUSE_AT;
        stop = stop || c->paused;
        ReleaseSRWLockExclusive(&c->lock);
        if (stop) return false;

        frame_state state = frame_next(&c->reader, &payload, &length, &why);
        if (state == FRAME_BAD) {
            refuse_stream(c, &why);
            return false;
        }

        AcquireSRWLockExclusive(&c->lock);
        if (state != FRAME_PARTIAL) c->partial_since_ms = 0;
        else if (!c->partial_since_ms) c->partial_since_ms = GetTickCount64();
        unsigned in_flight = state == FRAME_READY ? ++c->unanswered : 0;
        ReleaseSRWLockExclusive(&c->lock);
        if (state != FRAME_READY) return true;
        dispatch_frame(c, server_broker(c->server), payload, length, in_flight > LIMIT_IN_FLIGHT);
    }
}

/* Takes the turn that this thread must run. Call it before the next read starts: the read's completion may
 * submit on another thread. */
static server_lane take_turn(connection *c) {
    server_lane lane = c->own_turn;
    c->own_turn = NO_LANE;
    return lane;
}

/* Dispatches what has been received and receives more. Returns the lane in which this thread must run a turn.
 * Only one thread at a time runs this: the completion of the only read or, after a pause, the thread that
 * ended it. */
static server_lane pump(connection *c) {
    bool more = take_frames(c);
    server_lane lane = take_turn(c);
    if (!more) return lane;

    size_t length;
    fault why;
    void *space = frame_space(&c->reader, &length);
    count_reader(c);
    if (c->reader_held && connection_check_bytes(c, &why)) {
        frame_free(&c->reader); /* nothing more is read */
        count_reader(c);
        refuse_stream(c, &why);
        return lane;
    }

    AcquireSRWLockExclusive(&c->lock);
    if (!space) close_locked(c);
    if (!c->closed) {
        connection_hold(c);
        StartThreadpoolIo(c->io);
        c->read_at = (OVERLAPPED){0};
        if (!ReadFile(c->pipe, space, (DWORD)length, NULL, &c->read_at) &&
            GetLastError() != ERROR_IO_PENDING) {
            CancelThreadpoolIo(c->io);
            close_locked(c);
            InterlockedDecrement(&c->references);
        }
    }
    ReleaseSRWLockExclusive(&c->lock);
    return lane;
}

/* Returns the lane in which this thread must run a turn. */
static server_lane on_received(connection *c, ULONG result, ULONG_PTR bytes) {
    if (result || !bytes) { /* the client has disconnected, which it may do at any time */
        connection_end(c);
        return NO_LANE;
    }
    frame_received(&c->reader, bytes);
    return pump(c);
}

static void stop_listening(connection *c) {
    if (InterlockedExchange(&c->listening, 0)) InterlockedDecrement(&c->at->listening);
}

/* Starts to serve the client that has connected. */
static void begin(connection *c) {
    stop_listening(c);
    c->counted = true;
    c->connected = caller_now();
    c->reader.before_hello = true;
    InterlockedIncrement(&server_broker(c->server)->connections);
    c->connected_ms = GetTickCount64();
    InterlockedExchange(&c->greeting, 1);
    server_count_greeting(c->server, 1);
    pump(c); /* nothing has been received yet, so there is no turn to run */
}

/* Makes the next instance before it serves this one, so that one always listens. */
static void on_connected(connection *c, ULONG result) {
    stop_listening(c);
    server_listen(c->server);
    if (result) connection_end(c);
    else begin(c);
}

static void CALLBACK on_io(TP_CALLBACK_INSTANCE *instance, void *context, void *overlapped, ULONG result,
                           ULONG_PTR bytes, TP_IO *io) {
    connection *c = context;
    bool was_read = overlapped == &c->read_at, was_listening = c->listening;
    server_lane lane = NO_LANE;
    (void)instance, (void)io;
    stack_give_back();

    if (was_read && was_listening) on_connected(c, result);
    else if (was_read) lane = on_received(c, result, bytes);
    else lane = on_written(c, result, bytes);

    if (lane != NO_LANE) server_run_turn(c->server, lane);
    connection_release(c);
}

/* Makes the pipe instance and its completion object. On failure the connection closes what was made. */
static DWORD make_instance(connection *c, bool first) {
    pipe_security *security = server_security(c->server, c->at);
    DWORD err = first ? pipe_instance_make_first(c->at->pipe, security, c->at->patience_ms, &c->pipe)
                      : pipe_instance_make(c->at->pipe, security, &c->pipe);
    if (err) return err;
    c->io = CreateThreadpoolIo(c->pipe, on_io, c, server_environment(c->server));
    return c->io ? ERROR_SUCCESS : win_error();
}

/* Holds the lock, so that connection_end either finds an operation to cancel or prevents it. */
static DWORD wait_for_client(connection *c) {
    DWORD err = ERROR_OPERATION_ABORTED;
    AcquireSRWLockExclusive(&c->lock);
    if (!c->closed) {
        connection_hold(c);
        StartThreadpoolIo(c->io);
        err = ConnectNamedPipe(c->pipe, &c->read_at) ? ERROR_IO_PENDING : win_error();
        if (err != ERROR_IO_PENDING) {
            CancelThreadpoolIo(c->io);
            InterlockedDecrement(&c->references); /* the operation's; the maker's remains */
        }
    }
    ReleaseSRWLockExclusive(&c->lock);
    return err;
}

DWORD connection_listen(server *s, endpoint *at, bool first) {
    connection *c = calloc(1, sizeof *c);
    if (!c) return ERROR_NOT_ENOUGH_MEMORY;
    c->references = 2; /* until closed, and this function's */
    c->own_turn = NO_LANE;
    c->server = s;
    c->at = at;
    c->last = &c->first;
    InitializeSRWLock(&c->lock);
    DWORD err = make_instance(c, first);
    if (!err) {
        c->listening = 1;
        InterlockedIncrement(&at->listening);
    }

    server_remember(s, c);
    if (!err) err = wait_for_client(c);
    if (err == ERROR_IO_PENDING) {
        err = ERROR_SUCCESS;
    } else if (err == ERROR_PIPE_CONNECTED || err == ERROR_NO_DATA) {
        /* A client connected after the pipe was created. No completion comes. If the client has disconnected
         * again, the first read finds that. */
        begin(c);
        err = ERROR_PIPE_CONNECTED;
    } else {
        stop_listening(c);
        connection_end(c);
    }
    connection_release(c);
    return err;
}

/* The thread that dispatches frames runs the first of their turns itself, when it has started the next read:
 * then no other thread must wake. The pool's threads run the others. */
void connection_submit(connection *c, server_lane lane, server_task *task) {
    if (!server_submit(c->server, lane, &c->from->quota->turns[lane], &c->lines[lane], task)) return;
    if (c->own_turn == NO_LANE) c->own_turn = lane;
    else server_start_runner(c->server, lane);
}

server *connection_server(const connection *c) {
    return c->server;
}

caller *connection_caller(const connection *c) {
    return c->from;
}

fault_kind connection_identify(connection *c, broker *b, fault *ret_fault) {
    caller *from = NULL;
    fault_kind kind = caller_identify(c->pipe, c->connected, b->may_assign, &from, ret_fault);
    if (kind) return kind;
    policy_use use = policies_hold(b->policies);
    uint32_t most = policy_settings_of(use.policy)->quotas.connections;
    policies_release(b->policies, &use);
    if (!(from->account = accounts_find(b->accounts, from->sid)) ||
        !(from->quota = quotas_user(b->quotas, from->sid)))
        kind = fault_set(ret_fault, FAULT_INTERNAL, STAGE_IDENTIFY, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    else kind = quota_take(&from->quota->connections, most, "connections", ret_fault);

    if (kind) {
        caller_release(&from);
        return kind;
    }

    AcquireSRWLockExclusive(&c->lock);
    c->from = from;
    ReleaseSRWLockExclusive(&c->lock);
    c->reader.before_hello = false;
    stop_greeting(c);
    return kind;
}

const char *connection_nonce(connection *c) {
    unsigned char bytes[NONCE_BYTES];
    if (c->nonce[0]) return c->nonce;
    if (!cng_random(bytes, sizeof bytes)) return NULL;
    hex_write(c->nonce, bytes, sizeof bytes);
    return c->nonce;
}

bool connection_confirm(connection *c, const char *nonce) {
    c->confirmed = c->nonce[0] && !strcmp(nonce, c->nonce);
    return c->confirmed;
}

bool connection_confirmed(const connection *c) {
    return c->confirmed;
}

void connection_check_deadlines(connection *c, uint64_t now_ms) {
    AcquireSRWLockShared(&c->lock);
    /* Add rather than subtract: an operation may have begun after now_ms. */
    bool half = c->partial_since_ms && now_ms >= c->partial_since_ms + LIMIT_FRAME_SECONDS * 1000;
    bool unread = c->write_since_ms && now_ms >= c->write_since_ms + LIMIT_WRITE_SECONDS * 1000;
    bool silent = c->greeting && now_ms >= c->connected_ms + LIMIT_HELLO_SECONDS * 1000;
    ReleaseSRWLockShared(&c->lock);
    if (unread) connection_end(c);
    if (!half && !silent) return;
    fault why;
    fault_set(&why, FAULT_FRAME_TIMEOUT, STAGE_RECEIVE, ERROR_TIMEOUT,
              half ? "a frame that had begun was not complete after %d seconds"
                   : "no hello identified the client within %d seconds",
              half ? LIMIT_FRAME_SECONDS : LIMIT_HELLO_SECONDS);
    refuse_stream(c, &why);
}

bool connection_greeting(const connection *c) {
    return c->greeting != 0;
}

void connection_end_if_gone(connection *c) {
    AcquireSRWLockExclusive(&c->lock);
    if (c->from && caller_gone(c->from)) close_locked(c);
    ReleaseSRWLockExclusive(&c->lock);
}

bool connection_settled(connection *c) {
    AcquireSRWLockShared(&c->lock);
    bool settled = c->closed || !c->unanswered;
    ReleaseSRWLockShared(&c->lock);
    return settled;
}

connection_link *connection_in_list(connection *c) {
    return &c->in_list;
}
