#include "service/audit/store.h"

#include <stdio.h>
#include <string.h>

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
    store->committed = store->now;
    return true;
}

void audit_rollback(audit_store *store) {
    if (!store->writing) return;
    /* Some failures roll back by themselves. */
    if (db_in_transaction(store->main)) db_run(store->main, "rolling back", "ROLLBACK", NULL);
    store->writing = false;
    store->now = store->committed;
}

/* Puts each column into the database, into the record's hash, or into both: NULL skips one. */
typedef struct columns {
    db_args *args;
    chain_record *chain;
    const char *added; /* the name of the next column, which a later version added, or NULL */
} columns;

/* Returns where to hash the value that follows. */
static chain_record *value_of(columns *c) {
    if (c->chain && c->added) chain_added(c->chain, c->added);
    return c->chain;
}

static void put_null(columns *c) {
    if (c->args) db_put_null(c->args);
    if (c->chain && !c->added) chain_null(c->chain);
}

static void put(columns *c, int64_t number) {
    if (c->args) db_put(c->args, number);
    if (c->chain) chain_integer(value_of(c), number);
}

static void put_if(columns *c, bool present, int64_t number) {
    if (present) put(c, number);
    else put_null(c);
}

static void put_text(columns *c, const char *text) {
    if (!text) {
        put_null(c);
        return;
    }
    if (c->args) db_put_text(c->args, text);
    if (c->chain) chain_text(value_of(c), text, strlen(text));
}

static void put_blob(columns *c, const void *bytes, size_t length) {
    if (!bytes) {
        put_null(c);
        return;
    }
    if (c->args) db_put_blob(c->args, bytes, length);
    if (c->chain) chain_blob(value_of(c), bytes, length);
}

/* Puts a column of record r into c. */
#define PUT_TEXT(name) put_text(c, r->name);
#define PUT_TEXT_OR_NULL(name) put_text(c, r->name);
#define PUT_NUMBER(name) put(c, r->name);
#define PUT_NUMBER_OR_0(name) put_if(c, r->name != 0, r->name);
#define PUT_NUMBER_OR_MINUS(name) put_if(c, r->name >= 0, r->name);
#define PUT_HASH_OR_NULL(name) put_blob(c, r->name, CRYPTO_HASH_BYTES);
#define PUT_RESULT(name) put_text(c, result_names[r->name]);
#define PUT(name, kind, check) PUT_##kind(name)
#define PUT_SHOWN(name, kind, place, check) PUT_##kind(name)
#define PUT_ADDED(name, kind, place, check) \
    c->added = #name;                       \
    PUT_##kind(name)

static void put_request(columns *c, const audit_request *r) {
    AUDIT_REQUEST_FIRST(PUT_SHOWN, PUT)
    AUDIT_REQUEST_ADDED(PUT_ADDED, PUT_ADDED)
    c->added = NULL;
}

static void put_handle(columns *c, const audit_handle *r) {
    AUDIT_HANDLE_COLUMNS(PUT)
}

static void put_outcome(columns *c, const audit_outcome *r) {
    AUDIT_OUTCOME_COLUMNS(PUT_SHOWN, PUT)
}

static void put_exit(columns *c, const audit_exit *r) {
    AUDIT_EXIT_FIRST(PUT_SHOWN, PUT)
    AUDIT_EXIT_ADDED(PUT_ADDED, PUT_ADDED)
    c->added = NULL;
}

typedef struct event {
    AUDIT_EVENT_COLUMNS(AUDIT_MEMBER)
} event;

static void put_event(columns *c, const event *r) {
    AUDIT_EVENT_COLUMNS(PUT)
}

/* A record that is being added to a table under the next seq. */
typedef struct addition {
    audit_store *store;
    db_args args;
    const char *doing;
    columns columns;
    int64_t seq;
} addition;

static void start(addition *a, audit_store *store, schema_statement statement, char table,
                  const char *doing) {
    *a = (addition){.store = store,
                    .args = db_with(store->statements[statement]),
                    .doing = doing,
                    .seq = store->now.head.seq + 1};
    a->columns = (columns){.args = &a->args, .chain = &store->record};
    chain_start(&store->record, &store->now.head, table);
    put(&a->columns, a->seq);
}

static bool give_up(audit_store *store) {
    audit_rollback(store);
    return false;
}

static bool no_hash(addition *a, audit_error *ret_error) {
    db_end(&a->args);
    db_refuse(a->store->main, DB_ERROR, a->doing, "its hash cannot be computed", ret_error);
    return give_up(a->store);
}

/* Links the record into the chain and adds it. On failure rolls the transaction back. */
static bool finish(addition *a, audit_error *ret_error) {
    chain_link link = {.seq = a->seq};
    if (!chain_hash(&a->store->record, link.hash)) return no_hash(a, ret_error);
    db_put_blob(&a->args, link.hash, sizeof link.hash);
    if (!db_execute(&a->args, a->doing, ret_error)) return give_up(a->store);
    a->store->now.head = link;
    return true;
}

static bool ready(audit_store *store, const char *doing, audit_error *ret_error) {
    return store->writing || db_refuse(store->main, DB_MISUSE, doing, "no transaction is open", ret_error);
}

static bool add_handles(audit_store *store, int64_t launch, const audit_request *r, audit_error *ret_error) {
    for (size_t i = 0; i < r->handle_count; i++) {
        db_args args = db_with(store->statements[SCHEMA_ADD_HANDLE]);
        columns c = {.args = &args};
        db_put(&args, launch);
        put_handle(&c, &r->handles[i]);
        if (!db_execute(&args, "recording a handle", ret_error)) return give_up(store);
    }
    return true;
}

