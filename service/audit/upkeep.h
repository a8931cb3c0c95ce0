/* What administrators do with a database file, beside the broker. */
#ifndef SB_SERVICE_AUDIT_UPKEEP_H
#define SB_SERVICE_AUDIT_UPKEEP_H

#include "service/audit/audit.h"

/* Copies the database at from to a new file, whole, while a broker may be writing to it. to must not exist;
 * on failure it does not. The copy needs no -wal beside it. progress: now and then; NULL is fine. */
bool audit_backup(const char *from, const char *to,
                  void (*progress)(void *context, int64_t done, int64_t total), void *context,
                  audit_error *ret_error);

typedef struct audit_usage {
    int64_t database_bytes, wal_bytes, reserve_bytes;
    int64_t free_bytes; /* in the database, used again before it grows */
    int64_t records, launches;
    int64_t first_seq, last_seq, pruned_through;
    int64_t oldest_at, newest_at; /* requested_at of launches; 0: there is none */
} audit_usage;

/* Does not count rows one by one: quick, however large the database is; but launches are counted when count
 * is set. */
bool audit_measure(const char *path, bool count, audit_usage *ret, audit_error *ret_error);

#endif
