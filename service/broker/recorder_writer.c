#include "service/broker/recorder_writer.h"

#include "service/broker/event_log.h"
#include "service/win32/win.h"

#include <string.h>

#define HEAD_PERIOD_US (10 * 60 * INT64_C(1000000))
#define ASIDE_PERIOD_US HEAD_PERIOD_US

enum { ASIDES_MOST = 3, OVERDUE_MS = 500 };

static audit_opening opening_of(const recorder_writer *w, const char *set_aside) {
    return (audit_opening){.path = w->options.path,
                           .now = win_now_us(),
                           .key = w->options.keys->sign,
                           .set_aside = set_aside,
                           .has_started = w->options.has_started};
}

static void tell_set_aside(const audit_opened *opened) {
    if (*opened->set_aside) event_log_report(EVENT_AUDIT_SET_ASIDE, "%s: %s", opened->set_aside, opened->why);
}

/* Counts the files set aside. If files are damaged again and again, the disk is at fault: the audit then
 * pauses rather than fill the disk with them. */
static bool too_often(recorder_writer *w) {
    int64_t now = win_ticks_us();
    if (now - w->aside_since > ASIDE_PERIOD_US) {
        w->aside_since = now;
        w->aside_count = 0;
    }
    return ++w->aside_count > ASIDES_MOST;
}

/* Opens the database again. why: why to set the file aside; NULL: audit_open decides. */
static bool reopen(recorder_writer *w, const char *why, audit_error *ret_error) {
    audit_opened opened;
    audit_opening how = opening_of(w, why);
    if (why && too_often(w)) {
        *ret_error =
            (audit_error){.code = AUDIT_CODE_LOCKED, .message = "the database is damaged again and again"};
        return false;
    }
    if (why) audit_close_as_it_is(&w->store);
    else audit_close(&w->store);
    if (!audit_open(&how, &w->store, &opened, ret_error)) return false;
    tell_set_aside(&opened);
    return true;
}

static bool note_others(recorder_writer *w, audit_error *ret_error) {
    bool others = false;
    if (!audit_look_for_others(w->store, &others, ret_error)) return false;
    if (!others) return true;
    int64_t now = win_ticks_us();
    if (!w->altered_told_at || now - w->altered_told_at > HEAD_PERIOD_US) {
        event_log_report(EVENT_AUDIT_ALTERED, "%s", w->options.path);
        w->altered_told_at = now;
    }
    return audit_add_event(w->store, win_now_us(), "altered", "another program wrote to the database",
                           ret_error);
}

static bool sign_if_due(recorder_writer *w, audit_error *ret_error) {
    int64_t now = win_now_us();
    return !audit_checkpoint_due(w->store, now) || audit_add_checkpoint(w->store, now, ret_error);
}

/* Writes [batch, end) in one transaction. On failure nothing of it is written, and *ret_error says why. */
static bool write_together(recorder_writer *w, recorder_item *batch, const recorder_item *end,
                           audit_error *ret_error) {
    bool ok = audit_begin(w->store, ret_error) && note_others(w, ret_error);
    for (recorder_item *i = batch; ok && i != end; i = i->next) {
        ok = item_add(i, w->store);
        if (!ok) *ret_error = i->error;
    }
    ok = ok && sign_if_due(w, ret_error) && audit_commit(w->store, ret_error);
    if (!ok) audit_rollback(w->store);
    return ok;
}

/* Writes a batch, and tries again after a remedy: a damaged file is set aside; a full disk gets the reserve.
 */
static bool write_somehow(recorder_writer *w, recorder_item *batch, audit_error *ret_error) {
    audit_error first = {0};
    bool again = false;
    if (!w->store && !reopen(w, NULL, ret_error)) return false;
    if (write_together(w, batch, NULL, &first)) return true;
    if (audit_is_damaged(&first)) {
        if (!reopen(w, first.message, ret_error)) return false;
        again = true;
    } else if (audit_is_full(&first)) {
        audit_move_wal(w->store); /* this frees room too */
        if (write_together(w, batch, NULL, &first)) return true;
        again = audit_is_full(&first) && trouble_use_reserve(w->trouble);
    }
    if (!again) *ret_error = first;
    return again && write_together(w, batch, NULL, ret_error);
}

