/* spawnctl audit: what the commands that ask for launches share. */
#ifndef SB_CLIENT_CTL_AUDIT_QUERY_H
#define SB_CLIENT_CTL_AUDIT_QUERY_H

#include "service/audit/audit.h"
#include "client/ctl/ctl.h"

/* What the commands that ask take. */
typedef struct audit_args {
    const char *db; /* a file to read; NULL: the broker is asked */
    const char *format, *columns, *since, *until, *number, *after_cursor, *by, *host, *id;
    const char *file, *head, *public_key; /* of a report */
    bool utc, wide, reverse, follow, cursor, force, no_verify;
    /* made of these by audit_args_end: */
    report_look look;
    fields chosen;
    msg_filter filter;
    int64_t after;
    uint32_t most; /* launches; 0: all */
} audit_args;

/* What of it a command takes, beside the filters, -o, --db, --utc and what every command takes. */
enum {
    AUDIT_TAKES_LIST = 1, /* -n, -r, -f, --cursor, --after-cursor, --fields, --host */
    AUDIT_TAKES_ID = 2,
    AUDIT_TAKES_BY = 4,
    AUDIT_TAKES_NO_FILTER = 8,
    AUDIT_TAKES_FILE = 16 /* -o is a file; --force, --head, --public-key, --no-verify */
};

/* Reads the rest of the command line: CTL_EXIT_OK (look at c->help), or the message and CTL_EXIT_USAGE. */
int audit_args_take(ctl *c, unsigned takes, audit_args *ret);

/* ---- where the answers come from ---- */

typedef struct audit_source audit_source;

/* On failure the message has been printed; the result is the exit code. */
int source_open(ctl *c, const audit_args *args, audit_source **ret);
void source_close(audit_source **s);
/* A page lives until the next one is asked for, or, after source_keep, until the source is closed. */
int source_page(audit_source *s, const msg_query *query, msg_page *ret);
int source_summary(audit_source *s, const msg_summary *summary, msg_groups *ret);
void source_keep(audit_source *s);

/* ---- the commands ---- */

int audit_list(ctl *c);
int audit_tail(ctl *c);
int audit_export(ctl *c);
int audit_show(ctl *c);
int audit_tree(ctl *c);
int audit_sum_up(ctl *c);
int audit_report(ctl *c);

/* Says that nothing matches; CTL_EXIT_NO_MATCH. */
int audit_no_match(const ctl *c);

#endif
