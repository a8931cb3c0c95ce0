/* Public keys as text for other tools: a SubjectPublicKeyInfo (RFC 5480) in PEM (RFC 7468). */
#ifndef SB_SERVICE_AUDIT_PEM_H
#define SB_SERVICE_AUDIT_PEM_H

#include "service/audit/crypto.h"

enum { PEM_SIZE = 256 };

void pem_write(const uint8_t key[CRYPTO_PUBLIC_BYTES], char ret[PEM_SIZE]);
/* Reads the first key of the curve P-256 in the text; false if there is none. */
bool pem_read(const char *text, uint8_t ret[CRYPTO_PUBLIC_BYTES]);

#endif
