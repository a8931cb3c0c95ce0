#include "recorder.h"

#include "win.h"

#include <process.h>
#include <stdlib.h>
#include <string.h>

typedef enum item_kind { ITEM_REQUEST, ITEM_OUTCOME, ITEM_EXIT, ITEM_EVENT } item_kind;
typedef enum item_state { ITEM_WAITING, ITEM_WRITTEN, ITEM_FAILED } item_state;

/* One record in the queue. Requests and whatever is waited for belong to the one who waits; the rest is freed
 * by the writer once it is written. */
typedef struct recorder_item {
    struct recorder_item *next;
    item_kind kind;
    item_state state, result; /* state: with the lock held; result: the writer's, until it settles */
    bool waited_for;
    audit_error error;
    union {
        const audit_request *request;
        audit_outcome outcome;
        audit_exit exit;
        struct {
            int64_t at;
            char kind[16], detail[160];
            char *text; /* in place of detail; owned */
        } event;
    } u;
    char launch_id[40], stage[16], message[256]; /* what outcome and exit point to */
} recorder_item;

struct recorder {
    audit_store *store;
    HANDLE thread;
    SRWLOCK lock;
    CONDITION_VARIABLE given, written;
    recorder_item *first, **last; /* the queue */
    bool stopping;
    recorder_status status;
};

enum { RETRY_MS = 500 };

static void item_free(recorder_item *item) {
    if (item->kind == ITEM_EVENT) free(item->u.event.text);
    free(item);
}

static bool add(recorder *r, recorder_item *item) {
    switch (item->kind) {
    case ITEM_REQUEST: return audit_add_request(r->store, item->u.request, &item->error);
    case ITEM_OUTCOME: return audit_add_outcome(r->store, &item->u.outcome, &item->error);
    case ITEM_EXIT: return audit_add_exit(r->store, &item->u.exit, &item->error);
    case ITEM_EVENT:
        return audit_add_event(r->store, item->u.event.at, item->u.event.kind,
                               item->u.event.text        ? item->u.event.text
                               : item->u.event.detail[0] ? item->u.event.detail
                                                         : NULL,
                               &item->error);
    }
    return false;
}

/* Writes [batch, end) in one transaction. On failure nothing of it is written and *ret_error says why. */
static bool write_together(recorder *r, recorder_item *batch, const recorder_item *end,
                           audit_error *ret_error) {
    if (!audit_begin(r->store, ret_error)) return false;
    for (recorder_item *i = batch; i != end; i = i->next) {
        if (!add(r, i)) {
            *ret_error = i->error;
            audit_rollback(r->store);
            return false;
        }
    }
    return audit_commit(r->store, ret_error);
}

/* Takes the next item of the batch; what nobody waits for is freed when written, else kept to be tried
 * again. */
static void settle(recorder *r, recorder_item *item, recorder_item ***kept) {
    item->next = NULL;
    item->state = item->result; /* only now: who waits frees it as soon as it sees this */
    if (item->waited_for) {
        WakeAllConditionVariable(&r->written);
    } else if (item->state == ITEM_WRITTEN || !audit_may_retry(&item->error)) {
        item_free(item); /* written, or never to be: tried again it would spoil every transaction */
    } else {
        item->state = ITEM_WAITING;
        **kept = item;
        *kept = &item->next;
    }
}

/* Writes the batch: together, or, if that fails, one by one, so that one bad record does not hold up the
 * others. */
static void write_batch(recorder *r, recorder_item *batch) {
    audit_error error;
    int64_t begun = win_ticks_us();
    bool together = write_together(r, batch, NULL, &error);
    int64_t took = win_ticks_us() - begun;
    LONG64 commits = together ? 1 : 0, records = 0;
    for (recorder_item *i = batch; i; i = i->next) {
        bool written = together || write_together(r, i, i->next, &i->error);
        commits += written && !together;
        records += written;
        i->result = written ? ITEM_WRITTEN : ITEM_FAILED;
    }
    AcquireSRWLockExclusive(&r->lock);
    r->status.records += records;
    r->status.commits += commits;
    if (took > r->status.commit_us_max) r->status.commit_us_max = took;
    recorder_item *kept = NULL, **end = &kept;
    for (recorder_item *i = batch, *next; i; i = next) {
        next = i->next;
        settle(r, i, &end);
    }
    if (kept) { /* before what came meanwhile: order is kept */
        *end = r->first;
        if (!r->first) r->last = end;
        r->first = kept;
        if (!r->stopping) SleepConditionVariableSRW(&r->given, &r->lock, RETRY_MS, 0);
    }
    ReleaseSRWLockExclusive(&r->lock);
}

static unsigned __stdcall writer(void *context) {
    recorder *r = context;
    bool last_try = false;
    for (;;) {
        AcquireSRWLockExclusive(&r->lock);
        while (!r->first && !r->stopping) SleepConditionVariableSRW(&r->given, &r->lock, INFINITE, 0);
        recorder_item *batch = r->first;
        bool stop = r->stopping && (!batch || last_try);
        last_try = r->stopping;
        r->first = NULL;
        r->last = &r->first;
        ReleaseSRWLockExclusive(&r->lock);
        if (batch) write_batch(r, batch);
        if (stop) return 0;
    }
}

