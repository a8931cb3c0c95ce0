#include "service/audit/seq_range.h"

#include "service/audit/store.h" /* STORE_DISORDER_US */

static const char doing[] = "looking for a time in the audit database";

bool seq_range_begin(seq_range_finder *f, db *d, const filter_plan *plan, int64_t after, int64_t before,
                     audit_error *ret_error) {
    static const char launch[] =
        "SELECT requested_at FROM launch WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT 1";
    static const char *const clock[] = {"SELECT seq FROM event INDEXED BY event_by_kind WHERE kind = 'clock' "
                                        "AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT 1",
                                        "SELECT seq FROM event INDEXED BY event_by_kind WHERE kind = 'clock' "
                                        "AND seq > ? AND seq < ? ORDER BY seq ASC LIMIT 1"};
    *f = (seq_range_finder){.d = d, .plan = plan, .after = after, .before = before};
    if (!plan->has_since && !plan->has_until) return true;
    return db_prepare(d, launch, &f->launch, ret_error) &&
           db_prepare(d, clock[plan->oldest_first], &f->clock, ret_error);
}

void seq_range_end(seq_range_finder *f) {
    db_finalize(&f->launch);
    db_finalize(&f->clock);
}

/* Asks s for the number that it selects for two seqs. */
static bool ask(db_statement *s, int64_t first, int64_t second, int64_t *ret, bool *ret_found,
                audit_error *ret_error) {
    db_args args = db_with(s);
    db_row row;
    db_put(&args, first);
    db_put(&args, second);
    bool ok = db_next(&args, doing, &row, ret_found, ret_error);
    if (ok && *ret_found) *ret = db_get(&row);
    db_end(&args);
    return ok;
}

/* Narrows *low and *high down to where the launches of an era pass `time`. Then *low is a launch before that
 * time, or as it was, and no launch from *high on comes before it. */
static bool halve(seq_range_finder *f, int64_t time, int64_t *low, int64_t *high, audit_error *ret_error) {
    while (*high - *low > 1) {
        int64_t middle = *low + (*high - *low) / 2, at = 0;
        bool found = false;
        if (!ask(f->launch, middle, *high, &at, &found, ret_error)) return false;
        if (found && at < time) *low = middle;
        else *high = middle;
    }
    return true;
}

/* Narrows an era down to the part that can be within the plan's times. */
static bool narrow(seq_range_finder *f, seq_range *era, audit_error *ret_error) {
    int64_t low = era->after, high = era->before;
    if (f->plan->has_since) {
        if (!halve(f, f->plan->since - STORE_DISORDER_US, &low, &high, ret_error)) return false;
        era->after = low;
    }
    low = era->after;
    high = era->before;
    if (f->plan->has_until) {
        if (!halve(f, f->plan->until + STORE_DISORDER_US, &low, &high, ret_error)) return false;
        era->before = high;
    }
    return true;
}

bool seq_range_next(seq_range_finder *f, seq_range *ret, bool *ret_found, audit_error *ret_error) {
    *ret_found = false;
    while (f->before - f->after > 1 && !*ret_found) {
        seq_range era = {f->after, f->before};
        int64_t event = 0;
        bool found = false;

        if (f->clock && !ask(f->clock, f->after, f->before, &event, &found, ret_error)) return false;

        if (f->plan->oldest_first) {
            if (found) era.before = event;
            f->after = found ? event : f->before;
        } else {
            if (found) era.after = event;
            f->before = found ? event : f->after;
        }

        if (f->clock && !narrow(f, &era, ret_error)) return false;
        *ret = era;
        *ret_found = era.before - era.after > 1;
    }
    return true;
}
