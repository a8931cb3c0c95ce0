/* Sums up launches by a column, with a histogram of how long they took. Parts of a summary add up. */
#include "proto/bucket.h"
#include "service/audit/scan.h"
#include "service/audit/store.h"

#include <stdio.h>
#include <string.h>

enum {
    STEP_BITS = 5, /* a bucket's end is within 1/32 of every value in it */
    BUCKETS = 60 << STEP_BITS,
    GROUPS_MOST = 1000,
    GROUP_BYTES = 200,
    LATENCY_BYTES = 48,
    ESCAPED_BYTES = 6 /* at most, for a character */
};

typedef struct group {
    msg_group sum;
    uint32_t *latency; /* BUCKETS of them; NULL until the first is counted */
} group;

typedef struct groups {
    arena *memory;
    group *list;
    size_t count, bytes, most;
    int slots[GROUPS_MOST * 2 + 1]; /* a hash table of indexes of list, plus 1; 0: empty */
    bool failed;
} groups;

static size_t hash(const char *key) {
    uint64_t h = 14695981039346656037u;
    for (; key && *key; key++) h = (h ^ (unsigned char)*key) * 1099511628211u;
    return (size_t)(h % (GROUPS_MOST * 2 + 1));
}

static bool same(const char *a, const char *b) {
    return a && b ? !strcmp(a, b) : a == b;
}

/* Finds or adds a group. NULL: there is no room for another one, or memory ran out. */
static group *find(groups *g, const char *key) {
    size_t slot = hash(key);
    for (; g->slots[slot]; slot = (slot + 1) % (GROUPS_MOST * 2 + 1))
        if (same(g->list[g->slots[slot] - 1].sum.key, key)) return &g->list[g->slots[slot] - 1];
    size_t length = key ? strlen(key) : 0;
    if (g->count == GROUPS_MOST || (g->count && g->bytes + length * ESCAPED_BYTES > g->most)) return NULL;
    const char *copy = key ? arena_copy(g->memory, key, length) : NULL;
    if (key && !copy) {
        g->failed = true;
        return NULL;
    }
    g->slots[slot] = (int)g->count + 1;
    g->list[g->count].sum.key = copy;
    g->bytes += GROUP_BYTES + length * ESCAPED_BYTES;
    return &g->list[g->count++];
}

static void count_outcome(msg_group *sum, const char *outcome) {
#define X(name) \
    if (!strcmp(outcome, #name)) sum->name++;
    OUTCOME_LIST(X)
#undef X
}

static bool count_latency(groups *g, group *one, int64_t us) {
    if (!one->latency && !(one->latency = arena_array(g->memory, BUCKETS, sizeof *one->latency)))
        return false;
    uint32_t *bucket = &one->latency[bucket_of(us, STEP_BITS)];
    if (!*bucket) g->bytes += LATENCY_BYTES;
    ++*bucket;
    return true;
}

static scan_step count(int64_t seq, db_row *row, void *context) {
    groups *g = context;
    bool has_total;
    (void)seq;
    const char *key = db_get_text(row), *outcome = db_get_text(row);
    int64_t total_us = db_get_if(row, &has_total);
    if (g->count && g->bytes > g->most) return SCAN_FULL;
    group *one = find(g, key);
    if (!one) return g->failed ? SCAN_STOP : SCAN_FULL;
    count_outcome(&one->sum, outcome);
    if (!strcmp(outcome, "started") && has_total) g->failed = !count_latency(g, one, total_us);
    return g->failed ? SCAN_STOP : SCAN_ON;
}

/* Lists the buckets that are not empty. */
static bool list_latency(groups *g, group *one) {
    size_t used = 0;
    if (!one->latency) return true;
    for (int i = 0; i < BUCKETS; i++) used += one->latency[i] != 0;
    msg_latency *list = arena_array(g->memory, used, sizeof *list);
    if (!list) return false;
    one->sum.latency = list;
    for (unsigned i = 0; i < BUCKETS; i++)
        if (one->latency[i])
            list[one->sum.latency_count++] = (msg_latency){bucket_end(i, STEP_BITS), one->latency[i]};
    return true;
}

static bool list_groups(groups *g, msg_groups *ret) {
    msg_group *list = arena_array(g->memory, g->count, sizeof *list);
    for (size_t i = 0; list && i < g->count; i++) {
        if (!list_latency(g, &g->list[i])) return false;
        list[i] = g->list[i].sum;
    }
    ret->list = list;
    ret->count = g->count;
    return list != NULL;
}

static const char *const keys[MSG_BY_COUNT] = {
    [MSG_BY_user] = ", coalesce(l.caller_user, l.caller_sid)",
    [MSG_BY_image] = ", l.application",
    [MSG_BY_caller] = ", l.caller_image",
    [MSG_BY_rule] = ", l.rule",
    [MSG_BY_outcome] = ", coalesce(o.outcome, 'pending')",
    [MSG_BY_hour] = ", strftime('%Y-%m-%dT%H:00:00Z', l.requested_at / 1000000, 'unixepoch')",
};

bool audit_summary(audit_store *store, const audit_filter *filter, msg_by by, size_t bytes, arena *a,
                   msg_groups *ret, audit_error *ret_error) {
    static const char doing[] = "summing up the audit database";
    char columns[256];
    audit_filter newest_first = *filter;
    const scan_shape shape = {.columns = columns, .joins = "LEFT JOIN outcome AS o ON o.launch = l.seq"};
    groups *g = arena_alloc(a, sizeof *g);
    scan_end end = {0};
    msg_groups result = {0};

    if (!g || !(g->list = arena_array(a, GROUPS_MOST, sizeof *g->list)))
        return db_refuse(store->main, DB_NO_MEMORY, doing, "out of memory", ret_error);
    g->memory = a;
    g->most = bytes;
    newest_first.oldest_first = false;
    snprintf(columns, sizeof columns, "%s, coalesce(o.outcome, 'pending'), o.total_us", keys[by]);
    if (!scan_begin(store->main, ret_error)) return false;
    bool ok = scan_launches(store, &newest_first, &shape, count, g, &end, ret_error);
    scan_finish(store->main);
    if (!ok) return false;

    if (g->failed || !list_groups(g, &result))
        return db_refuse(store->main, DB_NO_MEMORY, doing, "out of memory", ret_error);
    result.more = end.more;
    result.next = end.next;

    *ret = result;
    return true;
}
