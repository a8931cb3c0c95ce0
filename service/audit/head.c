/* The head of the chain: where it is, as text, and whether others moved it. */
#include "service/audit/store.h"
#include "service/audit/chain_reader.h"
#include "proto/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

audit_head audit_head_of(const audit_store *store) {
    audit_head head = {.seq = store->committed.head.seq};
    memcpy(head.chain, store->origin.id, sizeof head.chain);
    memcpy(head.hash, store->committed.head.hash, sizeof head.hash);
    return head;
}

bool audit_head_of_file(const char *path, audit_head *ret, audit_error *ret_error) {
    audit_store *store = NULL;
    chain_origin origin;
    chain_link link;
    bool found = false;
    bool ok = audit_open_reader(path, &store, ret_error) &&
              chain_read_origin(store, &origin, &found, ret_error) &&
              db_number(store->main, "reading the audit", schema_last_seq, &link.seq, ret_error) &&
              chain_read_link(store, link.seq, &link, ret_error);
    if (ok && found) {
        *ret = (audit_head){.seq = link.seq};
        memcpy(ret->chain, origin.id, sizeof ret->chain);
        memcpy(ret->hash, link.hash, sizeof ret->hash);
    }
    audit_close(&store);
    return ok && found;
}

int64_t audit_checkpoint_at(const audit_store *store) {
    return store->committed.checkpoint_at;
}

void audit_head_text(const audit_head *head, char ret[AUDIT_HEAD_SIZE]) {
    size_t used = hex_write(ret, head->chain, sizeof head->chain);
    used += (size_t)snprintf(ret + used, 24, ":%lld:", (long long)head->seq);
    hex_write(ret + used, head->hash, sizeof head->hash);
}

static const char *take_hex(const char *text, uint8_t *ret, size_t length) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 2 * length; i++) {
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit) return NULL;
        ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (digit - digits));
    }
    return text + 2 * length;
}

bool audit_head_read(const char *text, audit_head *ret) {
    audit_head head = {0};
    char *end = NULL;
    text = take_hex(text, head.chain, sizeof head.chain);
    if (!text || *text != ':' || text[1] < '0' || text[1] > '9') return false;
    head.seq = strtoll(text + 1, &end, 10);
    if (*end != ':' || head.seq < 0) return false;
    text = take_hex(end + 1, head.hash, sizeof head.hash);
    if (!text || *text) return false;
    *ret = head;
    return true;
}

bool audit_look_for_others(audit_store *store, bool *ret_others, audit_error *ret_error) {
    static const char doing[] = "looking whether another program writes to the audit";
    chain_link link;
    int64_t tables, last;
    db_args args = db_with(store->statements[SCHEMA_DATA_VERSION]);
    db_row row;
    bool found = false, ok = db_next(&args, doing, &row, &found, ret_error);
    int64_t version = ok && found ? db_get(&row) : 0;

    db_end(&args);
    if (!ok) return false;
    *ret_others = version != store->now.data_version;
    if (!*ret_others) return true;
    store->now.data_version = version;

    if (!db_number(store->main, doing, "PRAGMA schema_version", &tables, ret_error) ||
        !db_number(store->main, doing, schema_last_seq, &last, ret_error) ||
        !chain_read_link(store, store->now.head.seq, &link, ret_error))
        return false;

    if (tables != store->now.schema_version)
        return db_refuse(store->main, DB_CORRUPT, doing, "its tables have been changed", ret_error);
    if (last != store->now.head.seq)
        return db_refuse(store->main, DB_CORRUPT, doing, "records have been added to it", ret_error);
    if (memcmp(link.hash, store->now.head.hash, sizeof link.hash) != 0)
        return db_refuse(store->main, DB_CORRUPT, doing, "its last record has been changed", ret_error);
    return true;
}
