/* From times to seqs. The clock may be set back, so seq is not in the order of requested_at; but the writer
 * puts an event of kind "clock" before a launch that is more than a minute older than one before it. Between
 * two such events times run forward but for that minute, and a bound is found by halving. */
#ifndef SB_SERVICE_AUDIT_RANGE_H
#define SB_SERVICE_AUDIT_RANGE_H

#include "service/audit/filter.h"

typedef struct range {
    int64_t after, before; /* seqs, both excluded */
} range;

/* Goes through what lies between after and before, in the order of the plan. */
typedef struct range_finder {
    db *d;
    const filter_plan *plan;
    int64_t after, before;        /* what is left */
    db_statement *launch, *clock; /* the next launch from a seq on; the next event */
} range_finder;

bool range_begin(range_finder *f, db *d, const filter_plan *plan, int64_t after, int64_t before,
                 audit_error *ret_error);
/* The next part that can have launches of the plan's times, with others among them; *ret_found: there is one.
 */
bool range_next(range_finder *f, range *ret, bool *ret_found, audit_error *ret_error);
void range_end(range_finder *f);

#endif
