/* The slow and obvious way to ask: every launch in memory, each condition looked at for each. */
#ifndef SB_TESTS_AUDIT_SLOW_H
#define SB_TESTS_AUDIT_SLOW_H

#include "service/audit/audit.h"

enum { SLOW_MOST = 4000 };

typedef struct slow_table {
    arena memory;
    msg_launch rows[SLOW_MOST]; /* oldest first */
    size_t count;
} slow_table;

/* Every launch of the database. False after printing why. */
bool slow_read(audit_store *store, slow_table *ret);
void slow_free(slow_table *t);
bool slow_matches(const msg_launch *row, const audit_filter *filter);

#endif
