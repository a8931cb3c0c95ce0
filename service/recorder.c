#include "recorder.h"

#include "event_log.h"
#include "recorder_item.h"
#include "recorder_trouble.h"
#include "win.h"

#include <process.h>
#include <stdlib.h>
#include <string.h>

/* Who asked for pruning waits for this. */
typedef struct prune_order {
    audit_retention keep;
    int64_t removed;
    bool more, done, failed;
    audit_error error;
} prune_order;

enum { ORDER_US = 200000, RETRY_MS = 500, RETAIN_MS = 60000, PRUNE_PAUSE_MS = 20, KEPT_MOST = 4096 };
#define HEAD_PERIOD_US (10 * 60 * INT64_C(1000000))

struct recorder {
    recorder_start_options options;
    audit_store *store; /* the writer's; NULL: it could not be opened again */
    HANDLE thread;
    trouble trouble; /* the writer's */
    int64_t head_told_at;
    SRWLOCK lock; /* of what follows */
    CONDITION_VARIABLE given, written;
    recorder_item *first, **last; /* the queue */
    size_t waiting;               /* in it, and what the writer has taken */
    bool stopping;
    audit_retention retention;
    prune_order *order; /* NULL: none */
    recorder_status status;
};

static audit_opening opening_of(const recorder *r, const char *set_aside) {
    return (audit_opening){
        .path = r->options.path, .now = win_now_us(), .key = r->options.keys->sign, .set_aside = set_aside};
}

/* Opens the database again; why: it is to be set aside, NULL: it decides. */
static bool reopen(recorder *r, const char *why, audit_error *ret_error) {
    audit_opened opened;
    audit_opening how = opening_of(r, why);
    audit_close(&r->store);
    if (!audit_open(&how, &r->store, &opened, ret_error)) return false;
    if (*opened.set_aside) event_log_report(EVENT_AUDIT_SET_ASIDE, "%s: %s", opened.set_aside, opened.why);
    return true;
}

/* ---- writing ---- */

static bool note_others(recorder *r, audit_error *ret_error) {
    bool others = false;
    if (!audit_look_for_others(r->store, &others, ret_error)) return false;
    if (!others) return true;
    event_log_report(EVENT_AUDIT_ALTERED, "%s", r->options.path);
    return audit_add_event(r->store, win_now_us(), "altered", "another program wrote to the database", ret_error);
}

static bool sign_if_due(recorder *r, audit_error *ret_error) {
    int64_t now = win_now_us();
    return !audit_checkpoint_due(r->store, now) || audit_add_checkpoint(r->store, now, ret_error);
}

/* Writes [batch, end) in one transaction. On failure nothing of it is written and *ret_error says why. */
static bool write_together(recorder *r, recorder_item *batch, const recorder_item *end, audit_error *ret_error) {
    bool ok = audit_begin(r->store, ret_error) && note_others(r, ret_error);
    for (recorder_item *i = batch; ok && i != end; i = i->next) {
        ok = item_add(i, r->store);
        if (!ok) *ret_error = i->error;
    }
    ok = ok && sign_if_due(r, ret_error) && audit_commit(r->store, ret_error);
    if (!ok) audit_rollback(r->store);
    return ok;
}

/* The same, after what can be done about a failure has been done: a damaged file is set aside, a full disk is given the
 * reserve. */
static bool write_somehow(recorder *r, recorder_item *batch, audit_error *ret_error) {
    audit_error first = {0};
    bool again = false;
    if (!r->store && !reopen(r, NULL, ret_error)) return false;
    if (write_together(r, batch, NULL, &first)) return true;
    if (audit_is_damaged(&first)) {
        if (!reopen(r, first.message, ret_error)) return false;
        again = true;
    } else if (audit_is_full(&first)) {
        again = trouble_use_reserve(&r->trouble);
    }
    if (!again) *ret_error = first;
    return again && write_together(r, batch, NULL, ret_error);
}

/* An item alone, for it or another of its batch cannot be written. One about a launch that is not in this database, since that
 * was set aside or pruned, is still an event. */
static bool write_alone(recorder *r, recorder_item *item) {
    if (write_together(r, item, item->next, &item->error)) return true;
    return audit_is_missing(&item->error) && !item->waited_for && item_to_event(item) &&
           write_together(r, item, item->next, &item->error);
}

/* Writes the batch: together, or, if a record is at fault, one by one, so that it does not hold up the others. Counts
 * transactions. */
static LONG64 write_batch(recorder *r, recorder_item *batch, audit_error *ret_error) {
    bool together = write_somehow(r, batch, ret_error);
    bool one_by_one = !together && r->store && !audit_may_retry(ret_error) && !audit_is_damaged(ret_error);
    LONG64 commits = together;
    for (recorder_item *i = batch; i; i = i->next) {
        bool written = together || (one_by_one && write_alone(r, i));
        commits += written && !together;
        if (!written && !one_by_one) i->error = *ret_error;
        i->result = written ? ITEM_WRITTEN : ITEM_FAILED;
    }
    if (one_by_one) ret_error->code = 0; /* nothing is wrong with the database */
    return commits;
}

