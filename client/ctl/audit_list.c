/* spawnctl audit list, tail and export: print launches in order, page by page. */
#include "client/ctl/audit_query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { POLL_MS = 200, GIVE_UP_POLLS = 50 };

typedef struct listing {
    ctl *c;
    audit_args args;
    audit_source *source;
    reporter *out;
    msg_query query; /* the next page's */
    uint64_t left;   /* launches */
    uint64_t count;  /* shown */
    int64_t settled; /* as the first page says; 0: there was no page yet */
    int64_t last;    /* seq of the last launch that was shown */
    bool hold;       /* do not show launches that are not settled */
    bool more;       /* there are launches that were not requested */
} listing;

static uint32_t page_rows(uint64_t left) {
    return left < LIMIT_QUERY_ROWS ? (uint32_t)left : LIMIT_QUERY_ROWS;
}

static void turn(msg_query *query, const msg_page *page) {
    if (query->oldest_first) query->after = page->next;
    else query->before = page->next;
}

/* Cuts the page to the launches to show. A page is in order, so they are adjacent. */
static void choose(listing *l, msg_page *page) {
    if (!l->settled) l->settled = page->settled ? page->settled : -1;
    while (l->hold && page->count && page->rows[0].seq > l->settled) page->rows++, page->count--;
    while (l->hold && page->count && page->rows[page->count - 1].seq > l->settled) page->count--;
}

static void show(listing *l, const msg_launch *rows, size_t count) {
    if (!count) return;
    report_rows(l->out, rows, count);
    l->last = rows[count - 1].seq;
    l->count += count;
    l->left -= count;
}

/* Shows pages in the order of the query until there are no more, or enough launches. */
static int stream(listing *l) {
    for (bool more = true; more && l->left;) {
        msg_page page;
        l->query.limit = page_rows(l->left);
        int result = source_page(l->source, &l->query, &page);
        if (result) return result;
        turn(&l->query, &page);
        more = l->more = page.more;
        choose(l, &page);
        show(l, page.rows, page.count);
        if (!out_flush()) return CTL_EXIT_OK; /* the reader has closed its end */
    }
    return CTL_EXIT_OK;
}

/* Shows the latest launches, the oldest of them first. One page is turned around; if it takes several, finds
 * the first launch, then shows the pages from there on. */
static int latest(listing *l) {
    uint64_t wanted = l->left, seen = 0;
    int64_t from = 0;
    for (bool more = true; more && seen < wanted;) {
        msg_page page;
        l->query.limit = page_rows(wanted - seen);
        int result = source_page(l->source, &l->query, &page);
        if (result) return result;
        turn(&l->query, &page);
        more = l->more = page.more;
        choose(l, &page);
        if (!seen && (!more || page.count == wanted)) {
            msg_launch *turned = malloc((page.count + 1) * sizeof *turned);
            for (size_t i = 0; turned && i < page.count; i++) turned[i] = page.rows[page.count - 1 - i];
            if (turned) show(l, turned, page.count);
            free(turned);
            return turned ? CTL_EXIT_OK : CTL_EXIT_FAILED;
        }
        seen += page.count;
        if (page.count) from = page.rows[page.count - 1].seq;
    }

    if (!seen) return CTL_EXIT_OK;
    bool older = l->more;
    l->query.oldest_first = true;
    l->query.before = 0;
    l->query.after = from - 1;
    l->left = seen;
    int result = stream(l);
    l->more = older;

    return result;
}

/* Returns the seq up to which every launch was shown, or will not be shown any more. */
static int64_t cursor_of(const listing *l) {
    bool cut = l->query.oldest_first && l->more;
    int64_t cursor = cut ? l->last : l->settled > 0 ? l->settled : 0;
    return cursor > l->args.after ? cursor : l->args.after;
}

/* Shows launches as they come, once their outcome is known. A launch without an outcome delays later ones for
 * some seconds; then all are shown as they are. */
static int follow(listing *l) {
    int waited = 0;
    l->query.oldest_first = true;
    l->query.before = 0;
    l->query.after = cursor_of(l);
    l->query.limit = LIMIT_QUERY_ROWS;

    for (;;) {
        msg_page page;
        int result = source_page(l->source, &l->query, &page);
        if (result) return result;
        int64_t reached = page.more && page.next < page.settled ? page.next : page.settled;
        int64_t last = page.count ? page.rows[page.count - 1].seq : 0;
        waited = last > page.settled ? waited + 1 : 0;
        l->settled = page.settled;
        if (waited == GIVE_UP_POLLS) reached = l->settled = last;
        l->left = UINT64_MAX;
        choose(l, &page);
        show(l, page.rows, page.count);
        if (reached > l->query.after) l->query.after = reached;
        if (!out_flush()) return CTL_EXIT_OK;
        if (waited || !page.more) Sleep(POLL_MS);
    }
}

static void end(listing *l) {
    int64_t cursor = option_given(l->c, OPT_cursor) ? cursor_of(l) : 0;
    bool apart = l->args.look.format == REPORT_csv || l->args.look.format == REPORT_ocsf;
    char text[64];
    report_end(&l->out, l->more, cursor);
    if (option_given(l->c, OPT_cursor) && l->args.look.format != REPORT_json) {
        snprintf(text, sizeof text,
                 l->args.look.format == REPORT_jsonl ? "{\"cursor\":%" PRId64 "}\n"
                                                     : "-- cursor: %" PRId64 "\n",
                 cursor);
        if (apart) out_printf(STD_ERROR_HANDLE, "%s", text);
        else report_print(&out_sink, text);
    }
    out_flush();
}

static int run(listing *l, bool turned) {
    l->query.filter = l->args.filter;
    l->query.after = l->args.after;
    l->left = l->args.most ? l->args.most : UINT64_MAX;
    l->hold = option_given(l->c, OPT_cursor) || l->args.follow;
    int result = source_open(l->c, &l->source);
    if (result) return result;
    if (!(l->out = report_begin(&l->args.look, &out_sink))) result = CTL_EXIT_FAILED;
    if (!result) result = turned ? latest(l) : stream(l);
    if (!result && l->args.follow && out_flush()) result = follow(l);
    if (l->out) end(l);
    source_close(&l->source);
    return result || l->count || l->args.follow ? result : audit_no_match(l->c);
}

int ctl_audit_list(ctl *c) {
    listing l = {.c = c};
    int result = audit_args_read(c, &l.args);
    return result ? result : run(&l, l.args.reverse || l.args.follow);
}

int ctl_audit_tail(ctl *c) {
    listing l = {.c = c};
    int result = audit_args_read(c, &l.args);
    return result ? result : run(&l, !l.args.reverse);
}

int ctl_audit_export(ctl *c) {
    listing l = {.c = c};
    int result = audit_args_read(c, &l.args);
    if (result) return result;
    if (l.args.follow || l.args.reverse)
        return ctl_usage(c, "-f and -r cannot be used: export prints all launches, the oldest first");
    if (!option_given(c, OPT_format) && !c->json) l.args.look.format = REPORT_jsonl;
    if (!option_given(c, OPT_rows)) l.args.most = 0;
    l.query.oldest_first = true;
    return run(&l, false);
}
