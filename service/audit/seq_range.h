/* Finds the seqs of the launches that were requested between two times.
 *
 * The clock may be set back, so seqs are not in the order of requested_at. But the writer adds an event of
 * kind "clock" before a launch that is more than STORE_DISORDER_US older than an earlier one. Between two
 * such events, an era, times run forward except for that much, so halving finds a bound. */
#ifndef SB_SERVICE_AUDIT_SEQ_RANGE_H
#define SB_SERVICE_AUDIT_SEQ_RANGE_H

#include "service/audit/filter.h"

typedef struct seq_range {
    int64_t after, before; /* seqs, both excluded */
} seq_range;

/* Goes through the eras between two seqs, in the order of the plan. */
typedef struct seq_range_finder {
    db *d;
    const filter_plan *plan;
    int64_t after, before;        /* the eras that are left are between these */
    db_statement *launch, *clock; /* these find the next launch from a seq on, and the next event "clock" */
} seq_range_finder;

bool seq_range_begin(seq_range_finder *f, db *d, const filter_plan *plan, int64_t after, int64_t before,
                     audit_error *ret_error);
/* Finds the next range that has every launch of an era within the plan's times, and perhaps others.
 * *ret_found is false at the end. */
bool seq_range_next(seq_range_finder *f, seq_range *ret, bool *ret_found, audit_error *ret_error);
void seq_range_end(seq_range_finder *f);

#endif
