#include "service/broker/recorder_trouble.h"

#include "service/broker/event_log.h"
#include "service/audit/files.h"
#include "service/win32/win.h"
#include "proto/json_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Has room for the outcomes and exits of children that run when the disk becomes full, and for the
 * transaction. */
enum { RESERVE_BYTES = 1024 * 1024 };

static void set(trouble *t, recorder_health health, const audit_error *why) {
    t->health = health;
    t->why = *why;
    t->since = win_now_us();
    event_log_report(EVENT_AUDIT_FAILED, "%s", why->message);
}

void trouble_begin(trouble *t, const char *database) {
    size_t size = strlen(database) + sizeof ".reserve";
    if (!(t->reserve = malloc(size))) return;
    snprintf(t->reserve, size, "%s.reserve", database);
    if (files_size(t->reserve) >= RESERVE_BYTES || files_reserve(t->reserve, RESERVE_BYTES)) return;
    if (files_room(t->reserve) >= 2 * RESERVE_BYTES) { /* the disk is not full, so something else is wrong */
        event_log_report(EVENT_AUDIT_FAILED, "there is no reserve for a full disk: %s cannot be made",
                         t->reserve);
        trouble_close(t);
        return;
    }
    audit_error none = {.code = AUDIT_CODE_FULL, .message = "the disk has no room for the audit's reserve"};
    set(t, RECORDER_FULL, &none);
}

void trouble_close(trouble *t) {
    free(t->reserve);
    t->reserve = NULL;
}

void trouble_note(trouble *t, const audit_error *error) {
    if (t->health == RECORDER_FAILING || !error->code) return;
    if (t->health == RECORDER_FULL && audit_is_full(error)) return;
    set(t, audit_is_full(error) ? RECORDER_FULL : RECORDER_FAILING, error);
}

void trouble_count(trouble *t, bool happens) {
    if (happens) t->unaudited++;
    else t->refused++;
}

bool trouble_use_reserve(trouble *t) {
    if (!t->reserve || !files_exist(t->reserve) || !files_remove(t->reserve)) return false;
    if (t->health == RECORDER_WORKING) {
        audit_error full = {.code = AUDIT_CODE_FULL, .message = "the disk is full"};
        set(t, RECORDER_FULL, &full);
    }
    return true;
}

bool trouble_can_end(trouble *t) {
    if (!t->reserve || files_size(t->reserve) >= RESERVE_BYTES) return true;
    /* The database needs room besides, or the disk would be full again at once. */
    return files_room(t->reserve) >= 2 * RESERVE_BYTES && files_reserve(t->reserve, RESERVE_BYTES);
}

recorder_item *trouble_gap(const trouble *t) {
    json_writer w = {.limit = 4096};
    json_writer_open(&w, NULL, '{');
    json_writer_integer(&w, "from", t->since);
    json_writer_integer(&w, "to", win_now_us());
    json_writer_text(&w, "why", t->why.message);
    json_writer_integer(&w, "launches_refused", t->refused);
    json_writer_integer(&w, "launches_unrecorded", t->unaudited);
    json_writer_integer(&w, "launches_recorded_late", t->kept);
    json_writer_integer(&w, "other_records_lost", t->lost);
    json_writer_close(&w, '}');
    char *text = json_writer_take(&w, NULL);
    recorder_item *item = text ? item_of_event(win_now_us(), "gap", text) : NULL;
    free(text);
    return item;
}

void trouble_end(trouble *t, const trouble *told) {
    event_log_report(EVENT_AUDIT_RESUMED, "%lld launches refused, %lld without a record meanwhile",
                     (long long)told->refused, (long long)told->unaudited);
    *t = (trouble){.reserve = t->reserve,
                   .refused = t->refused - told->refused,
                   .unaudited = t->unaudited - told->unaudited,
                   .kept = t->kept - told->kept,
                   .lost = t->lost - told->lost};
}

DWORD trouble_win32(const audit_error *error) {
    if (audit_is_full(error)) return ERROR_DISK_FULL;
    if (audit_is_damaged(error)) return ERROR_FILE_CORRUPT;
    if (audit_is_locked(error)) return ERROR_LOCK_VIOLATION;
    return ERROR_WRITE_FAULT;
}
