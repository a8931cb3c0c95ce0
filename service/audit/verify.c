#include "service/audit/verify.h"

#include "service/audit/verify_schema.h"
#include "service/audit/chain_reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PROGRESS_EVERY = 4096 };

typedef struct verifier {
    const audit_verification *how;
    audit_store *store;
    crypto_key *key; /* NULL: no signature is checked */
    audit_verdict verdict;
    int64_t total;
    int64_t checkpoint_seq, checkpoint_at; /* of the last checkpoint, good or not */
    bool pruning_signed;                   /* the checkpoint that says what was pruned is good */
} verifier;

static void find(verifier *v, const char *format, ...) {
    char text[512];
    va_list list;
    if (v->verdict.findings++ >= AUDIT_FINDINGS_MOST) return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    v->how->finding(v->how->context, text);
}

static const char *name_of(char table) {
    switch (table) {
    case SCHEMA_LAUNCH: return "launch";
    case SCHEMA_OUTCOME: return "outcome";
    case SCHEMA_EXIT: return "exit";
    case SCHEMA_EVENT: return "event";
    default: return "checkpoint";
    }
}

/* ---- the chain's origin and key ---- */

static bool check_origin(verifier *v, audit_error *ret_error) {
    chain_origin origin;
    bool found = false;
    if (!chain_read_origin(v->store, &origin, &found, ret_error)) return false;
    if (!found) {
        find(v, "the chain's origin is missing (table chain)");
        return true;
    }
    v->store->origin = origin;
    if (!v->how->public_key) {
        find(v, "no public key is trusted, so no signature was checked");
    } else if (memcmp(v->how->public_key, origin.public_key, CRYPTO_PUBLIC_BYTES) != 0) {
        find(v, "the chain is signed by another key than the trusted one (table chain)");
    } else if (!crypto_key_public(v->how->public_key, &v->key)) {
        find(v, "the public key is not one of the curve P-256");
    }
    v->verdict.signatures_checked = v->key != NULL;
    return true;
}

/* ---- the records ---- */

/* Returns false if the record has no place in the chain, which then continues as if it did not exist. */
static bool check_place(verifier *v, const chain_link *previous, const chain_item *item) {
    if (item->table == CHAIN_STRAY_HANDLE) {
        find(v, "a handle belongs to launch %" PRId64 ", which is missing (table handle)", item->seq);
        return false;
    }
    if (item->seq > previous->seq) return true;
    if (item->seq <= v->verdict.pruned_through)
        find(v, "record %" PRId64 " is before the first one (table %s)", item->seq, name_of(item->table));
    else find(v, "record %" PRId64 " occurs twice (table %s)", item->seq, name_of(item->table));
    return false;
}

static void check_link(verifier *v, const chain_link *previous, const chain_item *item) {
    int64_t missing = item->seq - previous->seq - 1;
    const char *name = name_of(item->table);
    if (missing == 1) find(v, "record %" PRId64 " is missing", previous->seq + 1);
    else if (missing)
        find(v, "records %" PRId64 " to %" PRId64 " are missing", previous->seq + 1, item->seq - 1);
    if (!item->has_hash) find(v, "record %" PRId64 " has no hash (table %s)", item->seq, name);
    else if (!missing && memcmp(item->hash, item->computed, sizeof item->hash) != 0)
        find(v, "record %" PRId64 " has been changed, or does not follow the one before it (table %s)",
             item->seq, name);
}

/* Checks a checkpoint. Its signature vouches for all records up to it if they are good. */
static void check_signature(verifier *v, const chain_item *item, bool good) {
    v->verdict.checkpoints++;
    v->checkpoint_seq = item->seq;
    v->checkpoint_at = item->at;
    if (item->pruned_through && (item->pruned_through < 1 || item->pruned_through >= item->seq))
        find(v, "record %" PRId64 " prunes records that it cannot (table checkpoint)", item->seq);
    if (!v->key) return;
    if (!item->has_signature || !crypto_verify(v->key, item->digest, item->signature)) {
        find(v, "the signature of record %" PRId64 " is not the broker's (table checkpoint)", item->seq);
    } else if (good) {
        v->verdict.signed_through = item->seq;
        v->verdict.signed_at = item->at;
        v->pruning_signed = v->pruning_signed || item->pruned_through == v->verdict.pruned_through;
    }
}