bool recorder_start(const char *path, recorder **ret, int *ret_interrupted, audit_error *ret_error) {
    recorder *r = calloc(1, sizeof *r);
    if (!r) {
        *ret_error = (audit_error){.message = "out of memory"};
        return false;
    }
    r->last = &r->first;
    InitializeSRWLock(&r->lock);
    InitializeConditionVariable(&r->given);
    InitializeConditionVariable(&r->written);
    if (!audit_open(path, win_now_us(), &r->store, ret_interrupted, ret_error)) goto fail;
    r->thread = (HANDLE)_beginthreadex(NULL, 0, writer, r, 0, NULL);
    if (r->thread) {
        *ret = r;
        return true;
    }
    *ret_error = (audit_error){.message = "cannot start the writer's thread"};
fail:
    audit_close(&r->store);
    free(r);
    return false;
}

void recorder_stop(recorder **r) {
    recorder *old = *r;
    *r = NULL;
    if (!old) return;
    AcquireSRWLockExclusive(&old->lock);
    old->stopping = true;
    WakeAllConditionVariable(&old->given);
    ReleaseSRWLockExclusive(&old->lock);
    WaitForSingleObject(old->thread, INFINITE);
    CloseHandle(old->thread);
    audit_close(&old->store);
    for (recorder_item *i = old->first, *next; i; i = next) { /* what the database never took */
        next = i->next;
        item_free(i);
    }
    free(old);
}

static void give(recorder *r, recorder_item *item) {
    AcquireSRWLockExclusive(&r->lock);
    *r->last = item;
    r->last = &item->next;
    WakeConditionVariable(&r->given);
    ReleaseSRWLockExclusive(&r->lock);
}

/* Waits for an item that is waited for, and frees it. */
static bool wait_for(recorder *r, recorder_item *item, audit_error *ret_error) {
    AcquireSRWLockExclusive(&r->lock);
    while (item->state == ITEM_WAITING) SleepConditionVariableSRW(&r->written, &r->lock, INFINITE, 0);
    bool written = item->state == ITEM_WRITTEN;
    *ret_error = item->error;
    ReleaseSRWLockExclusive(&r->lock);
    free(item);
    return written;
}

bool recorder_request(recorder *r, const audit_request *request, recorder_ticket *ret_ticket) {
    recorder_item *item = calloc(1, sizeof *item);
    if (!item) return false;
    item->kind = ITEM_REQUEST;
    item->waited_for = true;
    item->u.request = request;
    give(r, item);
    ret_ticket->item = item;
    return true;
}

fault_kind recorder_wait(recorder *r, recorder_ticket *ticket, fault *ret_fault) {
    audit_error error;
    recorder_item *item = ticket->item;
    ticket->item = NULL;
    if (!item || wait_for(r, item, &error)) return FAULT_NONE;
    return fault_set(ret_fault, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, ERROR_WRITE_FAULT,
                     "the launch cannot be recorded, so it does not happen: %s", error.message);
}

bool recorder_outcome(recorder *r, const audit_outcome *outcome, bool wait) {
    audit_error error;
    recorder_item *item = calloc(1, sizeof *item);
    if (!item) return false;
    item->kind = ITEM_OUTCOME;
    item->waited_for = wait;
    item->u.outcome = *outcome;
    strncpy(item->launch_id, outcome->launch_id, sizeof item->launch_id - 1);
    item->u.outcome.launch_id = item->launch_id;
    if (outcome->stage) {
        strncpy(item->stage, outcome->stage, sizeof item->stage - 1);
        item->u.outcome.stage = item->stage;
    }
    if (outcome->error_message) {
        strncpy(item->message, outcome->error_message, sizeof item->message - 1);
        item->u.outcome.error_message = item->message;
    }
    give(r, item);
    return !wait || wait_for(r, item, &error);
}

bool recorder_exit(recorder *r, const audit_exit *exit) {
    recorder_item *item = calloc(1, sizeof *item);
    if (!item) return false;
    item->kind = ITEM_EXIT;
    item->u.exit = *exit;
    strncpy(item->launch_id, exit->launch_id, sizeof item->launch_id - 1);
    item->u.exit.launch_id = item->launch_id;
    give(r, item);
    return true;
}

bool recorder_event_text(recorder *r, const char *kind, const char *detail) {
    recorder_item *item = calloc(1, sizeof *item);
    char *text = item ? _strdup(detail) : NULL;
    if (!text) {
        free(item);
        return false;
    }
    item->kind = ITEM_EVENT;
    item->u.event.at = win_now_us();
    item->u.event.text = text;
    strncpy(item->u.event.kind, kind, sizeof item->u.event.kind - 1);
    give(r, item);
    return true;
}

bool recorder_event(recorder *r, const char *kind, const char *detail) {
    recorder_item *item = calloc(1, sizeof *item);
    if (!item) return false;
    item->kind = ITEM_EVENT;
    item->u.event.at = win_now_us();
    strncpy(item->u.event.kind, kind, sizeof item->u.event.kind - 1);
    if (detail) strncpy(item->u.event.detail, detail, sizeof item->u.event.detail - 1);
    give(r, item);
    return true;
}

void recorder_query_status(recorder *r, recorder_status *ret) {
    AcquireSRWLockShared(&r->lock);
    *ret = r->status;
    ReleaseSRWLockShared(&r->lock);
}
