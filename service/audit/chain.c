#include "service/audit/chain.h"

#include <stdlib.h>
#include <string.h>

static void put(chain_record *r, const void *bytes, size_t length) {
    if (r->failed || !length) return;
    if (r->room - r->length < length) {
        size_t room = 2 * r->room > r->length + length ? 2 * r->room : r->length + length + 1024;
        uint8_t *grown = realloc(r->bytes, room);
        if (!grown) {
            r->failed = true;
            return;
        }
        r->bytes = grown;
        r->room = room;
    }
    memcpy(r->bytes + r->length, bytes, length);
    r->length += length;
}

static void put_little_endian(chain_record *r, uint64_t number, size_t length) {
    uint8_t bytes[8];
    for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)(number >> (8 * i));
    put(r, bytes, length);
}

static void put_sized(chain_record *r, char type, const void *bytes, size_t length) {
    if (length > UINT32_MAX) r->failed = true;
    put(r, &type, 1);
    put_little_endian(r, length, 4);
    put(r, bytes, length);
}

void chain_start(chain_record *r, const chain_link *previous, char table) {
    r->length = 0;
    r->failed = false;
    put(r, previous->hash, sizeof previous->hash);
    put(r, &table, 1);
}

void chain_null(chain_record *r) {
    put(r, "n", 1);
}

void chain_integer(chain_record *r, int64_t number) {
    put(r, "i", 1);
    put_little_endian(r, (uint64_t)number, 8);
}

void chain_text(chain_record *r, const char *text, size_t length) {
    put_sized(r, 't', text, length);
}

void chain_blob(chain_record *r, const void *bytes, size_t length) {
    put_sized(r, 'b', bytes, length);
}

void chain_added(chain_record *r, const char *name) {
    put(r, "c", 1);
    chain_text(r, name, strlen(name));
}

bool chain_hash(const chain_record *r, uint8_t ret[CRYPTO_HASH_BYTES]) {
    return !r->failed && crypto_sha256(r->bytes, r->length, ret);
}

bool chain_signed_hash(chain_record *r, const uint8_t origin[CRYPTO_HASH_BYTES],
                       uint8_t ret[CRYPTO_HASH_BYTES]) {
    size_t length = r->length;
    chain_blob(r, origin, CRYPTO_HASH_BYTES);
    bool good = chain_hash(r, ret);
    r->length = length;
    return good;
}

void chain_free(chain_record *r) {
    free(r->bytes);
    *r = (chain_record){0};
}

bool chain_begin(const chain_origin *origin, chain_link *ret) {
    static const char purpose[] = "Spawn Broker audit chain 2";
    chain_record r = {0};
    chain_link first = {0};
    put(&r, purpose, sizeof purpose - 1);
    chain_blob(&r, origin->id, sizeof origin->id);
    chain_integer(&r, origin->created_at);
    chain_blob(&r, origin->public_key, sizeof origin->public_key);
    bool good = chain_hash(&r, first.hash);
    chain_free(&r);
    if (good) *ret = first;
    return good;
}
