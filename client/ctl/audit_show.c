/* spawnctl audit show and tree: print one launch, its ancestors and its descendants. */
#include "client/ctl/audit_query.h"
#include "client/report/detail.h"

#include <stdlib.h>
#include <string.h>

enum { ANCESTORS_MOST = 100, LINES_MOST = 10000, DEPTH_MOST = 64 };

/* Finds the first launch that matches; *ret NULL: there is none. *ret_other: another that matches, or NULL.
 * A page may have fewer rows than it could, so several may be needed. */
static int find(audit_source *s, msg_query *query, const msg_launch **ret, const msg_launch **ret_other) {
    *ret = *ret_other = NULL;
    for (bool more = true; more && !*ret_other;) {
        msg_page page;
        query->limit = 2;
        int result = source_page(s, query, &page);
        if (result) return result;
        for (size_t i = 0; i < page.count; i++) *(*ret ? ret_other : ret) = &page.rows[i];
        more = page.more;
        query->before = page.next;
    }
    return CTL_EXIT_OK;
}

/* Whether id is a seq. A seq does not begin with 0; every launch_id does. */
static bool is_seq(const char *id, int64_t *ret) {
    char *end;
    if (*id < '1' || *id > '9' || strlen(id) > 15) return false;
    *ret = strtoll(id, &end, 10);
    return !*end;
}

/* Makes the query that finds the launch that id names. */
static int query_of(ctl *c, const char *id, msg_query *ret) {
    int64_t seq;
    fault f;
    *ret = (msg_query){0};
    if (is_seq(id, &seq)) ret->before = seq + 1, ret->after = seq - 1;
    else ret->filter.launch_id = id;
    if (!msg_filter_check(&ret->filter, &f)) return CTL_EXIT_OK;
    return ctl_usage(c, "\"%s\" is neither a seq nor 8 characters or more of a launch_id",
                     out_shown(c->arena, id, 40));
}

static int named(ctl *c, audit_source *s, const char *id, msg_query *query, const msg_launch **ret) {
    const msg_launch *other;
    int result = find(s, query, ret, &other);
    if (result) return result;
    if (!*ret) return audit_no_match(c);
    if (!other) return CTL_EXIT_OK;
    return ctl_usage(c, "\"%s\" begins the ids of several launches, such as %s and %s: give more of it",
                     out_shown(c->arena, id, 40), out_shown(c->arena, (*ret)->launch_id, 0),
                     out_shown(c->arena, other->launch_id, 0));
}

static int print_rows(const audit_args *args, const msg_launch *rows, size_t count) {
    reporter *r = report_begin(&args->look, &out_sink);
    if (!r) return CTL_EXIT_FAILED;
    report_rows(r, rows, count);
    report_end(&r, false, 0);
    return CTL_EXIT_OK;
}

int ctl_audit_show(ctl *c) {
    audit_args args;
    audit_source *s = NULL;
    msg_query query;
    const msg_launch *launch;
    int result = audit_args_read(c, &args);

    if (result) return result;
    if ((result = query_of(c, c->operands[0], &query))) return result;
    if ((result = source_open(c, &s))) return result;
    source_keep(s);

    if (!(result = named(c, s, c->operands[0], &query, &launch))) {
        bool all =
            !args.look.columns && (args.look.format == REPORT_table || args.look.format == REPORT_wide);
        if (all) report_detail(&args.look, &out_sink, launch);
        else result = print_rows(&args, launch, 1);
    }

    out_flush();
    source_close(&s);
    return result;
}

/* ---- tree ---- */

typedef struct tree {
    audit_source *source;
    tree_line lines[LINES_MOST];
    size_t count;
} tree;

static bool add(tree *t, const msg_launch *launch, size_t depth, bool marked) {
    if (t->count == LINES_MOST) {
        t->lines[LINES_MOST - 1].remark = "(more launches are not shown)";
        return false;
    }
    t->lines[t->count++] = (tree_line){.launch = launch, .depth = depth, .marked = marked};
    return true;
}

/* Finds the ancestors of a launch, nearest first. Each has a smaller seq than its child, so this ends. */
static int ancestors(tree *t, const msg_launch *launch, const msg_launch **ret, size_t *ret_count) {
    const msg_launch *parent = launch, *other;
    for (*ret_count = 0; *ret_count < ANCESTORS_MOST; ret[(*ret_count)++] = parent) {
        if (!parent->has_caller_started_at) return CTL_EXIT_OK;
        msg_query query = {.before = parent->seq};
        query.filter.child_pid = parent->caller_pid;
        query.filter.child_created_at = parent->caller_started_at;
        query.filter.has_child_pid = query.filter.has_child_created_at = true;
        int result = find(t->source, &query, &parent, &other);
        if (result || !parent) return result;
    }
    return CTL_EXIT_OK;
}

static int descendants(tree *t, const msg_launch *launch, size_t depth) {
    msg_query query = {.after = launch->seq, .oldest_first = true, .limit = LIMIT_QUERY_ROWS};
    if (!launch->has_child_pid || !launch->has_child_created_at) return CTL_EXIT_OK;
    if (depth == DEPTH_MOST) {
        t->lines[t->count - 1].remark = "(what it launched is not shown)";
        return CTL_EXIT_OK;
    }

    query.filter.caller_pid = launch->child_pid;
    query.filter.caller_started_at = launch->child_created_at;
    query.filter.has_caller_pid = query.filter.has_caller_started_at = true;

    for (bool more = true; more;) {
        msg_page page;
        int result = source_page(t->source, &query, &page);
        if (result) return result;
        for (size_t i = 0; i < page.count; i++) {
            if (!add(t, &page.rows[i], depth, false)) return CTL_EXIT_OK;
            if ((result = descendants(t, &page.rows[i], depth + 1))) return result;
        }
        more = page.more;
        query.after = page.next;
    }

    return CTL_EXIT_OK;
}

static int grow(tree *t, const msg_launch *launch) {
    const msg_launch *above[ANCESTORS_MOST];
    size_t count;
    int result = ancestors(t, launch, above, &count);
    if (result) return result;
    for (size_t i = 0; i < count; i++) add(t, above[count - 1 - i], i, false);
    add(t, launch, count, true);
    return descendants(t, launch, count + 1);
}

static int print_tree(const audit_args *args, const tree *t) {
    if (!args->look.columns && (args->look.format == REPORT_table || args->look.format == REPORT_wide)) {
        report_look look = args->look;
        if (look.format == REPORT_wide) look.width = 0;
        report_tree(&look, &out_sink, t->lines, t->count);
        return CTL_EXIT_OK;
    }
    msg_launch *rows = malloc((t->count + 1) * sizeof *rows);
    for (size_t i = 0; rows && i < t->count; i++) rows[i] = *t->lines[i].launch;
    int result = rows ? print_rows(args, rows, t->count) : CTL_EXIT_FAILED;
    free(rows);
    return result;
}

int ctl_audit_tree(ctl *c) {
    audit_args args;
    const msg_launch *launch;
    msg_query query;
    tree *t = NULL;
    int result = audit_args_read(c, &args);
    if (result) return result;
    if ((result = query_of(c, c->operands[0], &query))) return result;
    if (!(t = calloc(1, sizeof *t))) return CTL_EXIT_FAILED;
    if (!(result = source_open(c, &t->source))) {
        source_keep(t->source);
        if (!(result = named(c, t->source, c->operands[0], &query, &launch)) && !(result = grow(t, launch)))
            result = print_tree(&args, t);
        out_flush();
    }
    source_close(&t->source);
    free(t);
    return result;
}
