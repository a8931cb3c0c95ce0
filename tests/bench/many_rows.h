/* Makes a database of very many launches quickly: first the rows, then the indexes, triggers and views, by
 * the schema's own statements. It is only for measuring: nothing is signed, and the hashes are zero. */
#ifndef SB_TESTS_BENCH_MANY_ROWS_H
#define SB_TESTS_BENCH_MANY_ROWS_H

#include "service/audit/audit.h"

/* Launches are MANY_STEP_US apart, and the last is at MANY_END. There are five clock events. */
#define MANY_END INT64_C(1790000000000000)
#define MANY_STEP_US INT64_C(800000)

/* Of every million launches, so many are by the user "rare", the rule "rare" and the program rare.exe, with
 * the handle "rare". */
#define MANY_RARE 100

bool many_rows(const char *path, int64_t launches, audit_error *ret_error);

#endif
