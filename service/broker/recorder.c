#include "service/broker/recorder.h"

#include "service/broker/event_log.h"
#include "service/broker/recorder_item.h"
#include "service/broker/recorder_trouble.h"
#include "service/broker/recorder_writer.h"
#include "service/win32/stack.h"
#include "service/win32/win.h"

#include <process.h>
#include <stdlib.h>
#include <string.h>

/* A caller's order to prune, for which it waits. */
typedef struct prune_order {
    audit_retention keep;
    int64_t removed;
    bool more, done, failed;
    audit_error error;
} prune_order;

/* LINGER_MS: how long a record that no thread waits for is held back, so that a launch's outcome and exit
 * share a transaction with others. */
enum { LINGER_MS = 20, CATCH_UP_MS = 100 };
enum { ORDER_US = 200000, RETRY_MS = 500, PRUNE_PAUSE_MS = 20, KEPT_MOST = 4096 };

struct recorder {
    recorder_writer writing; /* used by the writer's thread alone */
    trouble trouble;         /* the same, and by other threads with the lock */
    HANDLE thread;
    SRWLOCK lock; /* guards what follows */
    CONDITION_VARIABLE given, written;
    recorder_item *first, **last; /* the queue */
    size_t waiting;               /* queued or taken by the writer */
    uint64_t appended;            /* since the start; all but the last `waiting` of them are settled */
    bool hurry;                   /* a thread waits for one in the queue */
    bool stopping, finished;      /* the writer must end; it has ended */
    audit_retention retention;
    prune_order *order; /* NULL: none */
    recorder_status status;
};

/* ---- the queue ---- */

static void append(recorder *r, recorder_item *item) {
    item->next = NULL;
    *r->last = item;
    r->last = &item->next;
    r->waiting++;
    r->appended++;
    r->hurry = r->hurry || item->waited_for;
}

/* Queues a copy of a request that could not be written, to try it again. With the lock held. */
static item_state keep_copy(recorder *r, const recorder_item *item) {
    recorder_item *copy = r->waiting < KEPT_MOST ? item_copy(item) : NULL;
    if (!copy) return ITEM_FAILED;
    append(r, copy);
    r->trouble.kept++;
    return ITEM_KEPT;
}

/* Ends the writing of one item, with the lock held. An item that no thread waits for is freed if it is
 * written, and queued again if it can be tried again. */
static void settle(recorder *r, recorder_item *item) {
    bool again = item->again;
    item_state state = item->result;
    r->waiting--;
    r->status.records += state == ITEM_WRITTEN;
    if (state == ITEM_FAILED && item->kind == ITEM_REQUEST && again && item->keep) state = keep_copy(r, item);
    if (state == ITEM_FAILED && item->kind == ITEM_REQUEST && item->waited_for)
        trouble_count(&r->trouble, item->keep);
    if (item->waited_for) {
        item->state = state; /* last: the waiting thread frees the item when it sees this */
    } else if (again && r->waiting < KEPT_MOST) {
        append(r, item);
    } else {
        if (state == ITEM_FAILED) r->status.lost++, r->trouble.lost++;
        item_free(item); /* written, or impossible to write: it would make every transaction fail */
    }
}

/* Ends the writing of a batch. Items to try again go before those queued meanwhile, so the order is kept. */
static void settle_all(recorder *r, recorder_item *batch) {
    recorder_item *meanwhile = r->first, **end = r->last;
    r->first = NULL;
    r->last = &r->first;
    for (recorder_item *i = batch, *next; i; i = next) {
        next = i->next;
        settle(r, i);
    }
    WakeAllConditionVariable(&r->written);
    *r->last = meanwhile;
    if (meanwhile) r->last = end;
}

static void publish(recorder *r) {
    r->status.health = r->trouble.health;
    r->status.trouble_since = r->trouble.since;
    memcpy(r->status.trouble, r->trouble.why.message, sizeof r->status.trouble);
    if (!r->writing.store) return;
    r->status.head = audit_head_of(r->writing.store);
    r->status.checkpoint_at = audit_checkpoint_at(r->writing.store);
}

/* ---- the thread ---- */

