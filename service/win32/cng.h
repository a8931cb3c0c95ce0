/* Random numbers and SHA-256 of Windows (bcrypt.dll). The DLL is loaded at run time from the system
 * directory: it is not one of the KnownDLLs, so that Windows would load a bcrypt.dll that lies beside the
 * program before its first instruction. */
#ifndef SB_SERVICE_WIN32_CNG_H
#define SB_SERVICE_WIN32_CNG_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

#include <bcrypt.h>

/* As bcrypt.h declares them: https://learn.microsoft.com/windows/win32/api/bcrypt/ */
#define CNG_FUNCTION_LIST(X)                                                                             \
    X(random, "BCryptGenRandom", (BCRYPT_ALG_HANDLE, PUCHAR, ULONG, ULONG))                              \
    X(open, "BCryptOpenAlgorithmProvider", (BCRYPT_ALG_HANDLE *, LPCWSTR, LPCWSTR, ULONG))               \
    X(close, "BCryptCloseAlgorithmProvider", (BCRYPT_ALG_HANDLE, ULONG))                                 \
    X(create, "BCryptCreateHash",                                                                        \
      (BCRYPT_ALG_HANDLE, BCRYPT_HASH_HANDLE *, PUCHAR, ULONG, PUCHAR, ULONG, ULONG))                    \
    X(add, "BCryptHashData", (BCRYPT_HASH_HANDLE, PUCHAR, ULONG, ULONG))                                 \
    X(finish, "BCryptFinishHash", (BCRYPT_HASH_HANDLE, PUCHAR, ULONG, ULONG))                            \
    X(destroy, "BCryptDestroyHash", (BCRYPT_HASH_HANDLE))                                                \
    X(hash, "BCryptHash", (BCRYPT_ALG_HANDLE, PUCHAR, ULONG, PUCHAR, ULONG, PUCHAR, ULONG))              \
    X(make_key, "BCryptGenerateKeyPair", (BCRYPT_ALG_HANDLE, BCRYPT_KEY_HANDLE *, ULONG, ULONG))         \
    X(finish_key, "BCryptFinalizeKeyPair", (BCRYPT_KEY_HANDLE, ULONG))                                   \
    X(import_key, "BCryptImportKeyPair",                                                                 \
      (BCRYPT_ALG_HANDLE, BCRYPT_KEY_HANDLE, LPCWSTR, BCRYPT_KEY_HANDLE *, PUCHAR, ULONG, ULONG))        \
    X(export_key, "BCryptExportKey",                                                                     \
      (BCRYPT_KEY_HANDLE, BCRYPT_KEY_HANDLE, LPCWSTR, PUCHAR, ULONG, ULONG *, ULONG))                    \
    X(destroy_key, "BCryptDestroyKey", (BCRYPT_KEY_HANDLE))                                              \
    X(sign, "BCryptSignHash", (BCRYPT_KEY_HANDLE, VOID *, PUCHAR, ULONG, PUCHAR, ULONG, ULONG *, ULONG)) \
    X(verify, "BCryptVerifySignature", (BCRYPT_KEY_HANDLE, VOID *, PUCHAR, ULONG, PUCHAR, ULONG, ULONG))

typedef struct cng_functions {
#define X(name, text, parameters) NTSTATUS(WINAPI *name) parameters;
    CNG_FUNCTION_LIST(X)
#undef X
} cng_functions;

/* NULL: the system does not have all of them. Any thread. */
const cng_functions *cng_get(void);

enum { CNG_SHA256_BYTES = 32 };

/* Fills bytes with random numbers. False: the system has none. Any thread. */
bool cng_random(void *bytes, size_t count);

/* A SHA-256 in progress; one thread at a time. cng_hash_begin: NULL when the system has no SHA-256. */
typedef struct cng_hash cng_hash;
cng_hash *cng_hash_begin(void);
bool cng_hash_add(cng_hash *hash, const void *bytes, size_t count);
bool cng_hash_end(cng_hash *hash, unsigned char ret[CNG_SHA256_BYTES]);
void cng_hash_free(cng_hash *hash); /* NULL is fine */

#endif
