/* What the files of the store share. */
#ifndef SB_SERVICE_AUDIT_STORE_H
#define SB_SERVICE_AUDIT_STORE_H

#include "service/audit/chain.h"
#include "service/audit/db.h"
#include "service/audit/schema.h"

/* Launches that are recorded later were requested later, but for this much: queries by time rest on it. A
 * clock that is set back further is an event of its own, from which time begins anew. */
#define STORE_DISORDER_US (60 * INT64_C(1000000))

/* How far the chain has come. */
typedef struct store_position {
    chain_link head;
    int64_t checkpoint_seq, checkpoint_at; /* of the last one */
    int64_t latest_request;                /* the highest requested_at since the clock was last set back */
    int64_t data_version, schema_version;  /* change when somebody else writes, or changes the tables */
} store_position;

struct audit_store {
    db *main;
    db *lock;                                         /* of the writer: held as long as the store is open */
    db_statement *statements[SCHEMA_STATEMENT_COUNT]; /* a reader has those for reading */
    const crypto_key *key;                            /* the writer's; whoever opened the store owns it */
    chain_origin origin;
    uint8_t origin_hash[CRYPTO_HASH_BYTES]; /* what the first record follows */
    store_position now;                     /* with what the open transaction added */
    store_position committed;               /* without it */
    chain_record record;                    /* being put together */
    bool writing;                           /* between audit_begin and its end */
};

/* The outcome of the launch with this seq, decided by audit_open. */
bool store_add_interrupted(audit_store *store, int64_t launch, int64_t now, audit_error *ret_error);

/* A checkpoint; with gone, one with which the records up to that are given up. */
bool store_add_checkpoint(audit_store *store, int64_t at, const chain_link *gone, audit_error *ret_error);

#endif