/* ---- the queue ---- */

static void append(recorder *r, recorder_item *item) {
    item->next = NULL;
    *r->last = item;
    r->last = &item->next;
    r->waiting++;
}

/* A copy of a request that could not be written, to be tried again. With the lock held. */
static item_state keep_copy(recorder *r, const recorder_item *item) {
    recorder_item *copy = r->waiting < KEPT_MOST ? item_copy(item) : NULL;
    if (!copy) return ITEM_FAILED;
    append(r, copy);
    r->trouble.kept++;
    return ITEM_KEPT;
}

/* Takes the next item of the batch; what nobody waits for is freed when written, else given back to be tried again. With
 * the lock held. */
static void settle(recorder *r, recorder_item *item) {
    bool again = item->result == ITEM_FAILED && audit_may_retry(&item->error);
    item_state state = item->result;
    r->waiting--;
    r->status.records += state == ITEM_WRITTEN;
    if (state == ITEM_FAILED && item->kind == ITEM_REQUEST && again && item->keep) state = keep_copy(r, item);
    if (state == ITEM_FAILED && item->kind == ITEM_REQUEST && item->waited_for) trouble_count(&r->trouble, item->keep);
    if (item->waited_for) {
        item->state = state; /* only now: who waits frees it as soon as it sees this */
        WakeAllConditionVariable(&r->written);
    } else if (again && r->waiting < KEPT_MOST) {
        append(r, item);
    } else {
        if (state == ITEM_FAILED) r->status.lost++, r->trouble.lost++;
        item_free(item); /* written, or never to be: tried again it would spoil every transaction */
    }
}

/* What failed comes before what was given meanwhile: order is kept. */
static void settle_all(recorder *r, recorder_item *batch) {
    recorder_item *meanwhile = r->first, **end = r->last;
    r->first = NULL;
    r->last = &r->first;
    for (recorder_item *i = batch, *next; i; i = next) {
        next = i->next;
        settle(r, i);
    }
    *r->last = meanwhile;
    if (meanwhile) r->last = end;
}

static void publish(recorder *r) {
    r->status.health = r->trouble.health;
    r->status.trouble_since = r->trouble.since;
    memcpy(r->status.trouble, r->trouble.why.message, sizeof r->status.trouble);
    if (!r->store) return;
    r->status.head = audit_head_of(r->store);
    r->status.checkpoint_at = audit_checkpoint_at(r->store);
}

/* ---- the thread ---- */

static void tell_head(recorder *r, bool at_once) {
    char text[AUDIT_HEAD_SIZE];
    int64_t now = win_ticks_us();
    if (!r->store || (!at_once && now - r->head_told_at < HEAD_PERIOD_US)) return;
    audit_head head = audit_head_of(r->store);
    audit_head_text(&head, text);
    event_log_report(EVENT_AUDIT_HEAD, "%s", text);
    r->head_told_at = now;
}

/* Writes what has been taken; NULL: only a checkpoint, if one is due. */
static void serve(recorder *r, recorder_item *batch) {
    audit_error error = {0};
    int64_t begun = win_ticks_us();
    LONG64 commits = write_batch(r, batch, &error);
    int64_t took = win_ticks_us() - begun;
    tell_head(r, false);
    AcquireSRWLockExclusive(&r->lock);
    trouble_note(&r->trouble, &error);
    settle_all(r, batch);
    r->status.commits += commits;
    if (took > r->status.commit_us_max) r->status.commit_us_max = took;
    publish(r);
    ReleaseSRWLockExclusive(&r->lock);
}

/* Whether the audit works again: then what happened meanwhile is a record. */
static void try_to_recover(recorder *r) {
    audit_error error = {0};
    if (!trouble_can_end(&r->trouble) || (!r->store && !reopen(r, NULL, &error))) return;
    AcquireSRWLockExclusive(&r->lock);
    trouble told = r->trouble;
    ReleaseSRWLockExclusive(&r->lock);
    recorder_item *gap = trouble_gap(&told);
    bool works = gap && write_together(r, gap, NULL, &error);
    item_free(gap);
    AcquireSRWLockExclusive(&r->lock);
    if (works) trouble_end(&r->trouble, &told);
    publish(r);
    ReleaseSRWLockExclusive(&r->lock);
}

static bool prune_step(recorder *r, const audit_retention *keep, int64_t *ret_removed, audit_error *ret_error) {
    if (!r->store || r->trouble.health == RECORDER_FAILING) {
        *ret_error = r->trouble.why;
        return false;
    }
    if (audit_prune_step(r->store, keep, win_now_us(), ret_removed, ret_error)) return true;
    audit_error reopened;
    if (audit_is_damaged(ret_error)) reopen(r, ret_error->message, &reopened);
    return false;
}

/* False: the next step can wait. */
static bool prune(recorder *r, const audit_retention *keep) {
    audit_error error;
    int64_t removed = 0;
    return (keep->max_age_us || keep->max_bytes) && prune_step(r, keep, &removed, &error) && removed > 0;
}

