/* Remembers the SHA-256 of programs, so that a large one is read once, and not for each launch.
 *
 * Whoever can write to a file can also set its times back: then it looks as it did before. So only files are
 * remembered that nobody but the system, the administrators and the installer of Windows may change
 * (guard.h), on this machine. They can change the policy, too. Any thread may call these functions. */
#ifndef SB_SERVICE_WIN32_HASH_CACHE_H
#define SB_SERVICE_WIN32_HASH_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

enum { HASH_CACHE_BYTES = 32, HASH_CACHE_FILES = 256 };

/* What a file is, and what changes when its content does. Compared as bytes: zero it first. */
typedef struct hash_key {
    uint64_t volume;
    BYTE file[16];
    uint64_t size;
    int64_t written, changed;
} hash_key;

/* Reads the key of an open file, which nobody can write to meanwhile. False: it is not to be remembered. */
bool hash_cache_key(HANDLE file, hash_key *ret);
bool hash_cache_find(const hash_key *key, unsigned char ret[HASH_CACHE_BYTES]);
/* Remembers a hash, in the place of the one that was not asked for longest, when there are HASH_CACHE_FILES.
 */
void hash_cache_add(const hash_key *key, const unsigned char hash[HASH_CACHE_BYTES]);

#endif
