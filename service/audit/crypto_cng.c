/* https://learn.microsoft.com/windows/win32/seccng/cng-portal */
#include "service/win32/cng.h"
#include "service/audit/crypto.h"

#include <stdlib.h>
#include <string.h>

enum { PART_BYTES = 32 };

/* The header that CNG puts before the numbers of a key. */
typedef struct private_blob {
    BCRYPT_ECCKEY_BLOB head;
    uint8_t bytes[CRYPTO_PRIVATE_BYTES];
} private_blob;

typedef struct public_blob {
    BCRYPT_ECCKEY_BLOB head;
    uint8_t bytes[CRYPTO_PUBLIC_BYTES];
} public_blob;

struct crypto_key {
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_KEY_HANDLE key;
};

bool crypto_random(void *ret, size_t length) {
    return cng_get() &&
           BCRYPT_SUCCESS(cng_get()->random(NULL, ret, (ULONG)length, BCRYPT_USE_SYSTEM_PREFERRED_RNG));
}

/* Opens one provider for the life of the process, whichever thread comes first. Opening one for each hash
 * would cost more than the hash. */
static BCRYPT_ALG_HANDLE provider(PVOID volatile *kept, ULONG flags) {
    BCRYPT_ALG_HANDLE opened = NULL, there = *kept;
    if (there) return there;
    if (!cng_get() || !BCRYPT_SUCCESS(cng_get()->open(&opened, BCRYPT_SHA256_ALGORITHM, NULL, flags)))
        return NULL;
    there = InterlockedCompareExchangePointer(kept, opened, NULL);
    if (!there) return opened;
    cng_get()->close(opened, 0);
    return there;
}

static bool hash(BCRYPT_ALG_HANDLE by, const uint8_t *key, const void *data, size_t length,
                 uint8_t ret[CRYPTO_HASH_BYTES]) {
    uint8_t result[CRYPTO_HASH_BYTES];
    if (!by || length > MAXLONG ||
        !BCRYPT_SUCCESS(cng_get()->hash(by, (PUCHAR)key, key ? CRYPTO_HASH_BYTES : 0, (PUCHAR)data,
                                        (ULONG)length, result, sizeof result)))
        return false;
    memcpy(ret, result, sizeof result);
    return true;
}

bool crypto_sha256(const void *data, size_t length, uint8_t ret[CRYPTO_HASH_BYTES]) {
    static PVOID volatile kept;
    return hash(provider(&kept, 0), NULL, data, length, ret);
}

bool crypto_hmac_sha256(const uint8_t key[CRYPTO_HASH_BYTES], const void *data, size_t length,
                        uint8_t ret[CRYPTO_HASH_BYTES]) {
    static PVOID volatile kept;
    return hash(provider(&kept, BCRYPT_ALG_HANDLE_HMAC_FLAG), key, data, length, ret);
}

static crypto_key *open_key(void) {
    crypto_key *k = cng_get() ? calloc(1, sizeof *k) : NULL;
    if (k && BCRYPT_SUCCESS(cng_get()->open(&k->algorithm, BCRYPT_ECDSA_P256_ALGORITHM, NULL, 0))) return k;
    free(k);
    return NULL;
}

void crypto_key_free(crypto_key **key) {
    crypto_key *k = *key;
    *key = NULL;
    if (!k) return;
    if (k->key) cng_get()->destroy_key(k->key);
    cng_get()->close(k->algorithm, 0);
    free(k);
}

static bool give(crypto_key *k, bool good, crypto_key **ret) {
    if (good) *ret = k;
    else crypto_key_free(&k);
    return good;
}

bool crypto_key_make(crypto_key **ret) {
    crypto_key *k = open_key();
    return k && give(k,
                     BCRYPT_SUCCESS(cng_get()->make_key(k->algorithm, &k->key, 8 * PART_BYTES, 0)) &&
                         BCRYPT_SUCCESS(cng_get()->finish_key(k->key, 0)),
                     ret);
}

bool crypto_key_private(const uint8_t bytes[CRYPTO_PRIVATE_BYTES], crypto_key **ret) {
    private_blob blob = {.head = {BCRYPT_ECDSA_PRIVATE_P256_MAGIC, PART_BYTES}};
    crypto_key *k = open_key();
    memcpy(blob.bytes, bytes, sizeof blob.bytes);
    bool good = k && give(k,
                          BCRYPT_SUCCESS(cng_get()->import_key(k->algorithm, NULL, BCRYPT_ECCPRIVATE_BLOB,
                                                               &k->key, (PUCHAR)&blob, sizeof blob, 0)),
                          ret);
    SecureZeroMemory(&blob, sizeof blob);
    return good;
}

bool crypto_key_public(const uint8_t bytes[CRYPTO_PUBLIC_BYTES], crypto_key **ret) {
    public_blob blob = {.head = {BCRYPT_ECDSA_PUBLIC_P256_MAGIC, PART_BYTES}};
    crypto_key *k = open_key();
    memcpy(blob.bytes, bytes, sizeof blob.bytes);
    return k && give(k,
                     BCRYPT_SUCCESS(cng_get()->import_key(k->algorithm, NULL, BCRYPT_ECCPUBLIC_BLOB, &k->key,
                                                          (PUCHAR)&blob, sizeof blob, 0)),
                     ret);
}

bool crypto_export_private(const crypto_key *key, uint8_t ret[CRYPTO_PRIVATE_BYTES]) {
    private_blob blob;
    ULONG size = 0;
    bool good = BCRYPT_SUCCESS(cng_get()->export_key(key->key, NULL, BCRYPT_ECCPRIVATE_BLOB, (PUCHAR)&blob,
                                                     sizeof blob, &size, 0)) &&
                size == sizeof blob;
    if (good) memcpy(ret, blob.bytes, sizeof blob.bytes);
    SecureZeroMemory(&blob, sizeof blob);
    return good;
}

bool crypto_export_public(const crypto_key *key, uint8_t ret[CRYPTO_PUBLIC_BYTES]) {
    public_blob blob;
    ULONG size = 0;
    bool good = BCRYPT_SUCCESS(cng_get()->export_key(key->key, NULL, BCRYPT_ECCPUBLIC_BLOB, (PUCHAR)&blob,
                                                     sizeof blob, &size, 0)) &&
                size == sizeof blob;
    if (good) memcpy(ret, blob.bytes, sizeof blob.bytes);
    return good;
}

bool crypto_sign(const crypto_key *key, const uint8_t digest[CRYPTO_HASH_BYTES],
                 uint8_t ret[CRYPTO_SIGNATURE_BYTES]) {
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    ULONG size = 0;
    if (!BCRYPT_SUCCESS(cng_get()->sign(key->key, NULL, (PUCHAR)digest, CRYPTO_HASH_BYTES, signature,
                                        sizeof signature, &size, 0)) ||
        size != sizeof signature)
        return false;
    memcpy(ret, signature, sizeof signature);
    return true;
}

bool crypto_verify(const crypto_key *key, const uint8_t digest[CRYPTO_HASH_BYTES],
                   const uint8_t signature[CRYPTO_SIGNATURE_BYTES]) {
    return BCRYPT_SUCCESS(cng_get()->verify(key->key, NULL, (PUCHAR)digest, CRYPTO_HASH_BYTES,
                                            (PUCHAR)signature, CRYPTO_SIGNATURE_BYTES, 0));
}
