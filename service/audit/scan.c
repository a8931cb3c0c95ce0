#include "service/audit/scan.h"

#include "service/audit/schema.h"
#include "service/audit/seq_range.h"

#include <stdio.h>
#include <stdlib.h>

static const char doing[] = "reading the audit database";

bool scan_begin(db *d, audit_error *ret_error) {
    return db_in_transaction(d) || db_run(d, doing, "BEGIN", ret_error);
}

void scan_finish(db *d) {
    db_run(d, doing, "COMMIT", NULL);
}

typedef struct scan {
    const filter_plan *plan;
    db_statement *rows;
    scan_step (*each)(int64_t seq, db_row *row, void *context);
    void *context;
    int64_t steps, last_steps;
    scan_end end;
} scan;

/* Looks through one window; *ret_on says whether to look through the next one. */
static bool look(scan *s, seq_range window, bool *ret_on, audit_error *ret_error) {
    db_args args = db_with(s->rows);
    int64_t last = 0;
    bool ok, found = false;
    db_row row;

    *ret_on = true;
    filter_put(s->plan, window.after, window.before, &args);
    while ((ok = db_next(&args, doing, &row, &found, ret_error)) && found) {
        int64_t seq = db_get(&row);
        if (seq == last) continue; /* the row is of another handle of the same launch */
        last = seq;
        scan_step step = s->each(seq, &row, s->context);
        if (step == SCAN_ON) continue;
        s->end.more = true;
        s->end.next = step == SCAN_STOP ? seq : s->plan->oldest_first ? seq - 1 : seq + 1;
        *ret_on = false;
        break;
    }

    db_end(&args);
    int64_t steps = db_steps(s->rows);
    s->last_steps = steps - s->steps;
    s->steps = steps;

    return ok;
}

/* Looks through one range, window by window. */
static bool look_through(scan *s, seq_range r, int64_t *window, bool *ret_on, audit_error *ret_error) {
    *ret_on = true;
    while (*ret_on && r.before - r.after > 1) {
        seq_range w = r;

        if (s->steps > s->plan->work) {
            s->end.more = true;
            s->end.next = s->plan->oldest_first ? r.after : r.before;
            *ret_on = false;
            return true;
        }

        if (r.before - r.after > *window) {
            if (s->plan->oldest_first) w.before = r.after + *window;
            else w.after = r.before - *window;
        }

        if (!look(s, w, ret_on, ret_error)) return false;
        if (s->plan->oldest_first) r.after = w.before - 1;
        else r.before = w.after + 1;
        if (s->last_steps < s->plan->work / 16 && *window < INT64_MAX / 2) *window *= 2;
    }
    return true;
}

static bool prepare(db *d, scan *s, const scan_shape *shape, audit_error *ret_error) {
    char columns[512];
    bool ok = false;
    snprintf(columns, sizeof columns, "l.seq%s", shape->columns);
    char *sql = filter_sql(s->plan, columns, shape->joins);
    if (sql) ok = db_prepare(d, sql, &s->rows, ret_error);
    else db_refuse(d, DB_NO_MEMORY, doing, "out of memory", ret_error);
    free(sql);
    return ok;
}

/* Checks that the database is not too old for the filter. */
static bool has_columns(audit_store *store, const audit_filter *filter, audit_error *ret_error) {
    if (store->version > SCHEMA_FIRST_VERSION || (!filter->where.label && !filter->viewer)) return true;
    return db_refuse(store->main, DB_MISUSE, doing,
                     "a database of version 2 does not have labels or what callers were", ret_error);
}

bool scan_launches(audit_store *store, const audit_filter *filter, const scan_shape *shape,
                   scan_step (*each)(int64_t seq, db_row *row, void *context), void *context, scan_end *ret,
                   audit_error *ret_error) {
    db *d = store->main;
    arena a = {0};
    filter_plan plan;
    scan s = {.plan = &plan, .each = each, .context = context};
    seq_range_finder f = {0};
    seq_range r;
    int64_t newest = 0;
    bool ok = false, found = true, on = true;
    if (!has_columns(store, filter, ret_error) || !filter_terms(filter, &a, &plan, ret_error) ||
        !db_number(d, doing, "SELECT max(seq) FROM launch", &newest, ret_error))
        goto done;
    int64_t before = filter->before && filter->before <= newest ? filter->before : newest + 1;
    if (!filter_choose(d, &plan, &a, filter->after, before, ret_error) || !prepare(d, &s, shape, ret_error) ||
        !seq_range_begin(&f, d, &plan, filter->after, before, ret_error))
        goto done;
    do {
        if (!seq_range_next(&f, &r, &found, ret_error)) goto done;
        if (found && !look_through(&s, r, &plan.window, &on, ret_error)) goto done;
    } while (found && on);
    *ret = s.end;
    ok = true;
done:
    seq_range_end(&f);
    db_finalize(&s.rows);
    arena_free(&a);
    return ok;
}