/* Writes a batch; NULL: only a checkpoint, if one is due. */
static void serve(recorder *r, recorder_item *batch) {
    audit_error error = {0};
    int64_t begun = win_ticks_us();
    LONG64 commits = recorder_writer_batch(&r->writing, batch, &error);
    int64_t took = win_ticks_us() - begun;
    if (commits) metrics_took(r->writing.options.metrics, METRIC_commit, took);
    recorder_writer_tell_head(&r->writing, false);
    AcquireSRWLockExclusive(&r->lock);
    trouble_note(&r->trouble, &error);
    settle_all(r, batch);
    r->status.commits += commits;
    if (took > r->status.commit_us_max) r->status.commit_us_max = took;
    publish(r);
    ReleaseSRWLockExclusive(&r->lock);
}

/* Checks whether the audit works again. If so, records what happened meanwhile. */
static void try_to_recover(recorder *r) {
    if (!trouble_can_end(&r->trouble)) return;
    AcquireSRWLockExclusive(&r->lock);
    trouble told = r->trouble;
    ReleaseSRWLockExclusive(&r->lock);
    recorder_item *gap = trouble_gap(&told);
    bool works = gap && recorder_writer_gap(&r->writing, gap);
    item_free(gap);
    AcquireSRWLockExclusive(&r->lock);
    if (works) trouble_end(&r->trouble, &told);
    publish(r);
    ReleaseSRWLockExclusive(&r->lock);
}

/* Prunes one step. True: there is more to prune now. */
static bool prune(recorder *r, const audit_retention *keep) {
    audit_error error;
    int64_t removed = 0;
    return (keep->max_age_us || keep->max_bytes) &&
           recorder_writer_prune(&r->writing, keep, &removed, &error) && removed > 0;
}

/* Prunes what a caller ordered, for at most ORDER_US or until a record is queued. */
static void serve_order(recorder *r, prune_order *order) {
    int64_t begun = win_ticks_us(), removed = 1;
    while (!order->failed && removed && win_ticks_us() - begun < ORDER_US) {
        order->failed = !recorder_writer_prune(&r->writing, &order->keep, &removed, &order->error);
        if (!order->failed) order->removed += removed;
        AcquireSRWLockShared(&r->lock);
        bool waited_for = r->first != NULL;
        ReleaseSRWLockShared(&r->lock);
        if (waited_for) break;
    }
    AcquireSRWLockExclusive(&r->lock);
    order->more = removed > 0;
    order->done = true;
    r->order = NULL;
    publish(r);
    WakeAllConditionVariable(&r->written);
    ReleaseSRWLockExclusive(&r->lock);
}

/* Waits for company for records that no thread waits for. With the lock held. */
static void linger(recorder *r) {
    uint64_t now = GetTickCount64(), until = now + LINGER_MS;
    for (; r->first && !r->hurry && !r->stopping && !r->order && now < until; now = GetTickCount64())
        SleepConditionVariableSRW(&r->given, &r->lock, (DWORD)(until - now), 0);
}

/* Waits for work and returns the batch, or NULL if it is time to look after the database. With the lock held.
 */
static recorder_item *take(recorder *r, DWORD wait_ms) {
    if (!r->first && !r->stopping && !r->order) SleepConditionVariableSRW(&r->given, &r->lock, wait_ms, 0);
    linger(r);
    recorder_item *batch = r->first;
    r->first = NULL;
    r->last = &r->first;
    r->hurry = false;
    return batch;
}

static unsigned __stdcall writer(void *context) {
    recorder *r = context;
    DWORD wait_ms = 0;
    stack_give_back();
    for (bool last_try = false;;) {
        AcquireSRWLockExclusive(&r->lock);
        recorder_item *batch = take(r, wait_ms);
        bool stop = r->stopping && (!batch || last_try);
        audit_retention retention = r->retention;
        prune_order *order = r->order;
        last_try = r->stopping;
        ReleaseSRWLockExclusive(&r->lock);

        bool troubled = r->trouble.health != RECORDER_WORKING;
        if (batch || recorder_writer_is_due(&r->writing)) serve(r, batch);
        if (troubled) try_to_recover(r);
        if (order) serve_order(r, order);

        if (stop) return 0;
        bool more = !last_try && prune(r, &retention);
        troubled = r->trouble.health != RECORDER_WORKING;
        wait_ms = troubled ? RETRY_MS : more ? PRUNE_PAUSE_MS : recorder_writer_until_due_ms(&r->writing);
        if (troubled && batch && !last_try)
            Sleep(RETRY_MS); /* else kept items would be tried again at once */
    }
}

