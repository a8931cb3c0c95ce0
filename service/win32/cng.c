#include "service/win32/cng.h"

#include <stdlib.h>
#include <string.h>

static cng_functions cng;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK find_all(INIT_ONCE *init, void *parameter, void **context) {
    HMODULE library = LoadLibraryExW(L"bcrypt.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    FARPROC found = NULL;
    BOOL all = library != NULL;
    (void)init, (void)parameter, (void)context;
#define X(name, text, parameters)                                                                \
    if (all && (found = GetProcAddress(library, text))) memcpy(&cng.name, &found, sizeof found); \
    all = all && found;
    CNG_FUNCTION_LIST(X)
#undef X
    return all;
}

const cng_functions *cng_get(void) {
    return InitOnceExecuteOnce(&once, find_all, NULL, NULL) ? &cng : NULL;
}

bool cng_random(void *bytes, size_t count) {
    return cng_get() &&
           BCRYPT_SUCCESS(cng.random(NULL, bytes, (ULONG)count, BCRYPT_USE_SYSTEM_PREFERRED_RNG));
}

struct cng_hash {
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
};

cng_hash *cng_hash_begin(void) {
    cng_hash *h = cng_get() ? calloc(1, sizeof *h) : NULL;
    if (h && BCRYPT_SUCCESS(cng.open(&h->algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0)) &&
        BCRYPT_SUCCESS(cng.create(h->algorithm, &h->hash, NULL, 0, NULL, 0, 0)))
        return h;
    cng_hash_free(h);
    return NULL;
}

bool cng_hash_add(cng_hash *hash, const void *bytes, size_t count) {
    return BCRYPT_SUCCESS(
        cng.add(hash->hash, (PUCHAR)(ULONG_PTR)bytes, (ULONG)count, 0)); /* not written to */
}

bool cng_hash_end(cng_hash *hash, unsigned char ret[CNG_SHA256_BYTES]) {
    return BCRYPT_SUCCESS(cng.finish(hash->hash, ret, CNG_SHA256_BYTES, 0));
}

void cng_hash_free(cng_hash *hash) {
    if (!hash) return;
    if (hash->hash) cng.destroy(hash->hash);
    if (hash->algorithm) cng.close(hash->algorithm, 0);
    free(hash);
}
