#include "service/win32/hash_cache.h"

#include "service/win32/guard.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(hash_key) == 48, "a key has no padding");

typedef struct entry {
    hash_key key;
    unsigned char hash[HASH_CACHE_BYTES];
    uint64_t used; /* when it was asked for; 0: free */
} entry;

static SRWLOCK lock = SRWLOCK_INIT; /* protects what follows */
static entry entries[HASH_CACHE_FILES];
static uint64_t uses;

bool hash_cache_key(HANDLE file, hash_key *ret) {
    FILE_ID_INFO id;
    FILE_BASIC_INFO basic;
    LARGE_INTEGER size;
    bool trusted = false;
    if (guard_is_trusted(file, &trusted) || !trusted) return false;
    if (!GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof id) ||
        !GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic) ||
        !GetFileSizeEx(file, &size))
        return false;
    hash_key key = {.volume = id.VolumeSerialNumber,
                    .size = (uint64_t)size.QuadPart,
                    .written = basic.LastWriteTime.QuadPart,
                    .changed = basic.ChangeTime.QuadPart};
    memcpy(key.file, &id.FileId, sizeof key.file);
    *ret = key;
    return true;
}

/* The entry with that key, or NULL. *ret_oldest: the one to replace. With the lock held. */
static entry *find(const hash_key *key, entry **ret_oldest) {
    *ret_oldest = &entries[0];
    for (size_t i = 0; i < HASH_CACHE_FILES; i++) {
        if (entries[i].used && !memcmp(&entries[i].key, key, sizeof *key)) return &entries[i];
        if (entries[i].used < (*ret_oldest)->used) *ret_oldest = &entries[i];
    }
    return NULL;
}

bool hash_cache_find(const hash_key *key, unsigned char ret[HASH_CACHE_BYTES]) {
    entry *oldest;
    AcquireSRWLockExclusive(&lock);
    entry *found = find(key, &oldest);
    if (found) {
        memcpy(ret, found->hash, HASH_CACHE_BYTES);
        found->used = ++uses;
    }
    ReleaseSRWLockExclusive(&lock);
    return found != NULL;
}

void hash_cache_add(const hash_key *key, const unsigned char hash[HASH_CACHE_BYTES]) {
    entry *oldest;
    AcquireSRWLockExclusive(&lock);
    entry *to = find(key, &oldest);
    if (!to) to = oldest;
    to->key = *key;
    memcpy(to->hash, hash, HASH_CACHE_BYTES);
    to->used = ++uses;
    ReleaseSRWLockExclusive(&lock);
}
