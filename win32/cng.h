/* Random numbers and SHA-256 of Windows (bcrypt.dll). Found at run time, in the system's directory: bcrypt.dll is none of
 * the DLLs that the system maps by itself (KnownDLLs), so one beside the program would be taken for it before the first
 * instruction. */
#ifndef SB_WIN32_CNG_H
#define SB_WIN32_CNG_H

#include <stdbool.h>
#include <stddef.h>

enum { CNG_SHA256_BYTES = 32 };

/* False when the system has none. Any thread. */
bool cng_random(void *bytes, size_t count);

/* A hash under way; NULL when the system has none. One thread at a time. */
typedef struct cng_hash cng_hash;
cng_hash *cng_hash_begin(void);
bool cng_hash_add(cng_hash *hash, const void *bytes, size_t count);
bool cng_hash_end(cng_hash *hash, unsigned char ret[CNG_SHA256_BYTES]);
void cng_hash_free(cng_hash *hash); /* NULL is fine */

#endif
