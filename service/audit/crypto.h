/* The cryptography that the audit needs, from the system: CNG on Windows, OpenSSL elsewhere.
 *
 * Signatures are ECDSA on the curve P-256 with SHA-256 (FIPS 186-5). Numbers are big-endian and have 32
 * bytes: a public key is X and Y, a private key X, Y and d, a signature r and s. Any thread may call; one
 * thread at a time uses a key. */
#ifndef SB_SERVICE_AUDIT_CRYPTO_H
#define SB_SERVICE_AUDIT_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CRYPTO_HASH_BYTES = 32,
    CRYPTO_PUBLIC_BYTES = 64,
    CRYPTO_PRIVATE_BYTES = 96,
    CRYPTO_SIGNATURE_BYTES = 64
};

/* These return false and leave outputs untouched if the system fails. */
bool crypto_random(void *ret, size_t length);
bool crypto_sha256(const void *data, size_t length, uint8_t ret[CRYPTO_HASH_BYTES]);
bool crypto_hmac_sha256(const uint8_t key[CRYPTO_HASH_BYTES], const void *data, size_t length,
                        uint8_t ret[CRYPTO_HASH_BYTES]);

typedef struct crypto_key crypto_key;

bool crypto_key_make(crypto_key **ret);
bool crypto_key_private(const uint8_t bytes[CRYPTO_PRIVATE_BYTES], crypto_key **ret);
/* Makes a key that can only verify. */
bool crypto_key_public(const uint8_t bytes[CRYPTO_PUBLIC_BYTES], crypto_key **ret);
/* Sets *key to NULL; NULL is fine. */
void crypto_key_free(crypto_key **key);

bool crypto_export_private(const crypto_key *key, uint8_t ret[CRYPTO_PRIVATE_BYTES]);
bool crypto_export_public(const crypto_key *key, uint8_t ret[CRYPTO_PUBLIC_BYTES]);

bool crypto_sign(const crypto_key *key, const uint8_t hash[CRYPTO_HASH_BYTES],
                 uint8_t ret[CRYPTO_SIGNATURE_BYTES]);
/* Returns whether the key made this signature of this hash; false also if that is unknown. */
bool crypto_verify(const crypto_key *key, const uint8_t hash[CRYPTO_HASH_BYTES],
                   const uint8_t signature[CRYPTO_SIGNATURE_BYTES]);

#endif
