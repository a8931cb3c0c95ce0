#include "service/broker/denials.h"

#include "service/broker/event_log.h"
#include "service/win32/win.h"
#include "proto/json_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Further pairs of a user and a rule are counted together in the last entry. */
enum { ENTRIES = 64, RULE_CHARS = 65, PERIOD_US = 10 * 1000000 };

/* Of one user's requests, recorded whole in a minute. */
enum { WHOLE_BYTES = 1024 * 1024 };

typedef struct entry {
    const quota_user *user; /* NULL: all other users */
    char rule[RULE_CHARS];
    int64_t count;
} entry;

struct denials {
    recorder *records;
    SRWLOCK lock;
    entry list[ENTRIES];
    size_t count;
    int64_t since;   /* when the first one was counted */
    int64_t told_at; /* when counts were last recorded, in win_ticks_us */
};

bool denials_create(recorder *records, denials **ret) {
    denials *d = calloc(1, sizeof *d);
    if (!d) return false;
    InitializeSRWLock(&d->lock);
    d->records = records;
    d->told_at = -(int64_t)PERIOD_US;
    *ret = d;
    return true;
}

bool denials_record(denials *d, quota_user *user, uint32_t per_minute, const char *rule) {
    if (quota_rate(&user->denials_until, per_minute, 1)) return true;
    AcquireSRWLockExclusive(&d->lock);
    size_t i = 0;
    if (!d->count) d->since = win_now_us();
    while (i < d->count && (d->list[i].user != user || strcmp(d->list[i].rule, rule) != 0)) i++;
    if (i == ENTRIES) i = ENTRIES - 1;
    entry *e = &d->list[i];
    if (i == d->count) {
        bool last = ++d->count == ENTRIES;
        *e = (entry){.user = last ? NULL : user};
        strncpy(e->rule, last ? "others" : rule, RULE_CHARS - 1);
    }
    e->count++;
    ReleaseSRWLockExclusive(&d->lock);
    return false;
}

bool denials_whole(quota_user *user, size_t bytes) {
    return bytes <= WHOLE_BYTES && quota_rate(&user->refused_bytes_until, WHOLE_BYTES, (uint32_t)bytes);
}

bool denials_room(const quota_user *user, uint32_t per_minute, size_t bytes) {
    return quota_rate_has(&user->denials_until, per_minute, 1) && bytes <= WHOLE_BYTES &&
           quota_rate_has(&user->refused_bytes_until, WHOLE_BYTES, (uint32_t)bytes);
}

void denials_charge(quota_user *user, uint32_t per_minute, size_t bytes) {
    quota_rate_charge(&user->denials_until, per_minute, 1);
    quota_rate_charge(&user->refused_bytes_until, WHOLE_BYTES, (uint32_t)bytes);
}

/* Makes {"from":...,"to":...,"denials":[{"sid":"S-1-...","rule":"...","count":12}]}; malloc'd. */
static char *text_of(const denials *d, int64_t now) {
    json_writer w = {.limit = 64 * 1024};
    json_writer_open(&w, NULL, '{');
    json_writer_integer(&w, "from", d->since);
    json_writer_integer(&w, "to", now);
    json_writer_open(&w, "denials", '[');
    for (size_t i = 0; i < d->count; i++) {
        json_writer_open(&w, NULL, '{');
        json_writer_text(&w, "sid", d->list[i].user ? d->list[i].user->sid : NULL);
        json_writer_text(&w, "rule", d->list[i].rule);
        json_writer_integer(&w, "count", d->list[i].count);
        json_writer_close(&w, '}');
    }
    json_writer_close(&w, ']');
    json_writer_close(&w, '}');
    return json_writer_take(&w, NULL);
}

/* Reports "295 past the rate in 10 seconds: 290 of S-1-... by RULE; 5 of ...", as much as there is room for.
 */
static void report(const denials *d, int64_t now) {
    enum { ROOM = 480 };
    char text[ROOM];
    int64_t sum = 0;
    for (size_t i = 0; i < d->count; i++) sum += d->list[i].count;
    int used = snprintf(text, ROOM, "%lld past the rate in %lld seconds", (long long)sum,
                        (long long)((now - d->since) / 1000000 + 1));
    for (size_t i = 0; i < d->count && used < ROOM; i++)
        used += snprintf(text + used, (size_t)(ROOM - used), "%s %lld of %s by %s", i ? ";" : ":",
                         (long long)d->list[i].count, d->list[i].user ? d->list[i].user->sid : "others",
                         d->list[i].rule);
    event_log_report(EVENT_DENIALS, "%s", text);
}

/* Records the counts. They are cleared only when the audit's writer has them. */
static void tell(denials *d, bool at_once) {
    char *text = NULL;
    AcquireSRWLockExclusive(&d->lock);
    int64_t ticks = win_ticks_us(), now = win_now_us();
    if (d->count && (at_once || ticks - d->told_at >= PERIOD_US) && (text = text_of(d, now)) != NULL &&
        recorder_event(d->records, "denials", text)) {
        report(d, now);
        d->count = 0;
        d->told_at = ticks;
    }
    ReleaseSRWLockExclusive(&d->lock);
    free(text);
}

void denials_sweep(denials *d) {
    tell(d, false);
}

void denials_destroy(denials **d) {
    denials *old = *d;
    *d = NULL;
    if (!old) return;
    tell(old, true);
    free(old);
}
