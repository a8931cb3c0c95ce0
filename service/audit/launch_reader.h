/* Reads launches with their handles, as messages have them. */
#ifndef SB_SERVICE_AUDIT_LAUNCH_READER_H
#define SB_SERVICE_AUDIT_LAUNCH_READER_H

#include "proto/arena.h"
#include "service/audit/store.h"

typedef struct launch_reader {
    db *d;
    db_statement *launch, *handles; /* by the launch's seq */
} launch_reader;

bool launch_reader_begin(launch_reader *r, audit_store *store, audit_error *ret_error);
/* Reads the launch with this seq into the arena. */
bool launch_reader_read(launch_reader *r, int64_t seq, arena *a, msg_launch *ret, audit_error *ret_error);
void launch_reader_end(launch_reader *r);

#endif
