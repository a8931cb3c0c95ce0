/* The chain of records. Each record holds a hash: the SHA-256 of the previous record's hash and of its own
 * bytes.
 *
 * The bytes of a record begin with one that names its table (schema.h). Then come the columns in the order of
 * proto/audit_columns.h, after seq and the launch's seq, each as a type and a value: 'n' for NULL; 'i' and 8
 * bytes (two's complement, little-endian); 't' for text (UTF-8) or 'b' for a blob, 4 bytes of length
 * (little-endian) and the content. Columns that later versions added follow if they are not NULL, each as
 * 'c', its name as a text, and its value. A launch's bytes continue with its handles in the order of their
 * positions, each from position to fd, and end with the number of handles as an 'i'. A checkpoint signs the
 * hash of its bytes before the signature and of one more 'b': the hash that the chain's first record follows.
 * docs/audit.md describes this for other programs. */
#ifndef SB_SERVICE_AUDIT_CHAIN_H
#define SB_SERVICE_AUDIT_CHAIN_H

#include "service/audit/crypto.h"

typedef struct chain_link {
    int64_t seq; /* 0: before the first record */
    uint8_t hash[CRYPTO_HASH_BYTES];
} chain_link;

/* What the first record follows. It binds all records to this chain and its key. */
typedef struct chain_origin {
    uint8_t id[16];
    int64_t created_at;
    uint8_t public_key[CRYPTO_PUBLIC_BYTES];
} chain_origin;

bool chain_begin(const chain_origin *origin, chain_link *ret);

/* The bytes of a record that is being built; zero-initialise. */
typedef struct chain_record {
    uint8_t *bytes;
    size_t length, room;
    bool failed; /* out of memory, or a text too long: chain_hash fails */
} chain_record;

void chain_start(chain_record *r, const chain_link *previous, char table);
void chain_null(chain_record *r);
void chain_integer(chain_record *r, int64_t number);
void chain_text(chain_record *r, const char *text, size_t length);
void chain_blob(chain_record *r, const void *bytes, size_t length);
/* Begins a column that a later version added: its value follows. */
void chain_added(chain_record *r, const char *name);
/* Hashes the bytes so far; more may follow. */
bool chain_hash(const chain_record *r, uint8_t ret[CRYPTO_HASH_BYTES]);
/* Hashes what a checkpoint signs: the bytes so far, and the hash that the chain's first record follows. */
bool chain_signed_hash(chain_record *r, const uint8_t origin[CRYPTO_HASH_BYTES],
                       uint8_t ret[CRYPTO_HASH_BYTES]);
void chain_free(chain_record *r);

#endif
