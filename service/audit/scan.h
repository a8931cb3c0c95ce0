/* Going through the launches of a filter, in order, within a bound of work. */
#ifndef SB_SERVICE_AUDIT_SCAN_H
#define SB_SERVICE_AUDIT_SCAN_H

#include "service/audit/filter.h"

/* What is read of each launch: its seq, then these columns of l and of joins. */
typedef struct scan_shape {
    const char *columns; /* begins with ", "; or "" */
    const char *joins;
} scan_shape;

typedef enum scan_step {
    SCAN_ON,   /* the row is taken */
    SCAN_STOP, /* the row is taken, and the last */
    SCAN_FULL  /* the row is not taken, and there is no room */
} scan_step;

typedef struct scan_end {
    bool more;    /* it stopped before the end: there may be others */
    int64_t next; /* where more: filter->before (after, when the oldest come first) for what is left */
} scan_end;

/* filter->limit does not matter here. The work is bounded: where few launches of many match, a call may give
 * none and more. */
bool scan_launches(db *d, const audit_filter *filter, const scan_shape *shape,
                   scan_step (*each)(int64_t seq, db_row *row, void *context), void *context, scan_end *ret,
                   audit_error *ret_error);

/* What is read of the database between these is of one moment. */
bool scan_begin(db *d, audit_error *ret_error);
void scan_finish(db *d);

#endif
