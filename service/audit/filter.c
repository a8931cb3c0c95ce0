#include "service/audit/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Checking a launch takes some tens of steps, so a window uses up a part of what a call may. */
enum { SQL_BYTES = 8192, STEPS_OF_ROW = 128 };

static const filter_term launches = {.from = "launch AS d", .seq = "d.seq"};

static const filter_term *driver(const filter_plan *plan) {
    return plan->driver < 0 ? &launches : &plan->terms[plan->driver];
}

static void put(db_args *args, const filter_term *t, int first, int end) {
    for (int i = first; i < end; i++) {
        if (t->values[i].text) db_put_text(args, t->values[i].text);
        else db_put(args, t->values[i].number);
    }
}

bool filter_ask(db *d, const filter_term *t, bool oldest_first, int rows, int64_t after, int64_t before,
                filter_probe *ret, audit_error *ret_error) {
    static const char doing[] = "looking at an index of the audit database";
    char sql[SQL_BYTES];
    db_statement *s = NULL;
    db_row row;
    bool found = false;

    snprintf(sql, sizeof sql,
             "SELECT count(*), max(s) - min(s) + 1 FROM (SELECT %s AS s FROM %s WHERE %s%s%s > ? AND %s < ? "
             "ORDER BY %s %s LIMIT %d)",
             t->seq, t->from, t->where ? t->where : "", t->where ? " AND " : "", t->seq, t->seq, t->seq,
             oldest_first ? "ASC" : "DESC", rows);
    if (!db_prepare(d, sql, &s, ret_error)) return false;
    db_args args = db_with(s);
    put(&args, t, 0, t->probe);
    db_put(&args, after);
    db_put(&args, before);
    bool ok = db_next(&args, doing, &row, &found, ret_error);
    if (ok && found) {
        ret->count = db_get(&row);
        ret->span = db_get(&row);
    }

    db_end(&args);
    db_finalize(&s);
    return ok;
}

bool filter_is_better(const filter_probe *a, const filter_probe *b) {
    return a->count != b->count ? a->count < b->count : a->span > b->span;
}

bool filter_choose(db *d, filter_plan *plan, arena *a, int64_t after, int64_t before,
                   audit_error *ret_error) {
    filter_probe best = {0}, p = {0};
    if (plan->grep >= 0 && !filter_grep(d, plan, a, after, before, ret_error)) return false;
    for (int i = 0; i < plan->count; i++) {
        if (!plan->terms[i].from) continue;
        if (!filter_ask(d, &plan->terms[i], plan->oldest_first, FILTER_PROBE_ROWS, after, before, &p,
                        ret_error))
            return false;
        if (plan->driver >= 0 && !filter_is_better(&p, &best)) continue;
        best = p;
        plan->driver = i;
    }
    int64_t rows = plan->work / STEPS_OF_ROW + 1;
    if (plan->driver < 0) plan->window = rows;
    else if (best.count < FILTER_PROBE_ROWS && best.count <= rows) plan->window = INT64_MAX;
    else plan->window = best.span / best.count * rows + rows;
    return true;
}

typedef struct text {
    char *bytes;
    size_t length;
} text;

static void say(text *t, const char *before, const char *what) {
    int length = snprintf(t->bytes + t->length, SQL_BYTES - t->length, "%s%s", before, what);
    t->length += (size_t)length; /* the texts are constants and fit: a test uses all at once */
}

char *filter_sql(const filter_plan *plan, const char *select, const char *joins) {
    const filter_term *d = driver(plan);
    text t = {.bytes = malloc(SQL_BYTES)};
    if (!t.bytes) return NULL;

    say(&t, "SELECT ", select);
    say(&t, " FROM ", d->from);
    say(&t, " CROSS JOIN launch AS l ON l.seq = ", d->seq);
    say(&t, " ", joins);

    say(&t, " WHERE ", d->seq);
    say(&t, " > ? AND ", d->seq);
    say(&t, " < ?", "");
    if (d->where) say(&t, " AND ", d->where);
    if (d->also) say(&t, " AND ", d->also);
    for (int i = 0; i < plan->count; i++)
        if (i != plan->driver) say(&t, " AND ", plan->terms[i].condition);

    if (plan->has_since) say(&t, " AND l.requested_at >= ?", "");
    if (plan->has_until) say(&t, " AND l.requested_at < ?", "");

    say(&t, " ORDER BY ", d->seq);
    say(&t, plan->oldest_first ? " ASC" : " DESC", "");
    return t.bytes;
}

void filter_put(const filter_plan *plan, int64_t after, int64_t before, db_args *args) {
    const filter_term *d = driver(plan);
    db_put(args, after);
    db_put(args, before);
    put(args, d, 0, d->count);
    for (int i = 0; i < plan->count; i++)
        if (i != plan->driver) put(args, &plan->terms[i], plan->terms[i].skip, plan->terms[i].count);
    if (plan->has_since) db_put(args, plan->since);
    if (plan->has_until) db_put(args, plan->until);
}
