#include "service/audit/pem.h"

#include <stdio.h>
#include <string.h>

static const char first_line[] = "-----BEGIN PUBLIC KEY-----", last_line[] = "-----END PUBLIC KEY-----";
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The DER of a SubjectPublicKeyInfo up to its point:
 * SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of an uncompressed point }. */
static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                               0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                               0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

enum { DER_BYTES = sizeof head + CRYPTO_PUBLIC_BYTES, LINE_CHARS = 64 };

void pem_write(const uint8_t key[CRYPTO_PUBLIC_BYTES], char ret[PEM_SIZE]) {
    uint8_t der[DER_BYTES + 2] = {0}; /* padded to a whole group of three bytes */
    size_t used = (size_t)snprintf(ret, PEM_SIZE, "%s\n", first_line), column = 0;
    memcpy(der, head, sizeof head);
    memcpy(der + sizeof head, key, CRYPTO_PUBLIC_BYTES);
    for (size_t i = 0; i < DER_BYTES; i += 3) {
        uint32_t three = (uint32_t)der[i] << 16 | (uint32_t)der[i + 1] << 8 | der[i + 2];
        for (size_t k = 0; k < 4; k++)
            ret[used++] = i + k > DER_BYTES ? '=' : digits[three >> (18 - 6 * k) & 63];
        if ((column += 4) % LINE_CHARS == 0) ret[used++] = '\n';
    }
    snprintf(ret + used, PEM_SIZE - used, "%s%s\n", column % LINE_CHARS ? "\n" : "", last_line);
}

bool pem_read(const char *text, uint8_t ret[CRYPTO_PUBLIC_BYTES]) {
    uint8_t der[DER_BYTES];
    size_t length = 0;
    uint32_t bits = 0;
    int count = 0;
    const char *from = strstr(text, first_line), *to = from ? strstr(from, last_line) : NULL;

    if (!to) return false;
    for (from += sizeof first_line - 1; from < to; from++) {
        const char *digit = *from ? strchr(digits, *from) : NULL;
        if (!digit && !strchr("\r\n\t =", *from)) return false;
        if (!digit) continue;
        bits = bits << 6 | (uint32_t)(digit - digits);
        if ((count += 6) < 8) continue;
        if (length == sizeof der) return false;
        der[length++] = (uint8_t)(bits >> (count -= 8));
    }

    if (length != sizeof der || memcmp(der, head, sizeof head) != 0) return false;
    memcpy(ret, der + sizeof head, CRYPTO_PUBLIC_BYTES);
    return true;
}