/* What somebody has asked for, as far as it goes in a moment in which nothing else waits. */
static void serve_order(recorder *r, prune_order *order) {
    int64_t begun = win_ticks_us(), removed = 1;
    while (!order->failed && removed && win_ticks_us() - begun < ORDER_US) {
        order->failed = !prune_step(r, &order->keep, &removed, &order->error);
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

/* Waits for something to do: the batch, or NULL when it is time to look after the database. With the lock held. */
static recorder_item *take(recorder *r, DWORD wait_ms) {
    if (!r->first && !r->stopping && !r->order) SleepConditionVariableSRW(&r->given, &r->lock, wait_ms, 0);
    recorder_item *batch = r->first;
    r->first = NULL;
    r->last = &r->first;
    return batch;
}

static unsigned __stdcall writer(void *context) {
    recorder *r = context;
    DWORD wait_ms = 0;
    for (bool last_try = false;;) {
        AcquireSRWLockExclusive(&r->lock);
        recorder_item *batch = take(r, wait_ms);
        bool stop = r->stopping && (!batch || last_try);
        audit_retention retention = r->retention;
        prune_order *order = r->order;
        last_try = r->stopping;
        ReleaseSRWLockExclusive(&r->lock);
        bool troubled = r->trouble.health != RECORDER_WORKING;
        if (batch || (r->store && audit_checkpoint_due(r->store, win_now_us()))) serve(r, batch);
        if (troubled) try_to_recover(r);
        if (order) serve_order(r, order);
        if (stop) return 0;
        bool more = !last_try && prune(r, &retention);
        troubled = r->trouble.health != RECORDER_WORKING;
        wait_ms = troubled ? RETRY_MS : more ? PRUNE_PAUSE_MS : RETAIN_MS;
        if (troubled && batch && !last_try) Sleep(RETRY_MS); /* what is kept would be tried again at once */
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
    r->options = *options;
    r->last = &r->first;
    InitializeSRWLock(&r->lock);
    InitializeConditionVariable(&r->given);
    InitializeConditionVariable(&r->written);
    audit_opening how = opening_of(r, NULL);
    if (!audit_open(&how, &r->store, &opened, ret_error)) goto fail;
    if (*opened.set_aside) event_log_report(EVENT_AUDIT_SET_ASIDE, "%s: %s", opened.set_aside, opened.why);
    trouble_begin(&r->trouble, options->path);
    tell_head(r, true);
    publish(r);
    r->thread = (HANDLE)_beginthreadex(NULL, 0, writer, r, 0, NULL);
    if (r->thread) {
        *ret = r;
        *ret_opened = opened;
        return true;
    }
    *ret_error = (audit_error){.message = "cannot start the writer's thread"};
fail:
    audit_close(&r->store);
    free(r);
    return false;
}

/* The last record of a chain that was stopped as it should be is a signature. */
static void sign_end(recorder *r) {
    audit_error error;
    if (!r->store) return;
    if (audit_begin(r->store, &error) && audit_add_checkpoint(r->store, win_now_us(), &error))
        audit_commit(r->store, &error);
    tell_head(r, true);
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
    sign_end(old);
    audit_close(&old->store);
    if (old->waiting) event_log_report(EVENT_AUDIT_FAILED, "%zu records were never written", old->waiting);
    for (recorder_item *i = old->first, *next; i; i = next) { /* what the database never took */
        next = i->next;
        item_free(i);
    }
    trouble_close(&old->trouble);
    free(old);
}

/* ---- what any thread may call ---- */

static bool give(recorder *r, recorder_item *item) {
    if (!item) return false;
    AcquireSRWLockExclusive(&r->lock);
    append(r, item);
    WakeConditionVariable(&r->given);
    ReleaseSRWLockExclusive(&r->lock);
    return true;
}

/* Waits for an item that is waited for, and frees it. */
static item_state wait_for(recorder *r, recorder_item *item, audit_error *ret_error) {
    AcquireSRWLockExclusive(&r->lock);
    while (item->state == ITEM_WAITING) SleepConditionVariableSRW(&r->written, &r->lock, INFINITE, 0);
    item_state state = item->state;
    *ret_error = item->error;
    ReleaseSRWLockExclusive(&r->lock);
    item_free(item);
    return state;
}

/* While the audit is in trouble nobody waits to hear so again. With the lock held. */
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
    if (r->status.health == RECORDER_WORKING) {
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
    return fault_set(ret_fault, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, trouble_win32(&error),
                     "the launch cannot be recorded, so it does not happen: %s", error.message);
}

bool recorder_outcome(recorder *r, const audit_outcome *outcome, bool wait) {
    audit_error error;
    recorder_item *item = item_of_outcome(outcome);
    if (item) item->waited_for = wait;
    return give(r, item) && (!wait || wait_for(r, item, &error) == ITEM_WRITTEN);
}

bool recorder_exit(recorder *r, const audit_exit *exit) {
    return give(r, item_of_exit(exit));
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

void recorder_query_status(recorder *r, recorder_status *ret) {
    AcquireSRWLockShared(&r->lock);
    *ret = r->status;
    ret->waiting = r->waiting;
    ReleaseSRWLockShared(&r->lock);
}
