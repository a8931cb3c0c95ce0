#include "service/audit/upkeep.h"

#include "service/audit/db.h"
#include "service/audit/files.h"
#include "service/audit/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool audit_backup(const char *from, const char *to,
                  void (*progress)(void *context, int64_t done, int64_t total), void *context,
                  audit_error *ret_error) {
    static const char doing[] = "copying the audit database";
    audit_store *look = NULL; /* opened only to check that it is an audit database */
    db *source = NULL, *copy = NULL;
    if (files_exist(to))
        return db_refuse(NULL, DB_CANNOT_OPEN, doing, "there is a file of that name already", ret_error);
    bool ok = audit_open_reader(from, &look, ret_error) &&
              db_open(from, DB_FOR_READING, &source, ret_error) &&
              db_open(to, DB_FOR_LOCKING, &copy, ret_error) &&
              db_copy(source, copy, progress, context, ret_error) &&
              db_run(copy, doing, "PRAGMA journal_mode = DELETE", ret_error);
    db_close(&copy);
    db_close(&source);
    audit_close(&look);
    if (!ok) files_remove(to);
    return ok;
}

static int64_t beside(const char *path, const char *suffix) {
    size_t size = strlen(path) + strlen(suffix) + 1;
    char *name = malloc(size);
    if (!name) return 0;
    snprintf(name, size, "%s%s", path, suffix);
    int64_t bytes = files_size(name);
    free(name);
    return bytes;
}

bool audit_measure(const char *path, bool count, audit_usage *ret, audit_error *ret_error) {
    static const char doing[] = "measuring the audit database";
    audit_usage u = {.database_bytes = files_size(path),
                     .wal_bytes = beside(path, "-wal"),
                     .reserve_bytes = beside(path, ".reserve")};
    const struct {
        const char *sql;
        int64_t *to;
    } questions[] = {
        {"SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size", &u.free_bytes},
        {schema_last_seq, &u.last_seq},
        {"SELECT max(pruned_through) FROM checkpoint", &u.pruned_through},
        {"SELECT requested_at FROM launch ORDER BY seq LIMIT 1", &u.oldest_at},
        {"SELECT requested_at FROM launch ORDER BY seq DESC LIMIT 1", &u.newest_at},
        {count ? "SELECT count(*) FROM launch" : "SELECT 0", &u.launches},
    };
    audit_store *look = NULL;
    db *d = NULL;
    bool ok = audit_open_reader(path, &look, ret_error) && db_open(path, DB_FOR_READING, &d, ret_error);

    for (size_t i = 0; ok && i < sizeof questions / sizeof *questions; i++)
        ok = db_number(d, doing, questions[i].sql, questions[i].to, ret_error);
    db_close(&d);
    audit_close(&look);
    if (!ok) return false;
    u.records = u.last_seq - u.pruned_through;
    u.first_seq = u.records ? u.pruned_through + 1 : 0;

    *ret = u;
    return true;
}
