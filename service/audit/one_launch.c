/* Finds and reads a single launch. */
#include "service/audit/launch_reader.h"
#include "service/audit/schema.h"

static const char doing[] = "reading the audit database";

static bool first_number(db_args *args, int64_t *ret, audit_error *ret_error) {
    db_row row;
    bool found = false, ok = db_next(args, doing, &row, &found, ret_error);
    if (ok) *ret = found ? db_get(&row) : 0;
    db_end(args);
    return ok;
}

bool audit_find_key(audit_store *store, const audit_key *key, int64_t *ret_seq, audit_error *ret_error) {
    db_args args = db_with(store->statements[SCHEMA_FIND_KEY]);
    db_put_text(&args, key->key);
    db_put_text(&args, key->sid);
    db_put(&args, key->pid);
    db_put(&args, key->started_at);
    return first_number(&args, ret_seq, ret_error);
}

bool audit_next_running(audit_store *store, int64_t after, int64_t *ret_seq, audit_error *ret_error) {
    db_args args = db_with(store->statements[SCHEMA_NEXT_RUNNING]);
    db_put(&args, after);
    return first_number(&args, ret_seq, ret_error);
}

bool audit_launch(audit_store *store, int64_t seq, arena *a, msg_launch *ret, uint32_t *ret_thread_id,
                  audit_error *ret_error) {
    launch_reader r;
    int64_t thread = 0;
    db_args args = db_with(store->statements[SCHEMA_CHILD_THREAD]);
    db_put(&args, seq);
    bool ok = first_number(&args, &thread, ret_error) && launch_reader_begin(&r, store, ret_error);
    if (!ok) return false;
    ok = launch_reader_read(&r, seq, a, ret, ret_error);
    launch_reader_end(&r);
    *ret_thread_id = (uint32_t)thread;
    return ok;
}