bool recorder_start(const recorder_start_options *options, recorder **ret, audit_opened *ret_opened,
                    audit_error *ret_error) {
    recorder *r = calloc(1, sizeof *r);
    audit_opened opened;

    if (!r) {
        *ret_error = (audit_error){.message = "out of memory"};
        return false;
    }

    r->writing = (recorder_writer){.options = *options, .trouble = &r->trouble};
    r->last = &r->first;
    InitializeSRWLock(&r->lock);
    InitializeConditionVariable(&r->given);
    InitializeConditionVariable(&r->written);

    if (!recorder_writer_open(&r->writing, &opened, ret_error)) goto fail;
    trouble_begin(&r->trouble, options->path);
    publish(r);

    r->thread = (HANDLE)_beginthreadex(NULL, 0, writer, r, 0, NULL);
    if (r->thread) {
        *ret = r;
        *ret_opened = opened;
        return true;
    }
    *ret_error = (audit_error){.message = "cannot start the writer's thread"};
fail:
    audit_close(&r->writing.store);
    free(r);
    return false;
}

void recorder_finish(recorder *r) {
    AcquireSRWLockExclusive(&r->lock);
    bool ended = r->stopping;
    r->stopping = true;
    WakeAllConditionVariable(&r->given);
    ReleaseSRWLockExclusive(&r->lock);
    if (ended) return;
    WaitForSingleObject(r->thread, INFINITE);
    CloseHandle(r->thread);
    recorder_writer_sign_end(&r->writing);
    audit_close(&r->writing.store);
    AcquireSRWLockExclusive(&r->lock);
    r->finished = true;
    for (recorder_item *i = r->first; i; i = i->next)
        i->state = ITEM_FAILED; /* queued after the writer had ended */
    WakeAllConditionVariable(&r->written);
    if (r->waiting) event_log_report(EVENT_AUDIT_FAILED, "%zu records were never written", r->waiting);
    ReleaseSRWLockExclusive(&r->lock);
}

void recorder_stop(recorder **r) {
    recorder *old = *r;
    *r = NULL;
    if (!old) return;
    recorder_finish(old);
    for (recorder_item *i = old->first, *next; i; i = next) { /* never written */
        next = i->next;
        if (!i->waited_for) item_free(i);
    }
    trouble_close(&old->trouble);
    free(old);
}

/* ---- for any thread ---- */

/* Queues an item. NULL, for which there was no memory, counts as lost. */
static bool give(recorder *r, recorder_item *item) {
    AcquireSRWLockExclusive(&r->lock);
    bool taken = item && !r->finished;
    if (taken) append(r, item);
    else r->status.lost++, r->trouble.lost++;
    WakeConditionVariable(&r->given);
    ReleaseSRWLockExclusive(&r->lock);
    if (!taken) item_free(item);
    return taken;
}

/* Waits until an item is settled, and frees it. */
static item_state wait_for(recorder *r, recorder_item *item, audit_error *ret_error) {
    AcquireSRWLockExclusive(&r->lock);
    while (item->state == ITEM_WAITING) SleepConditionVariableSRW(&r->written, &r->lock, INFINITE, 0);
    item_state state = item->state;
    *ret_error = item->error;
    ReleaseSRWLockExclusive(&r->lock);
    item_free(item);
    return state;
}

/* Settles a request at once while the audit is in trouble, so that the launch need not wait to hear it. With
 * the lock held. */
static void fail_at_once(recorder *r, recorder_item *item) {
    item->error = r->trouble.why;
    item->state = item->keep ? keep_copy(r, item) : ITEM_FAILED;
    if (item->state == ITEM_FAILED) trouble_count(&r->trouble, item->keep);
}

