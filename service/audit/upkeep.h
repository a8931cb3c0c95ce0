/* Backup and measurement of a database file, without its broker. */
#ifndef SB_SERVICE_AUDIT_UPKEEP_H
#define SB_SERVICE_AUDIT_UPKEEP_H

#include "service/audit/audit.h"

/* Copies the whole database `from` to a new file, while a broker may write to it. `to` must not exist, and
 * does not after a failure. The copy needs no -wal file. progress is called now and then; NULL is fine. */
bool audit_backup(const char *from, const char *to,
                  void (*progress)(void *context, int64_t done, int64_t total), void *context,
                  audit_error *ret_error);

typedef struct audit_usage {
    int64_t database_bytes, wal_bytes, reserve_bytes;
    int64_t free_bytes; /* unused pages, which the database fills before it grows */
    int64_t records, launches;
    int64_t first_seq, last_seq, pruned_through;
    int64_t oldest_at, newest_at; /* requested_at of launches; 0: there are none */
} audit_usage;

/* Measures a database. Quick, however large it is, unless `count` asks for the number of launches. */
bool audit_measure(const char *path, bool count, audit_usage *ret, audit_error *ret_error);

#endif
