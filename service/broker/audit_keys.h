/* The keys of the audit: one signs the chain, the other tells environments apart. They lie in the data
 * directory, encrypted by Windows for the broker's account (DPAPI), in a file that this account alone may
 * open; the public key lies beside it as PEM. */
#ifndef SB_SERVICE_BROKER_AUDIT_KEYS_H
#define SB_SERVICE_BROKER_AUDIT_KEYS_H

#include "service/audit/crypto.h"

#include <windows.h>

typedef struct audit_keys {
    crypto_key *sign;
    uint8_t environment[CRYPTO_HASH_BYTES]; /* of an HMAC */
    bool made;                              /* there were none, or they could not be read */
    bool unreadable; /* the ones that were there have been kept as audit.key.unreadable */
} audit_keys;

/* Reads audit.key in the directory, or makes it. Writes audit.pub where it is not what it should be. */
DWORD audit_keys_open(const wchar_t *directory, audit_keys *ret);
/* Again is fine. */
void audit_keys_close(audit_keys *keys);

#endif
