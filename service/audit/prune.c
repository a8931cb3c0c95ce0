#include "service/audit/store.h"
#include "service/audit/chain_reader.h"

/* However small the database shall be, NEWEST_RECORDS stay. A step removes at least LEAST_RECORDS to be worth
 * its checkpoint. */
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

/* Measures the bytes in use, without the pages that the database could give back. */
static bool used_bytes(audit_store *store, int64_t *ret, audit_error *ret_error) {
    return db_number(store->main, doing,
                     "SELECT (page_count - freelist_count) * page_size "
                     "FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
                     ret, ret_error);
}

/* Finds the last record that this step may remove; 0: none. It reads time from checkpoints, since every
 * record before one was written before it. If a clock was wrong, more records stay, not fewer. Records that
 * an open launch or the last checkpoint needs stay. */
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
        ok = chain_read_link(store, last, &link, ret_error) &&
             store_add_checkpoint(store, now, &link, ret_error) && remove_through(store, last, ret_error) &&
             audit_commit(store, ret_error);
    /* Gives back some pages at the end. Outside a transaction this is one of its own; if it fails, a later
     * step repeats it. */
    if (ok && last) db_run(store->main, doing, "PRAGMA incremental_vacuum(64)", NULL);
    audit_rollback(store); /* a no-op after a commit */
    if (ok) *ret_removed = last ? last - gone : 0;
    return ok;
}
