/* The chain of the records: each has the SHA-256 of the hash of the one before it and its own bytes as they
 * are stored.
 *
 * The bytes of a record: one that names its table, then its columns in the order of schema.h, each as its
 * type and value: 'n' for NULL, 'i' and 8 bytes (two's complement, little-endian), 't' or 'b' for text
 * (UTF-8) or a blob, 4 bytes of length (little-endian) and the content. Those of a launch go on with its
 * handles in the order of their positions, each from position to fd, and with their number as an 'i'. A
 * checkpoint's signature is of the hash of the same bytes up to it, and as a last 'b' of what the first
 * record of the chain follows. docs/audit.md says it for those who check with a program of their own. */
#ifndef SB_SERVICE_AUDIT_CHAIN_H
#define SB_SERVICE_AUDIT_CHAIN_H

#include "service/audit/crypto.h"

typedef struct chain_link {
    int64_t seq; /* 0: before the first record */
    uint8_t hash[CRYPTO_HASH_BYTES];
} chain_link;

/* What the first record follows: it binds all to this chain and its key. */
typedef struct chain_origin {
    uint8_t id[16];
    int64_t created_at;
    uint8_t public_key[CRYPTO_PUBLIC_BYTES];
} chain_origin;

bool chain_begin(const chain_origin *origin, chain_link *ret);

/* A record being put together; zero-initialise. */
typedef struct chain_record {
    uint8_t *bytes;
    size_t length, room;
    bool failed; /* out of memory: chain_hash says so */
} chain_record;

void chain_start(chain_record *r, const chain_link *previous, char table);
void chain_null(chain_record *r);
void chain_integer(chain_record *r, int64_t number);
void chain_text(chain_record *r, const char *text, size_t length);
void chain_blob(chain_record *r, const void *bytes, size_t length);
/* The hash of what has been put in; more may follow. */
bool chain_hash(const chain_record *r, uint8_t ret[CRYPTO_HASH_BYTES]);
/* What a checkpoint signs: the same, and what the first record of the chain follows. */
bool chain_signed_hash(chain_record *r, const uint8_t origin[CRYPTO_HASH_BYTES],
                       uint8_t ret[CRYPTO_HASH_BYTES]);
void chain_free(chain_record *r);

#endif
