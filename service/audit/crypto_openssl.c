/* For the portable build: tests, and reading an audit elsewhere.
 * https://docs.openssl.org/3.0/man7/EVP_PKEY-EC/ */
#include "service/audit/crypto.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { PART_BYTES = 32, POINT_BYTES = 1 + CRYPTO_PUBLIC_BYTES, UNCOMPRESSED = 4 };

struct crypto_key {
    EVP_PKEY *key;
};

bool crypto_random(void *ret, size_t length) {
    return RAND_bytes(ret, (int)length) == 1;
}

bool crypto_sha256(const void *data, size_t length, uint8_t ret[CRYPTO_HASH_BYTES]) {
    return EVP_Digest(data, length, ret, NULL, EVP_sha256(), NULL) == 1;
}

bool crypto_hmac_sha256(const uint8_t key[CRYPTO_HASH_BYTES], const void *data, size_t length,
                        uint8_t ret[CRYPTO_HASH_BYTES]) {
    return HMAC(EVP_sha256(), key, CRYPTO_HASH_BYTES, data, length, ret, NULL) != NULL;
}

static bool give(EVP_PKEY *pkey, crypto_key **ret) {
    crypto_key *k = pkey ? calloc(1, sizeof *k) : NULL;
    if (!k) {
        EVP_PKEY_free(pkey);
        return false;
    }
    k->key = pkey;
    *ret = k;
    return true;
}

bool crypto_key_make(crypto_key **ret) {
    return give(EVP_EC_gen("P-256"), ret);
}

/* Makes a key; d is NULL for one that can only verify. */
static bool import(const uint8_t *point, const uint8_t *d, crypto_key **ret) {
    uint8_t encoded[POINT_BYTES] = {UNCOMPRESSED};
    EVP_PKEY *pkey = NULL;
    memcpy(encoded + 1, point, CRYPTO_PUBLIC_BYTES);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *number = d ? BN_bin2bn(d, PART_BYTES, NULL) : NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;

    if (build && context && (number || !d) &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded) &&
        (!d || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number)) &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &pkey, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;

    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    BN_clear_free(number);
    OSSL_PARAM_BLD_free(build);

    return give(pkey, ret);
}

bool crypto_key_private(const uint8_t bytes[CRYPTO_PRIVATE_BYTES], crypto_key **ret) {
    return import(bytes, bytes + CRYPTO_PUBLIC_BYTES, ret);
}

bool crypto_key_public(const uint8_t bytes[CRYPTO_PUBLIC_BYTES], crypto_key **ret) {
    return import(bytes, NULL, ret);
}

void crypto_key_free(crypto_key **key) {
    crypto_key *k = *key;
    *key = NULL;
    if (!k) return;
    EVP_PKEY_free(k->key);
    free(k);
}

bool crypto_export_public(const crypto_key *key, uint8_t ret[CRYPTO_PUBLIC_BYTES]) {
    uint8_t point[POINT_BYTES];
    size_t length = 0;
    if (EVP_PKEY_get_octet_string_param(key->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &length) !=
            1 ||
        length != sizeof point || *point != UNCOMPRESSED)
        return false;
    memcpy(ret, point + 1, CRYPTO_PUBLIC_BYTES);
    return true;
}

bool crypto_export_private(const crypto_key *key, uint8_t ret[CRYPTO_PRIVATE_BYTES]) {
    BIGNUM *d = NULL;
    uint8_t bytes[CRYPTO_PRIVATE_BYTES];
    bool good = crypto_export_public(key, bytes) &&
                EVP_PKEY_get_bn_param(key->key, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
                BN_bn2binpad(d, bytes + CRYPTO_PUBLIC_BYTES, PART_BYTES) == PART_BYTES;
    if (good) memcpy(ret, bytes, sizeof bytes);
    BN_clear_free(d);
    return good;
}

bool crypto_sign(const crypto_key *key, const uint8_t hash[CRYPTO_HASH_BYTES],
                 uint8_t ret[CRYPTO_SIGNATURE_BYTES]) {
    uint8_t der[128];
    size_t length = sizeof der;
    const uint8_t *next = der;
    ECDSA_SIG *signature = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->key, NULL);
    bool good = context && EVP_PKEY_sign_init(context) == 1 &&
                EVP_PKEY_sign(context, der, &length, hash, CRYPTO_HASH_BYTES) == 1 &&
                (signature = d2i_ECDSA_SIG(NULL, &next, (long)length)) != NULL &&
                BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret, PART_BYTES) == PART_BYTES &&
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret + PART_BYTES, PART_BYTES) == PART_BYTES;
    ECDSA_SIG_free(signature);
    EVP_PKEY_CTX_free(context);
    return good;
}

bool crypto_verify(const crypto_key *key, const uint8_t hash[CRYPTO_HASH_BYTES],
                   const uint8_t signature[CRYPTO_SIGNATURE_BYTES]) {
    uint8_t der[128], *next = der;
    bool good = false;
    ECDSA_SIG *parts = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, PART_BYTES, NULL),
           *s = BN_bin2bn(signature + PART_BYTES, PART_BYTES, NULL);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->key, NULL);

    if (parts && r && s && context && ECDSA_SIG_set0(parts, r, s)) {
        r = s = NULL; /* moved */
        int length = i2d_ECDSA_SIG(parts, &next);
        good = length > 0 && EVP_PKEY_verify_init(context) == 1 &&
               EVP_PKEY_verify(context, der, (size_t)length, hash, CRYPTO_HASH_BYTES) == 1;
    }

    EVP_PKEY_CTX_free(context);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(parts);
    return good;
}
