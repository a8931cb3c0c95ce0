/* Adds up the parts of a summary and prints it. */
#ifndef SB_CLIENT_REPORT_SUMMARY_H
#define SB_CLIENT_REPORT_SUMMARY_H

#include "client/report/report.h"

typedef struct summary summary;

/* Returns NULL when out of memory. */
summary *summary_begin(void);
/* Returns false when out of memory. */
bool summary_add(summary *s, const msg_groups *part);
/* Returns the number of groups; 0: nothing matched. */
size_t summary_count(const summary *s);
/* Prints the groups as a table, or with REPORT_json as one object, or with REPORT_jsonl as a line each. Hours
 * are in their order; other groups begin with the one that has the most launches. by: the column that was
 * summed up by. */
void summary_print(summary *s, const char *by, const report_look *look, const report_sink *sink);
void summary_free(summary **s);

/* Returns the end of the bucket up to which this fraction of the launches lies; -1 if there are none. */
int64_t summary_percentile(const msg_latency *latency, size_t count, double fraction);

#endif
