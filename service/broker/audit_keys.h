/* The keys of the audit: one signs the chain, the other hashes environments. They are in the data directory,
 * encrypted by Windows for the broker's account (DPAPI), in a file that only this account may open. The
 * public key is beside it as PEM. */
#ifndef SB_SERVICE_BROKER_AUDIT_KEYS_H
#define SB_SERVICE_BROKER_AUDIT_KEYS_H

#include "service/audit/crypto.h"

#include <windows.h>

typedef struct audit_keys {
    crypto_key *sign;
    uint8_t environment[CRYPTO_HASH_BYTES]; /* an HMAC key */
    bool made;                              /* the keys are new */
    bool unreadable; /* older keys could not be read and were kept as audit.key.unreadable */
} audit_keys;

/* Reads audit.key in the directory, or makes it. Writes audit.pub if it is missing or differs. */
DWORD audit_keys_open(const wchar_t *directory, audit_keys *ret);
/* May be called again. */
void audit_keys_close(audit_keys *keys);

#endif