bool recorder_request(recorder *r, const audit_request *request, bool keep, recorder_ticket *ret_ticket) {
    recorder_item *item = item_of_request(request);
    if (!item) return false;
    item->waited_for = true;
    item->keep = keep;
    AcquireSRWLockExclusive(&r->lock);
    if (r->status.health == RECORDER_WORKING && !r->finished) {
        append(r, item);
        WakeConditionVariable(&r->given);
    } else {
        fail_at_once(r, item);
    }
    bool refused = item->state == ITEM_FAILED;
    ReleaseSRWLockExclusive(&r->lock);
    *ret_ticket = (recorder_ticket){.item = item, .refused = refused};
    return true;
}

fault_kind recorder_wait(recorder *r, recorder_ticket *ticket, bool *ret_kept, fault *ret_fault) {
    audit_error error;
    recorder_item *item = ticket->item;
    ticket->item = NULL;
    *ret_kept = false;
    if (!item) return FAULT_NONE;
    item_state state = wait_for(r, item, &error);
    if (state == ITEM_WRITTEN) return FAULT_NONE;
    *ret_kept = state == ITEM_KEPT;
    ticket->repeated = state == ITEM_REPEATED;
    if (ticket->repeated)
        return fault_set(ret_fault, FAULT_DUPLICATE, STAGE_RECORD, ERROR_ALREADY_EXISTS,
                         "this process has asked for a launch with this key before");
    return fault_set(ret_fault, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, trouble_win32(&error),
                     "the launch cannot be recorded, so it does not happen: %s", error.message);
}

/* What has happened must be on record, so memory for it is waited for. */
bool recorder_outcome(recorder *r, const audit_outcome *outcome, bool wait) {
    audit_error error;
    recorder_item *item = NULL;
    for (int i = 0; !item && win_wait_for_memory(i); i++) item = item_of_outcome(outcome);
    if (item) item->waited_for = wait;
    return give(r, item) && (!wait || wait_for(r, item, &error) == ITEM_WRITTEN);
}

bool recorder_exit(recorder *r, const audit_exit *exit) {
    recorder_item *item = NULL;
    for (int i = 0; !item && win_wait_for_memory(i); i++) item = item_of_exit(exit);
    return give(r, item);
}

bool recorder_event(recorder *r, const char *kind, const char *detail) {
    return give(r, item_of_event(win_now_us(), kind, detail));
}

void recorder_retain(recorder *r, const audit_retention *retention) {
    AcquireSRWLockExclusive(&r->lock);
    bool changed = memcmp(&r->retention, retention, sizeof *retention) != 0;
    r->retention = *retention;
    if (changed) WakeConditionVariable(&r->given);
    ReleaseSRWLockExclusive(&r->lock);
}

bool recorder_prune(recorder *r, const audit_retention *retention, int64_t *ret_removed, bool *ret_more,
                    audit_error *ret_error) {
    prune_order order = {.keep = *retention};

    AcquireSRWLockExclusive(&r->lock);
    bool mine = !r->order && !r->stopping;
    if (mine) {
        r->order = &order;
        WakeConditionVariable(&r->given);
        while (!order.done) SleepConditionVariableSRW(&r->written, &r->lock, INFINITE, 0);
    }
    ReleaseSRWLockExclusive(&r->lock);

    if (!mine) order.error = (audit_error){.message = "somebody else prunes it at the moment"};
    if (!mine || order.failed) {
        *ret_error = order.error;
        return false;
    }

    *ret_removed = order.removed;
    *ret_more = order.more;
    return true;
}

void recorder_catch_up(recorder *r) {
    AcquireSRWLockExclusive(&r->lock);
    uint64_t now = GetTickCount64(), until = now + CATCH_UP_MS, wanted = r->appended;
    if (r->first) {
        r->hurry = true;
        WakeConditionVariable(&r->given);
    }
    for (; r->appended - r->waiting < wanted && r->status.health == RECORDER_WORKING && !r->finished &&
           now < until;
         now = GetTickCount64())
        SleepConditionVariableSRW(&r->written, &r->lock, (DWORD)(until - now), 0);
    ReleaseSRWLockExclusive(&r->lock);
}

void recorder_query_status(recorder *r, recorder_status *ret) {
    AcquireSRWLockShared(&r->lock);
    *ret = r->status;
    ret->waiting = r->waiting;
    ReleaseSRWLockShared(&r->lock);
}