/* Checks the records after the last checkpoint. The broker signs after so many records or so much time, so it
 * did not write more than that without a signature. */
static void check_unsigned(verifier *v) {
    const audit_verdict *verdict = &v->verdict;
    int64_t records = verdict->last_seq - v->checkpoint_seq, late = verdict->last_at - v->checkpoint_at;
    if (!v->key || !verdict->records) return;
    if (!verdict->signed_through) find(v, "no signature vouches for any of it");
    else if (records >= AUDIT_CHECKPOINT_RECORDS || (records && late > 2 * AUDIT_CHECKPOINT_US))
        find(v, "records %" PRId64 " to %" PRId64 " are more than a broker leaves unsigned",
             v->checkpoint_seq + 1, verdict->last_seq);
    if (verdict->pruned_through && !v->pruning_signed)
        find(v, "no good signature says that the records up to %" PRId64 " were pruned",
             verdict->pruned_through);
}

static void check_head_at(verifier *v, int64_t seq, const uint8_t hash[CRYPTO_HASH_BYTES]) {
    const audit_head *head = v->how->head;
    if (!head || seq != head->seq) return;
    v->verdict.head_checked = true;
    if (memcmp(hash, head->hash, CRYPTO_HASH_BYTES) != 0)
        find(v, "record %" PRId64 " differs from the head that was kept", seq);
}

static void count(verifier *v, const chain_item *item) {
    audit_verdict *to = &v->verdict;
    if (!to->first_seq) to->first_seq = item->seq;
    to->last_seq = item->seq;
    if (item->at > to->last_at || item->table == SCHEMA_CHECKPOINT) to->last_at = item->at;
    to->launches += item->table == SCHEMA_LAUNCH;
    if (++to->records % PROGRESS_EVERY == 0 && v->how->progress)
        v->how->progress(v->how->context, to->records, v->total);
}

static bool check_records(verifier *v, audit_error *ret_error) {
    chain_link link = {.seq = v->verdict.pruned_through};
    audit_error missing;
    chain_reader w;
    chain_item item;
    bool found = true, good = true, ok = true;
    bool linked = chain_read_link(v->store, link.seq, &link, &missing);

    if (linked && v->how->head && v->how->head->seq == link.seq) check_head_at(v, link.seq, link.hash);
    if (!linked) {
        find(v, "what the first record follows is missing");
        good = false;
    }

    ok = chain_reader_start(&w, v->store, INT64_MIN, ret_error);
    while (ok && (ok = chain_reader_next(&w, &link, &item, &found, ret_error)) && found) {
        int64_t before = v->verdict.findings;
        if (!check_place(v, &link, &item)) {
            good = false;
            continue;
        }
        check_link(v, &link, &item);
        count(v, &item);
        good = good && v->verdict.findings == before;
        if (item.table == SCHEMA_CHECKPOINT) check_signature(v, &item, good);
        check_head_at(v, item.seq, item.hash);
        link.seq = item.seq;
        memcpy(link.hash, item.hash, sizeof link.hash);
    }

    chain_reader_end(&w);
    v->verdict.head.seq = link.seq;
    memcpy(v->verdict.head.chain, v->store->origin.id, sizeof v->verdict.head.chain);
    memcpy(v->verdict.head.hash, link.hash, sizeof link.hash);

    return ok;
}

/* ---- the whole audit ---- */

static void check_head(verifier *v) {
    const audit_head *head = v->how->head;
    if (!head) return;
    if (memcmp(head->chain, v->store->origin.id, sizeof head->chain) != 0)
        find(v, "the head that was kept is of another chain");
    else if (head->seq > v->verdict.last_seq)
        find(v, "records %" PRId64 " to %" PRId64 ", up to the head that was kept, have been cut off",
             v->verdict.last_seq + 1, head->seq);
}

