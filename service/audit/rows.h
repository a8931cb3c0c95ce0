/* The columns of a launch and its handles. */
#ifndef SB_SERVICE_AUDIT_ROWS_H
#define SB_SERVICE_AUDIT_ROWS_H

#include "proto/arena.h"
#include "service/audit/db.h"

typedef struct rows_reader {
    db *d;
    db_statement *launch, *handles; /* by seq */
} rows_reader;

bool rows_begin(rows_reader *r, db *d, audit_error *ret_error);
/* All of the launch with this seq, in the arena. */
bool rows_read(rows_reader *r, int64_t seq, arena *a, msg_launch *ret, audit_error *ret_error);
void rows_end(rows_reader *r);

#endif
