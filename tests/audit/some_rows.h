/* Launches of every kind, the same ones each time: several users and programs, handles, clocks that jump,
 * outcomes and exits that come late, or never. */
#ifndef SB_TESTS_AUDIT_SOME_ROWS_H
#define SB_TESTS_AUDIT_SOME_ROWS_H

#include "service/audit/audit.h"

/* Pseudo-random, below limit. */
unsigned some_below(unsigned limit);
/* Adds count launches. False after printing why. */
bool some_rows(audit_store *store, int count);
/* A filter with some conditions that mostly find something. */
audit_filter some_filter(int64_t last_seq);

/* The times lie from here on. */
#define SOME_START INT64_C(1790000000000000)

#endif