/* Checks the rows that refer to records. */
static bool check_references(verifier *v, audit_error *ret_error) {
    static const struct {
        const char *what, *sql;
    } checks[] = {
        {"table chain has more than one row: rows",
         "SELECT count(*) FROM chain HAVING count(*) > 1 AND ?1 >= 0"},
        {"an outcome belongs to a launch that is missing: record",
         "SELECT seq FROM outcome AS r WHERE launch > ?1 AND NOT EXISTS (SELECT 1 FROM launch WHERE seq = "
         "r.launch)"},
        {"an exit belongs to a launch that is missing: record",
         "SELECT seq FROM exit AS r WHERE launch > ?1 AND NOT EXISTS (SELECT 1 FROM launch WHERE seq = "
         "r.launch)"},
        {"a launch has no outcome, but is not in table pending: record",
         "SELECT seq FROM launch AS l WHERE seq > ?1 AND NOT EXISTS (SELECT 1 FROM outcome WHERE launch = "
         "l.seq) "
         "AND NOT EXISTS (SELECT 1 FROM pending WHERE launch = l.seq)"},
        {"table pending has a launch that is not open: record",
         "SELECT launch FROM pending AS p WHERE ?1 >= 0 AND (EXISTS (SELECT 1 FROM outcome WHERE launch = "
         "p.launch) "
         "OR NOT EXISTS (SELECT 1 FROM launch WHERE seq = p.launch))"},
        {"a child has no exit on record, but is not in table running: record",
         "SELECT launch FROM outcome AS o WHERE launch > ?1 AND outcome = 'started' AND NOT EXISTS (SELECT 1 "
         "FROM exit WHERE launch = o.launch) AND NOT EXISTS (SELECT 1 FROM running WHERE launch = o.launch)"},
        {"table running has a launch without a running child: record",
         "SELECT launch FROM running AS r WHERE ?1 >= 0 AND (EXISTS (SELECT 1 FROM exit WHERE launch = "
         "r.launch) OR NOT EXISTS (SELECT 1 FROM outcome WHERE launch = r.launch AND outcome = 'started'))"},
    };

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        db_statement *s = NULL;
        db_row row;
        bool found = true;
        if (v->store->version == SCHEMA_FIRST_VERSION && strstr(checks[i].sql, "running")) continue;
        bool ok = db_prepare(v->store->main, checks[i].sql, &s, ret_error);
        db_args args = db_with(s);
        if (ok) db_put(&args, v->verdict.pruned_through);
        while (ok && (ok = db_next(&args, "verifying the audit", &row, &found, ret_error)) && found)
            find(v, "%s %" PRId64, checks[i].what, db_get(&row));
        if (s) db_end(&args);
        db_finalize(&s);
        if (!ok) return false;
    }

    return true;
}

static void on_finding(void *context, const char *text) {
    find(context, "%s", text);
}

/* Checks the schema before anything else, since other statements rely on it. check_all repeats this in its
 * snapshot. */
static bool check_schema(verifier *v, audit_error *ret_error) {
    db *d = NULL;
    bool ok =
        db_open(v->how->path, DB_FOR_READING, &d, ret_error) && verify_schema(d, on_finding, v, ret_error);
    db_close(&d);
    return ok;
}

static bool check_all(verifier *v, audit_error *ret_error) {
    static const char doing[] = "verifying the audit";
    if (!audit_open_reader(v->how->path, &v->store, ret_error)) return false;
    db *d = v->store->main;
    /* One snapshot serves all checks. */
    if (!db_run(d, doing, "BEGIN", ret_error) ||
        !db_number(d, doing, schema_last_seq, &v->total, ret_error) ||
        !db_number(d, doing, "SELECT max(pruned_through) FROM checkpoint", &v->verdict.pruned_through,
                   ret_error))
        return false;
    if (v->verdict.pruned_through < 0) v->verdict.pruned_through = 0; /* check_signature finds it */
    v->total -= v->verdict.pruned_through;
    if (!verify_schema(d, on_finding, v, ret_error) || !check_origin(v, ret_error) ||
        !check_records(v, ret_error))
        return false;
    check_unsigned(v);
    check_head(v);
    return check_references(v, ret_error) && verify_content(d, on_finding, v, ret_error);
}

bool audit_verify(const audit_verification *how, audit_verdict *ret, audit_error *ret_error) {
    verifier v = {.how = how};
    audit_error why = {0};
    bool ok = check_schema(&v, &why) && (v.verdict.findings || check_all(&v, &why));
    if (!ok && (audit_is_damaged(&why) || audit_is_foreign(&why))) { /* being unreadable is a finding */
        find(&v, "%s", why.message);
        ok = true;
    }
    crypto_key_free(&v.key);
    audit_close(&v.store);
    if (ok) *ret = v.verdict;
    else if (ret_error) *ret_error = why;
    return ok;
}
