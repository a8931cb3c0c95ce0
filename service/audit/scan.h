/* Goes through the launches that match a filter, in order and within a bound of work. */
#ifndef SB_SERVICE_AUDIT_SCAN_H
#define SB_SERVICE_AUDIT_SCAN_H

#include "service/audit/filter.h"
#include "service/audit/store.h"

/* What to read of each launch: its seq, then these columns of l (table launch) and of the joins. */
typedef struct scan_shape {
    const char *columns; /* begins with ", "; or "" */
    const char *joins;
} scan_shape;

typedef enum scan_step {
    SCAN_ON,   /* the row was taken: continue */
    SCAN_STOP, /* the row was taken: stop */
    SCAN_FULL  /* there was no room for the row: stop before it */
} scan_step;

typedef struct scan_end {
    bool more;    /* the scan stopped early, so more launches may match */
    int64_t next; /* if more: filter->before for the rest, or filter->after if the oldest come first */
} scan_end;

/* Calls `each` with the launches that match; ignores filter->limit. The work is bounded: if few launches
 * match, a call may find none and still say that there may be more. */
bool scan_launches(audit_store *store, const audit_filter *filter, const scan_shape *shape,
                   scan_step (*each)(int64_t seq, db_row *row, void *context), void *context, scan_end *ret,
                   audit_error *ret_error);

/* Everything read between these two calls is of one moment. */
bool scan_begin(db *d, audit_error *ret_error);
void scan_finish(db *d);

#endif
