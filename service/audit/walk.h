/* The records in the order of their numbers, whichever tables they are in, each with the hash that it should
 * have. */
#ifndef SB_SERVICE_AUDIT_WALK_H
#define SB_SERVICE_AUDIT_WALK_H

#include "service/audit/store.h"

enum { WALK_TABLES = 5, WALK_STRAY_HANDLE = 'H' };

/* A table's next record. */
typedef struct walk_cursor {
    db_args args;
    db_row row;
    bool there; /* false: there is none any more */
    int64_t seq;
} walk_cursor;

typedef struct walk {
    audit_store *store;
    walk_cursor tables[WALK_TABLES], handles;
    chain_record record;
    uint8_t origin[CRYPTO_HASH_BYTES]; /* what the first record of the chain follows */
} walk;

typedef struct walk_item {
    char table; /* SCHEMA_LAUNCH ...; WALK_STRAY_HANDLE: a handle without its launch, whose seq this is */
    int64_t seq;
    bool has_hash; /* what is stored is one */
    uint8_t hash[CRYPTO_HASH_BYTES], computed[CRYPTO_HASH_BYTES];
    int64_t at;     /* of a launch: requested_at */
    int64_t launch; /* of an outcome and an exit */
    /* of a checkpoint: */
    uint8_t digest[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    bool has_signature;
    int64_t pruned_through; /* 0: it prunes nothing */
} walk_item;

/* From the record with the number first on. walk_end it whatever the result. */
bool walk_start(walk *w, audit_store *store, int64_t first, audit_error *ret_error);
/* computed is as if the record followed previous. */
bool walk_next(walk *w, const chain_link *previous, walk_item *ret, bool *ret_found, audit_error *ret_error);
void walk_end(walk *w);

/* The chain's beginning: *ret_found is false where there is none. */
bool walk_origin(audit_store *store, chain_origin *ret, bool *ret_found, audit_error *ret_error);
/* What the record behind seq must follow: the chain's origin for 0, what was pruned, or the record with that
 * number. DB_CORRUPT when there is no such thing. */
bool walk_link(audit_store *store, int64_t seq, chain_link *ret, audit_error *ret_error);

#endif
