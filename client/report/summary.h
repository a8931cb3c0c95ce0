/* A summary put together from its parts. */
#ifndef SB_CLIENT_REPORT_SUMMARY_H
#define SB_CLIENT_REPORT_SUMMARY_H

#include "client/report/report.h"

typedef struct summary summary;

/* NULL: no memory. */
summary *summary_begin(void);
/* False: no memory. */
bool summary_add(summary *s, const msg_groups *part);
/* Groups with launches: 0 when nothing matched. */
size_t summary_count(const summary *s);
/* By hour in that order, else the most launches first. As a table, or with REPORT_json (one object),
 * REPORT_jsonl (a line a group). by: what it is grouped by. */
void summary_print(summary *s, const char *by, const report_look *look, const report_sink *sink);
void summary_free(summary **s);

/* The value that fraction of the launches of a histogram are not above, as its bucket's end; -1 of none. */
int64_t summary_percentile(const msg_latency *latency, size_t count, double fraction);

#endif
