/* Takes any text as a public key and as a head of the chain. An accepted one is written back as the same. */
#include "service/audit/audit.h"
#include "tests/support/fuzz.h"
#include "service/audit/pem.h"

#include <string.h>

static void check_key(const char *text) {
    uint8_t key[CRYPTO_PUBLIC_BYTES], again[CRYPTO_PUBLIC_BYTES];
    char written[PEM_SIZE];
    if (!pem_read(text, key)) return;
    pem_write(key, written);
    FUZZ_CHECK(pem_read(written, again) && !memcmp(key, again, sizeof key));
}

static void check_head(const char *text) {
    audit_head head = {0}, again = {0};
    char written[AUDIT_HEAD_SIZE];
    if (!audit_head_read(text, &head)) return;
    FUZZ_CHECK(head.seq >= 0);
    audit_head_text(&head, written);
    FUZZ_CHECK(audit_head_read(written, &again) && again.seq == head.seq);
    FUZZ_CHECK(!memcmp(again.chain, head.chain, sizeof head.chain) &&
               !memcmp(again.hash, head.hash, sizeof head.hash));
    FUZZ_CHECK(strlen(written) <= strlen(text)); /* the written form is the shortest */
    if (strlen(written) == strlen(text)) FUZZ_CHECK(!strcmp(written, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (!text) abort();
    memcpy(text, data, size);
    text[size] = 0;
    check_key(text);
    check_head(text);
    free(text);
    return 0;
}
