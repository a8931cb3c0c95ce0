#include "store.h"

static const char *const result_names[] = {
    [AUDIT_STARTED] = "started",
    [AUDIT_DENIED] = "denied",
    [AUDIT_FAILED] = "failed",
    [AUDIT_INTERRUPTED] = "interrupted",
};

bool audit_begin(audit_store *store, audit_error *ret_error) {
    static const char doing[] = "beginning an audit transaction";
    if (store->writing) return db_refuse(store->main, DB_MISUSE, doing, "one is open already", ret_error);
    if (!store->lock) return db_refuse(store->main, DB_READ_ONLY, doing, "it is open for reading", ret_error);
    if (!db_run(store->main, doing, "BEGIN IMMEDIATE", ret_error)) return false;
    store->writing = true;
    return true;
}

bool audit_commit(audit_store *store, audit_error *ret_error) {
    static const char doing[] = "committing to the audit database";
    if (!store->writing) return db_refuse(store->main, DB_MISUSE, doing, "no transaction is open", ret_error);
    if (!db_run(store->main, doing, "COMMIT", ret_error)) {
        audit_rollback(store);
        return false;
    }
    store->writing = false;
    store->committed_seq = store->last_seq;
    return true;
}

void audit_rollback(audit_store *store) {
    if (!store->writing) return;
    /* Some failures have rolled back by themselves. */
    if (db_in_transaction(store->main)) db_run(store->main, "rolling back", "ROLLBACK", NULL);
    store->writing = false;
    store->last_seq = store->committed_seq;
}

/* Runs the addition of one record, whose seq is the next. */
static bool add(audit_store *store, db_args *args, const char *doing, audit_error *ret_error) {
    if (!db_execute(args, doing, ret_error)) {
        audit_rollback(store);
        return false;
    }
    return true;
}

static bool ready(audit_store *store, const char *doing, audit_error *ret_error) {
    return store->writing || db_refuse(store->main, DB_MISUSE, doing, "no transaction is open", ret_error);
}

static bool add_handle(audit_store *store, int64_t launch, const audit_handle *h, audit_error *ret_error) {
    db_args args = db_with(store->statements[SCHEMA_ADD_HANDLE]);
    db_put(&args, launch);
    db_put(&args, h->position);
    db_put_text(&args, h->name);
    db_put_text(&args, h->type);
    db_put(&args, h->granted_access);
    db_put(&args, h->caller_value);
    db_put(&args, h->child_value);
    db_put_if(&args, h->fd != 0, h->fd);
    return add(store, &args, "recording a handle", ret_error);
}

bool audit_add_request(audit_store *store, const audit_request *r, audit_error *ret_error) {
    static const char doing[] = "recording a launch";
    if (!ready(store, doing, ret_error)) return false;
    int64_t seq = ++store->last_seq;
    db_args args = db_with(store->statements[SCHEMA_ADD_LAUNCH]);
    db_put(&args, seq);
    db_put_text(&args, r->launch_id);
    db_put(&args, r->requested_at);
    db_put(&args, r->caller_pid);
    db_put_if(&args, r->caller_started_at != 0, r->caller_started_at);
    db_put(&args, r->caller_session);
    db_put_text(&args, r->caller_image);
    db_put_text(&args, r->caller_sid);
    db_put_text(&args, r->caller_user);
    db_put_text(&args, r->application);
    db_put_text(&args, r->command_line);
    db_put_text(&args, r->directory);
    db_put_text(&args, r->environment_names);
    db_put_text(&args, r->lifetime);
    db_put(&args, r->creation_flags);
    db_put_text(&args, r->rule);
    if (!add(store, &args, doing, ret_error)) return false;
    for (size_t i = 0; i < r->handle_count; i++) {
        if (!add_handle(store, seq, &r->handles[i], ret_error)) return false;
    }
    return true;
}

/* The seq of a launch that must be there. */
static bool find(audit_store *store, const char *launch_id, const char *doing, int64_t *ret_launch,
                 audit_error *ret_error) {
    db_args args = db_with(store->statements[SCHEMA_FIND_LAUNCH]);
    db_row row;
    bool found = false;
    db_put_text(&args, launch_id);
    bool ok = db_next(&args, doing, &row, &found, ret_error);
    if (ok && found) *ret_launch = db_get(&row);
    else if (ok) db_refuse(store->main, DB_NOT_FOUND, doing, "its launch is not recorded", ret_error);
    db_end(&args);
    if (!found) audit_rollback(store);
    return found;
}

static const char outcome_doing[] = "recording the outcome of a launch";

static bool add_outcome(audit_store *store, int64_t launch, const audit_outcome *o, audit_error *ret_error) {
    bool started = o->outcome == AUDIT_STARTED;
    bool has_code = o->outcome == AUDIT_DENIED || o->outcome == AUDIT_FAILED;
    db_args args = db_with(store->statements[SCHEMA_ADD_OUTCOME]);
    db_put(&args, ++store->last_seq);
    db_put(&args, launch);
    db_put(&args, o->at);
    db_put_text(&args, result_names[o->outcome]);
    db_put_text(&args, started ? NULL : o->stage);
    db_put_if(&args, has_code, o->error_code);
    db_put_text(&args, started ? NULL : o->error_message);
    db_put_if(&args, o->child_pid != 0, o->child_pid);
    db_put_if(&args, o->child_tid != 0, o->child_tid);
    db_put_if(&args, o->attested >= 0, o->attested);
    db_put_if(&args, o->started_at != 0, o->started_at);
    db_put_if(&args, o->create_us >= 0, o->create_us);
    db_put_if(&args, o->total_us >= 0, o->total_us);
    return add(store, &args, outcome_doing, ret_error);
}

bool audit_add_outcome(audit_store *store, const audit_outcome *outcome, audit_error *ret_error) {
    int64_t launch;
    return ready(store, outcome_doing, ret_error) &&
           find(store, outcome->launch_id, outcome_doing, &launch, ret_error) &&
           add_outcome(store, launch, outcome, ret_error);
}

bool store_add_interrupted(audit_store *store, int64_t launch, int64_t now, audit_error *ret_error) {
    audit_outcome outcome = {.at = now,
                             .outcome = AUDIT_INTERRUPTED,
                             .error_message = "the broker ended before it knew",
                             .attested = -1,
                             .create_us = -1,
                             .total_us = -1};
    return add_outcome(store, launch, &outcome, ret_error);
}

bool audit_add_exit(audit_store *store, const audit_exit *e, audit_error *ret_error) {
    static const char doing[] = "recording the exit of a child";
    int64_t launch;
    if (!ready(store, doing, ret_error) || !find(store, e->launch_id, doing, &launch, ret_error))
        return false;
    db_args args = db_with(store->statements[SCHEMA_ADD_EXIT]);
    db_put(&args, ++store->last_seq);
    db_put(&args, launch);
    db_put(&args, e->exited_at);
    db_put(&args, e->exit_code);
    return add(store, &args, doing, ret_error);
}

bool audit_add_event(audit_store *store, int64_t at, const char *kind, const char *detail,
                     audit_error *ret_error) {
    static const char doing[] = "recording an event";
    if (!ready(store, doing, ret_error)) return false;
    db_args args = db_with(store->statements[SCHEMA_ADD_EVENT]);
    db_put(&args, ++store->last_seq);
    db_put(&args, at);
    db_put_text(&args, kind);
    db_put_text(&args, detail);
    return add(store, &args, doing, ret_error);
}
