/* A database of very many launches, made quickly: rows first, then indexes, triggers and views, in the
 * schema's own words. It is for measuring: nothing is signed, and the hashes are zero. */
#ifndef SB_TESTS_BENCH_MANY_ROWS_H
#define SB_TESTS_BENCH_MANY_ROWS_H

#include "service/audit/audit.h"

/* Launches are MANY_STEP_US apart, the last at MANY_END; five clock events on the way. */
#define MANY_END INT64_C(1790000000000000)
#define MANY_STEP_US INT64_C(800000)

/* Of each million launches: */
#define MANY_RARE \
    100 /* are of the user "rare", the rule "rare", the program rare.exe, with the handle "rare" ... */

bool many_rows(const char *path, int64_t launches, audit_error *ret_error);

#endif
