/* spawnctl audit: what the commands that ask for launches share. */
#ifndef SB_CLIENT_CTL_AUDIT_QUERY_H
#define SB_CLIENT_CTL_AUDIT_QUERY_H

#include "service/audit/audit.h"
#include "client/ctl/ctl.h"

/* What the options of these commands mean. */
typedef struct audit_args {
    report_look look;
    fields chosen; /* of --fields; look points to it */
    msg_filter filter;
    int64_t after;
    uint32_t most; /* launches; 0: all */
    bool reverse, follow;
} audit_args;

/* Reads the options. CTL_EXIT_OK, or the message and CTL_EXIT_USAGE. *ret must stay where it is. */
int audit_args_read(ctl *c, audit_args *ret);

/* ---- audit_source.c: the broker, or the database of --db ---- */

typedef struct audit_source audit_source;

/* On failure the message has been printed; the result is the exit code. */
int source_open(ctl *c, audit_source **ret);
void source_close(audit_source **s);
/* Requests a page, which lives until the next request or, after source_keep, until the source is closed. */
int source_page(audit_source *s, const msg_query *query, msg_page *ret);
int source_summary(audit_source *s, const msg_summary *summary, msg_groups *ret);
void source_keep(audit_source *s);

/* Prints that no launch matches; CTL_EXIT_NO_MATCH. */
int audit_no_match(const ctl *c);

#endif