/* Returns whether the database takes a valid record. */
static bool takes_records(recorder_writer *w) {
    audit_error error;
    bool takes =
        audit_begin(w->store, &error) && audit_add_event(w->store, win_now_us(), "try", NULL, &error);
    audit_rollback(w->store);
    return takes;
}

/* Writes one item alone, when its batch could not be written. If its launch is not in this database, because
 * that was set aside or pruned, the item becomes an event. */
static bool write_alone(recorder_writer *w, recorder_item *item) {
    if (write_together(w, item, item->next, &item->error)) return true;
    return audit_is_missing(&item->error) && !item->waited_for && item_to_event(item) &&
           write_together(w, item, item->next, &item->error);
}

LONG64 recorder_writer_batch(recorder_writer *w, recorder_item *batch, audit_error *ret_error) {
    bool together = write_somehow(w, batch, ret_error);
    /* A record is at fault, not the database. */
    bool one_by_one = !together && batch && w->store && !audit_may_retry(ret_error) &&
                      !audit_is_damaged(ret_error) && takes_records(w);
    LONG64 commits = together;
    for (recorder_item *i = batch; i; i = i->next) {
        bool written = together || (one_by_one && write_alone(w, i));
        commits += written && !together;
        if (!written && !one_by_one) i->error = *ret_error;
        i->again = !written && (!one_by_one || audit_may_retry(&i->error));
        i->result = !written ? ITEM_FAILED : i->repeated ? ITEM_REPEATED : ITEM_WRITTEN;
    }
    if (one_by_one) ret_error->code = 0; /* nothing is wrong with the database */
    return commits;
}

bool recorder_writer_prune(recorder_writer *w, const audit_retention *keep, int64_t *ret_removed,
                           audit_error *ret_error) {
    if (!w->store || w->trouble->health != RECORDER_WORKING) {
        *ret_error = w->trouble->why;
        return false;
    }
    bool good = audit_prune_step(w->store, keep, win_now_us(), ret_removed, ret_error);
    if (!good && !w->prune_failed)
        event_log_report(EVENT_AUDIT_FAILED, "it is not pruned: %s", ret_error->message);
    w->prune_failed = !good;
    audit_error reopened;
    if (!good && audit_is_damaged(ret_error)) reopen(w, ret_error->message, &reopened);
    return good;
}

void recorder_writer_tell_head(recorder_writer *w, bool at_once) {
    char text[AUDIT_HEAD_SIZE];
    int64_t now = win_ticks_us();
    if (!w->store || (!at_once && now - w->head_told_at < HEAD_PERIOD_US)) return;
    audit_head head = audit_head_of(w->store);
    audit_head_text(&head, text);
    event_log_report(EVENT_AUDIT_HEAD, "%s", text);
    w->head_told_at = now;
}

void recorder_writer_sign_end(recorder_writer *w) {
    audit_error error;
    if (!w->store) return;
    if (audit_begin(w->store, &error) && audit_add_checkpoint(w->store, win_now_us(), &error))
        audit_commit(w->store, &error);
    recorder_writer_tell_head(w, true);
}

bool recorder_writer_open(recorder_writer *w, audit_opened *ret_opened, audit_error *ret_error) {
    audit_opening how = opening_of(w, NULL);
    if (!audit_open(&how, &w->store, ret_opened, ret_error)) return false;
    tell_set_aside(ret_opened);
    recorder_writer_tell_head(w, true);
    return true;
}

bool recorder_writer_is_due(const recorder_writer *w) {
    return w->store && audit_checkpoint_due(w->store, win_now_us());
}

DWORD recorder_writer_until_due_ms(const recorder_writer *w) {
    const int64_t most = AUDIT_CHECKPOINT_US;
    int64_t us = w->store ? audit_checkpoint_at(w->store) + most - win_now_us() : most;
    if (us <= 0) return OVERDUE_MS; /* it was tried just now */
    return (DWORD)((us < most ? us : most) / 1000 + 1);
}

bool recorder_writer_gap(recorder_writer *w, recorder_item *gap) {
    audit_error error;
    return (w->store || reopen(w, NULL, &error)) && write_together(w, gap, NULL, &error);
}
