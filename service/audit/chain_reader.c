#include "service/audit/chain_reader.h"

#include <stdio.h>
#include <string.h>

static const char doing[] = "reading the audit's records";

/* Counts the columns before `hash`: seq, the launch's seq where there is one, and these. */
#define ONE(name, kind, check) +1
#define ONE_SHOWN(name, kind, place, check) +1

static const struct {
    schema_statement read;
    char table;
    int hash; /* the index of that column; those behind it were added later */
} tables[CHAIN_TABLES] = {
    {SCHEMA_READ_LAUNCHES, SCHEMA_LAUNCH, 1 AUDIT_REQUEST_FIRST(ONE_SHOWN, ONE)},
    {SCHEMA_READ_OUTCOMES, SCHEMA_OUTCOME, 2 AUDIT_OUTCOME_COLUMNS(ONE_SHOWN, ONE)},
    {SCHEMA_READ_EXITS, SCHEMA_EXIT, 2 AUDIT_EXIT_FIRST(ONE_SHOWN, ONE)},
    {SCHEMA_READ_EVENTS, SCHEMA_EVENT, 1 AUDIT_EVENT_COLUMNS(ONE)},
    {SCHEMA_READ_CHECKPOINTS, SCHEMA_CHECKPOINT, 1 AUDIT_CHECKPOINT_COLUMNS(ONE)},
};

static bool advance(chain_cursor *c, audit_error *ret_error) {
    if (!db_next(&c->args, doing, &c->row, &c->there, ret_error)) return false;
    if (c->there) c->seq = db_get(&c->row);
    return true;
}

static bool open_cursor(chain_cursor *c, audit_store *store, schema_statement read, int64_t first,
                        audit_error *ret_error) {
    c->args = db_with(store->statements[read]);
    db_put(&c->args, first);
    return advance(c, ret_error);
}

bool chain_reader_start(chain_reader *w, audit_store *store, int64_t first, audit_error *ret_error) {
    chain_origin origin;
    chain_link begin = {0};
    bool found = false;
    *w = (chain_reader){.store = store};
    if (!chain_read_origin(store, &origin, &found, ret_error)) return false;
    if (found && chain_begin(&origin, &begin)) memcpy(w->origin, begin.hash, sizeof w->origin);
    for (int i = 0; i < CHAIN_TABLES; i++)
        if (!open_cursor(&w->tables[i], store, tables[i].read, first, ret_error)) return false;
    return open_cursor(&w->handles, store, SCHEMA_READ_HANDLES, first, ret_error);
}

void chain_reader_end(chain_reader *w) {
    for (int i = 0; i < CHAIN_TABLES; i++)
        if (w->tables[i].args.statement) db_end(&w->tables[i].args);
    if (w->handles.args.statement) db_end(&w->handles.args);
    chain_free(&w->record);
}

static void chain_value(chain_record *r, const db_value *v) {
    switch (v->type) {
    case DB_NULL: chain_null(r); break;
    case DB_INTEGER: chain_integer(r, v->integer); break;
    case DB_TEXT: chain_text(r, v->bytes, v->length); break;
    case DB_BLOB: chain_blob(r, v->bytes, v->length); break;
    case DB_OTHER: r->failed = true; break; /* the broker writes no such value */
    }
}

static bool copy_blob(const db_value *v, void *to, size_t length) {
    if (v->type != DB_BLOB || v->length != length) return false;
    memcpy(to, v->bytes, length);
    return true;
}

/* Notes the values that verifying needs. The column after seq is number 1 (proto/audit_columns.h). */
static void note(chain_item *item, int column, const db_value *v) {
    bool launch = item->table == SCHEMA_LAUNCH, checkpoint = item->table == SCHEMA_CHECKPOINT;
    bool refers = item->table == SCHEMA_OUTCOME || item->table == SCHEMA_EXIT;
    if (column == (launch || refers ? 2 : 1)) item->at = v->integer;
    if (checkpoint && column == 2) item->pruned_through = v->integer;
    if (checkpoint && column == 4)
        item->has_signature = copy_blob(v, item->signature, sizeof item->signature);
}

/* Adds the launch's handles and their number to its bytes. */
static bool add_handles(chain_reader *w, int64_t launch, audit_error *ret_error) {
    int64_t count = 0;
    for (; w->handles.there && w->handles.seq == launch; count++) {
        for (int i = 1, columns = db_columns(&w->handles.row); i < columns; i++) {
            db_value v = db_get_value(&w->handles.row);
            chain_value(&w->record, &v);
        }
        if (!advance(&w->handles, ret_error)) return false;
    }
    chain_integer(&w->record, count);
    return true;
}

