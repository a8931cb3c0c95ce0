/* The store's own declarations, which the files of this directory share. */
#ifndef SB_SERVICE_AUDIT_STORE_H
#define SB_SERVICE_AUDIT_STORE_H

#include "service/audit/chain.h"
#include "service/audit/db.h"
#include "service/audit/schema.h"

/* A launch may have been requested up to this much before one that was recorded earlier. Queries by time rely
 * on it. If the clock is set back further, an event "clock" begins a new era (seq_range.h). */
#define STORE_DISORDER_US (60 * INT64_C(1000000))

/* The end of the chain. */
typedef struct store_position {
    chain_link head;
    int64_t checkpoint_seq, checkpoint_at; /* of the last checkpoint */
    int64_t latest_request;                /* the highest requested_at since the clock was last set back */
    int64_t data_version,
        schema_version; /* SQLite's: they change if another program writes, or changes tables */
} store_position;

struct audit_store {
    db *main;
    int version;                                      /* of the database */
    db *lock;                                         /* the writer's; held until the store is closed */
    db_statement *statements[SCHEMA_STATEMENT_COUNT]; /* a reader has only those for reading */
    const crypto_key *key;                            /* the writer's; belongs to the caller of audit_open */
    chain_origin origin;
    uint8_t origin_hash[CRYPTO_HASH_BYTES]; /* the hash that the first record follows */
    store_position now;                     /* including the open transaction */
    store_position committed;               /* without the open transaction */
    chain_record record;                    /* the one that is being added */
    bool writing;                           /* a transaction is open */
};

/* Records the outcome of the launch with this seq. */
bool store_add_outcome(audit_store *store, int64_t launch, const audit_outcome *outcome,
                       audit_error *ret_error);
/* Records that it was interrupted. */
bool store_add_interrupted(audit_store *store, int64_t launch, int64_t now, audit_error *ret_error);

/* Adds a checkpoint. Unless gone is NULL, it says that the records up to gone were pruned. */
bool store_add_checkpoint(audit_store *store, int64_t at, const chain_link *gone, audit_error *ret_error);

#endif
