/* Reads the records of all tables in the order of their numbers, and computes the hash that each should have.
 */
#ifndef SB_SERVICE_AUDIT_CHAIN_READER_H
#define SB_SERVICE_AUDIT_CHAIN_READER_H

#include "service/audit/store.h"

enum { CHAIN_TABLES = 5, CHAIN_STRAY_HANDLE = 'H' };

/* The next record of a table. */
typedef struct chain_cursor {
    db_args args;
    db_row row;
    bool there; /* false: the table has no more */
    int64_t seq;
} chain_cursor;

typedef struct chain_reader {
    audit_store *store;
    chain_cursor tables[CHAIN_TABLES], handles;
    chain_record record;
    uint8_t origin[CRYPTO_HASH_BYTES]; /* the hash that the chain's first record follows */
} chain_reader;

typedef struct chain_item {
    char table; /* SCHEMA_LAUNCH ...; CHAIN_STRAY_HANDLE: a handle whose launch, seq, is missing */
    int64_t seq;
    bool has_hash; /* the stored value has the size of a hash */
    uint8_t hash[CRYPTO_HASH_BYTES], computed[CRYPTO_HASH_BYTES];
    int64_t at; /* a launch's requested_at */
    /* The rest is of a checkpoint. */
    uint8_t digest[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    bool has_signature;
    int64_t pruned_through; /* 0: it prunes nothing */
} chain_item;

/* Begins with the record whose number is first. Call chain_reader_end whatever the result. */
bool chain_reader_start(chain_reader *w, audit_store *store, int64_t first, audit_error *ret_error);
/* Reads the next record. Its computed hash is the one that it has if it follows previous. */
bool chain_reader_next(chain_reader *w, const chain_link *previous, chain_item *ret, bool *ret_found,
                       audit_error *ret_error);
void chain_reader_end(chain_reader *w);

/* Reads the origin of the chain; *ret_found is false if there is none. */
bool chain_read_origin(audit_store *store, chain_origin *ret, bool *ret_found, audit_error *ret_error);
/* Reads the hash of record seq, which the next one must follow. For 0 it is the origin's; for the last pruned
 * record, the one that its checkpoint holds. Fails with DB_CORRUPT if there is none. */
bool chain_read_link(audit_store *store, int64_t seq, chain_link *ret, audit_error *ret_error);

#endif