static bool read_record(chain_reader *w, chain_cursor *c, const chain_link *previous, chain_item *item,
                        audit_error *ret_error) {
    int columns = db_columns(&c->row), before_hash = tables[c - w->tables].hash;

    chain_start(&w->record, previous, item->table);
    chain_integer(&w->record, item->seq);
    for (int i = 1; i < before_hash; i++) {
        db_value v = db_get_value(&c->row);
        note(item, i, &v);
        if (item->table == SCHEMA_CHECKPOINT && i == before_hash - 1 &&
            !chain_signed_hash(&w->record, w->origin, item->digest))
            w->record.failed = true;
        chain_value(&w->record, &v);
    }

    db_value hash = db_get_value(&c->row);
    item->has_hash = copy_blob(&hash, item->hash, sizeof item->hash);
    for (int i = before_hash + 1; i < columns; i++) {
        const char *name = db_column_name(&c->row);
        db_value v = db_get_value(&c->row);
        if (v.type == DB_NULL) continue;
        chain_added(&w->record, name);
        chain_value(&w->record, &v);
    }
    if (item->table == SCHEMA_LAUNCH && !add_handles(w, item->seq, ret_error)) return false;

    if (!chain_hash(&w->record, item->computed)) {
        char reason[64];
        snprintf(reason, sizeof reason, "record %lld cannot be hashed", (long long)item->seq);
        return db_refuse(w->store->main, DB_CORRUPT, doing, reason, ret_error);
    }

    return advance(c, ret_error);
}

bool chain_reader_next(chain_reader *w, const chain_link *previous, chain_item *ret, bool *ret_found,
                       audit_error *ret_error) {
    chain_item item = {0};
    chain_cursor *first = NULL;

    for (int i = 0; i < CHAIN_TABLES; i++) {
        chain_cursor *c = &w->tables[i];
        if (!c->there || (first && first->seq <= c->seq)) continue;
        first = c;
        item.table = tables[i].table;
    }

    if (w->handles.there && (!first || w->handles.seq < first->seq)) {
        first = &w->handles;
        item.table = CHAIN_STRAY_HANDLE;
    }

    *ret_found = first != NULL;
    if (!first) return true;
    item.seq = first->seq;

    if (item.table == CHAIN_STRAY_HANDLE ? !advance(first, ret_error)
                                         : !read_record(w, first, previous, &item, ret_error))
        return false;

    *ret = item;
    return true;
}

/* Reads the first row of a statement with one argument; 0: it has none. */
static bool first_row(audit_store *store, schema_statement which, int64_t argument, db_args *args,
                      db_row *row, bool *ret_found, audit_error *ret_error) {
    *args = db_with(store->statements[which]);
    if (argument) db_put(args, argument);
    return db_next(args, doing, row, ret_found, ret_error);
}

static bool pruned_link(audit_store *store, int64_t seq, chain_link *ret, bool *ret_found,
                        audit_error *ret_error) {
    db_args args;
    db_row row;
    bool found = false, ok = first_row(store, SCHEMA_LAST_PRUNING, 0, &args, &row, &found, ret_error);
    if (ok && found && db_get(&row) == seq) {
        const void *hash = db_get_blob(&row, sizeof ret->hash);
        *ret_found = hash != NULL;
        ret->seq = seq;
        if (hash) memcpy(ret->hash, hash, sizeof ret->hash);
    }
    db_end(&args);
    return ok;
}

bool chain_read_origin(audit_store *store, chain_origin *ret, bool *ret_found, audit_error *ret_error) {
    db_args args;
    db_row row;
    chain_origin origin = {0};
    bool found = false, ok = first_row(store, SCHEMA_ORIGIN, 0, &args, &row, &found, ret_error);
    if (ok && found) {
        const void *id = db_get_blob(&row, sizeof origin.id);
        if (id) memcpy(origin.id, id, sizeof origin.id);
        origin.created_at = db_get(&row);
        const void *key = db_get_blob(&row, sizeof origin.public_key);
        if (key) memcpy(origin.public_key, key, sizeof origin.public_key);
        found = id && key;
    }
    db_end(&args);
    if (ok && found) *ret = origin;
    if (ok) *ret_found = found;
    return ok;
}

bool chain_read_link(audit_store *store, int64_t seq, chain_link *ret, audit_error *ret_error) {
    chain_link link = {.seq = seq};
    chain_origin origin;
    db_args args;
    db_row row;
    char reason[64];
    bool found = false;

    if (!seq) {
        if (!chain_read_origin(store, &origin, &found, ret_error)) return false;
        if (!found) return db_refuse(store->main, DB_CORRUPT, doing, "the chain has no origin", ret_error);
        if (!chain_begin(&origin, &link))
            return db_refuse(store->main, DB_ERROR, doing, "its hash cannot be computed", ret_error);
        *ret = link;
        return true;
    }

    if (!pruned_link(store, seq, &link, &found, ret_error)) return false;
    if (!found) {
        bool ok = first_row(store, SCHEMA_HASH_OF, seq, &args, &row, &found, ret_error);
        const void *hash = ok && found ? db_get_blob(&row, sizeof link.hash) : NULL;
        if (hash) memcpy(link.hash, hash, sizeof link.hash);
        db_end(&args);
        if (!ok) return false;
        found = hash != NULL;
    }

    if (!found) {
        snprintf(reason, sizeof reason, "record %lld is missing", (long long)seq);
        return db_refuse(store->main, DB_CORRUPT, doing, reason, ret_error);
    }

    *ret = link;
    return true;
}
