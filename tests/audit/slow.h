/* Answers filters the slow and obvious way: reads every launch into memory and checks every condition for
 * each. */
#ifndef SB_TESTS_AUDIT_SLOW_H
#define SB_TESTS_AUDIT_SLOW_H

#include "service/audit/audit.h"

enum { SLOW_MOST = 4000 };

typedef struct slow_table {
    arena memory;
    msg_launch rows[SLOW_MOST]; /* the oldest first */
    size_t count;
} slow_table;

/* Reads every launch. Prints why it returns false. */
bool slow_read(audit_store *store, slow_table *ret);
void slow_free(slow_table *t);
bool slow_matches(const msg_launch *row, const audit_filter *filter);

#endif