/* Adds an event "clock" if this launch was requested much earlier than one that is recorded already. */
static bool note_clock(audit_store *store, const audit_request *r, audit_error *ret_error) {
    int64_t back = store->now.latest_request - r->requested_at;
    char detail[64];
    if (store->now.latest_request && back > STORE_DISORDER_US) {
        snprintf(detail, sizeof detail, "{\"back_us\":%lld}", (long long)back);
        store->now.latest_request = 0;
        if (!audit_add_event(store, r->requested_at, "clock", detail, ret_error)) return false;
    }
    if (r->requested_at > store->now.latest_request) store->now.latest_request = r->requested_at;
    return true;
}

bool audit_add_request(audit_store *store, const audit_request *r, audit_error *ret_error) {
    static const char doing[] = "recording a launch";
    addition a;
    if (!ready(store, doing, ret_error) || !note_clock(store, r, ret_error)) return false;
    start(&a, store, SCHEMA_ADD_LAUNCH, SCHEMA_LAUNCH, doing);
    columns hashed = {.chain = &store->record};
    put_request(&a.columns, r);
    for (size_t i = 0; i < r->handle_count; i++) put_handle(&hashed, &r->handles[i]);
    put(&hashed, (int64_t)r->handle_count);
    return finish(&a, ret_error) && add_handles(store, a.seq, r, ret_error);
}

/* Finds the seq of a launch that must exist. */
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

static bool add_outcome(audit_store *store, int64_t launch, audit_outcome outcome, audit_error *ret_error) {
    addition a;
    if (outcome.outcome != AUDIT_DENIED && outcome.outcome != AUDIT_FAILED) outcome.error_code = -1;
    if (outcome.outcome == AUDIT_STARTED) outcome.stage = outcome.error_message = NULL;
    start(&a, store, SCHEMA_ADD_OUTCOME, SCHEMA_OUTCOME, outcome_doing);
    put(&a.columns, launch);
    put_outcome(&a.columns, &outcome);
    return finish(&a, ret_error);
}

bool audit_add_outcome(audit_store *store, const audit_outcome *outcome, audit_error *ret_error) {
    int64_t launch = 0;
    return ready(store, outcome_doing, ret_error) &&
           find(store, outcome->launch_id, outcome_doing, &launch, ret_error) &&
           add_outcome(store, launch, *outcome, ret_error);
}

bool store_add_outcome(audit_store *store, int64_t launch, const audit_outcome *outcome,
                       audit_error *ret_error) {
    return add_outcome(store, launch, *outcome, ret_error);
}

bool store_add_interrupted(audit_store *store, int64_t launch, int64_t now, audit_error *ret_error) {
    audit_outcome outcome = {.at = now,
                             .outcome = AUDIT_INTERRUPTED,
                             .error_message = "the broker ended before it knew",
                             .attested = -1,
                             .create_us = -1,
                             .total_us = -1};
    return add_outcome(store, launch, outcome, ret_error);
}

bool audit_add_exit(audit_store *store, const audit_exit *e, audit_error *ret_error) {
    static const char doing[] = "recording the exit of a child";
    int64_t launch = 0;
    addition a;
    if (!ready(store, doing, ret_error) || !find(store, e->launch_id, doing, &launch, ret_error))
        return false;
    start(&a, store, SCHEMA_ADD_EXIT, SCHEMA_EXIT, doing);
    put(&a.columns, launch);
    put_exit(&a.columns, e);
    return finish(&a, ret_error);
}

bool audit_add_event(audit_store *store, int64_t at, const char *kind, const char *detail,
                     audit_error *ret_error) {
    static const char doing[] = "recording an event";
    addition a;
    if (!ready(store, doing, ret_error)) return false;
    start(&a, store, SCHEMA_ADD_EVENT, SCHEMA_EVENT, doing);
    put_event(&a.columns, &(event){at, kind, detail});
    return finish(&a, ret_error);
}

bool store_add_checkpoint(audit_store *store, int64_t at, const chain_link *gone, audit_error *ret_error) {
    static const char doing[] = "signing the audit";
    uint8_t digest[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    addition a;

    if (!ready(store, doing, ret_error)) return false;
    start(&a, store, SCHEMA_ADD_CHECKPOINT, SCHEMA_CHECKPOINT, doing);
    put(&a.columns, at);
    put_if(&a.columns, gone != NULL, gone ? gone->seq : 0);
    put_blob(&a.columns, gone ? gone->hash : NULL, CRYPTO_HASH_BYTES);
    if (!chain_signed_hash(&store->record, store->origin_hash, digest)) return no_hash(&a, ret_error);

    if (!crypto_sign(store->key, digest, signature)) {
        db_end(&a.args);
        db_refuse(store->main, DB_ERROR, doing, "the system does not sign with its key", ret_error);
        return give_up(store);
    }

    put_blob(&a.columns, signature, sizeof signature);
    if (!finish(&a, ret_error)) return false;
    store->now.checkpoint_seq = a.seq;
    store->now.checkpoint_at = at;

    return true;
}

bool audit_add_checkpoint(audit_store *store, int64_t at, audit_error *ret_error) {
    return store_add_checkpoint(store, at, NULL, ret_error);
}

bool audit_checkpoint_due(const audit_store *store, int64_t now) {
    int64_t since = now - store->now.checkpoint_at; /* negative if the clock was set back */
    return store->now.head.seq - store->now.checkpoint_seq >= AUDIT_CHECKPOINT_RECORDS ||
           since >= AUDIT_CHECKPOINT_US || since < 0;
}

const char *audit_result_name(audit_result result) {
    return result_names[result];
}
