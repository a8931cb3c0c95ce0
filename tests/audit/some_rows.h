/* Adds launches of every kind, the same each time: several users and programs, handles, clocks that jump, and
 * outcomes and exits that come late or never. */
#ifndef SB_TESTS_AUDIT_SOME_ROWS_H
#define SB_TESTS_AUDIT_SOME_ROWS_H

#include "service/audit/audit.h"

/* Returns a pseudo-random number below limit. */
unsigned some_below(unsigned limit);
/* Adds `count` launches. Prints why it returns false. */
bool some_rows(audit_store *store, int count);
/* Returns a filter with some conditions, which usually finds something. */
audit_filter some_filter(int64_t last_seq);

/* All times are at or after this one, except for clocks that jump back. */
#define SOME_START INT64_C(1790000000000000)

#endif
