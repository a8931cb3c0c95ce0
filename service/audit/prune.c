#include "service/audit/store.h"
#include "service/audit/walk.h"

/* However small the database is to be, so many of the newest records stay, and a step is worth its own
 * record. */
enum { STEP_RECORDS = 256, NEWEST_RECORDS = 1000, LEAST_RECORDS = 64 };

static const char doing[] = "pruning the audit";

static bool number(audit_store *store, schema_statement which, int64_t argument, int64_t *ret,
                   audit_error *ret_error) {
    db_args args = db_with(store->statements[which]);
    db_row row;
    bool found = false;
    if (argument) db_put(&args, argument);
    bool ok = db_next(&args, doing, &row, &found, ret_error);
    if (ok) *ret = found ? db_get(&row) : 0;
    db_end(&args);
    return ok;
}

/* The bytes that the database uses: not those that it could give back. */
static bool used_bytes(audit_store *store, int64_t *ret, audit_error *ret_error) {
    return db_number(store->main, doing,
                     "SELECT (page_count - freelist_count) * page_size "
                     "FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
                     ret, ret_error);
}

/* The last record that may go in this step; 0: none may. Time is read from checkpoints: what is before one
 * was written before it. Where clocks were wrong, more is kept rather than less. What an open launch, or the
 * last checkpoint, rests on stays. */
static bool find_last(audit_store *store, const audit_retention *keep, int64_t now, int64_t first,
                      int64_t *ret, audit_error *ret_error) {
    int64_t old = 0, bytes = 0, undecided = 0, last = store->now.checkpoint_seq - 1;
    if (keep->max_age_us && !number(store, SCHEMA_CHECKPOINT_BEFORE, now - keep->max_age_us, &old, ret_error))
        return false;
    if (keep->max_bytes && !used_bytes(store, &bytes, ret_error)) return false;
    if (!number(store, SCHEMA_NEXT_UNDECIDED, 0, &undecided, ret_error)) return false;
    bool too_large = keep->max_bytes && bytes > keep->max_bytes;
    int64_t spare = store->now.head.seq - NEWEST_RECORDS < last ? store->now.head.seq - NEWEST_RECORDS : last;
    if (old < last) last = old;
    if (too_large && spare > last && spare - first >= LEAST_RECORDS) last = spare;
    if (undecided && undecided - 1 < last) last = undecided - 1;
    if (first + STEP_RECORDS - 1 < last) last = first + STEP_RECORDS - 1;
    *ret = last < first ? 0 : last;
    return true;
}

static bool remove_through(audit_store *store, int64_t last, audit_error *ret_error) {
    for (int i = SCHEMA_FIRST_PRUNING; i <= SCHEMA_LAST_PRUNED; i++) {
        db_args args = db_with(store->statements[i]);
        db_put(&args, last);
        if (!db_execute(&args, doing, ret_error)) return false;
    }
    return true;
}

bool audit_prune_step(audit_store *store, const audit_retention *retention, int64_t now, int64_t *ret_removed,
                      audit_error *ret_error) {
    int64_t gone = 0, last = 0;
    chain_link link;
    if (!audit_begin(store, ret_error)) return false;
    bool ok = number(store, SCHEMA_LAST_PRUNING, 0, &gone, ret_error) &&
              find_last(store, retention, now, gone + 1, &last, ret_error);
    if (ok && last)
        ok = walk_link(store, last, &link, ret_error) && store_add_checkpoint(store, now, &link, ret_error) &&
             remove_through(store, last, ret_error) && audit_commit(store, ret_error);
    /* The pages at the end, some at a time: outside a transaction it is one of its own. If not now, then
     * later. */
    if (ok && last) db_run(store->main, doing, "PRAGMA incremental_vacuum(64)", NULL);
    audit_rollback(store); /* if it is still open */
    if (ok) *ret_removed = last ? last - gone : 0;
    return ok;
}
