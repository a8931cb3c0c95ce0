/* Changes bytes of an audit's file; four bytes of the input say where and to what. Nothing may crash, and if
 * verifying finds nothing, every launch must read as it was written. */
#include "tests/audit/fixture.h"
#include "tests/support/fuzz.h"
#include "proto/message.h"
#include "service/audit/verify.h"

enum { LAUNCHES = 12, EDITS = 64, FILE_BYTES = 1 << 20 };

static const char path[] = "fuzz_records.db";
static uint8_t whole[FILE_BYTES], changed[FILE_BYTES], public_key[CRYPTO_PUBLIC_BYTES];
static size_t whole_size;
static char *whole_text;
static size_t whole_length;

static void write_file(const uint8_t *bytes, size_t size) {
    fixture_path(path); /* removes what the last one left beside it */
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file && fwrite(bytes, 1, size, file) == size && !fclose(file));
}

/* Returns a reply with every launch and its handles; NULL if they cannot be read. */
static char *read_all(size_t *ret_length) {
    static const msg_id id = {.number = 1};
    audit_store *store = NULL;
    audit_error error = {0};
    const audit_filter all = {.limit = LIMIT_QUERY_ROWS};
    arena a = {0};
    msg_page page;
    char *text = NULL;
    if (audit_open_reader(path, &store, &error) && audit_page(store, &all, SIZE_MAX, &a, &page, &error))
        text = msg_encode_query_result(&id, &page, ret_length);
    arena_free(&a);
    audit_close(&store);
    return text;
}

static void begin(void) {
    audit_error error = {0};
    audit_store *store = fixture_open(fixture_path(path));
    for (int i = 1; i <= LAUNCHES; i++) {
        FUZZ_CHECK(audit_begin(store, &error));
        fixture_add_whole(store, i);
        if (i % 4 == 0) FUZZ_CHECK(audit_add_checkpoint(store, FIXTURE_NOW, &error));
        FUZZ_CHECK(audit_commit(store, &error));
    }
    audit_close(&store);
    FUZZ_CHECK(crypto_export_public(fixture_key(), public_key));
    FUZZ_CHECK((whole_text = read_all(&whole_length)) != NULL);
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file);
    whole_size = fread(whole, 1, sizeof whole, file);
    FUZZ_CHECK(whole_size > 4096 && whole_size < FILE_BYTES && !fclose(file));
}

static void ignore(void *context, const char *text) {
    (void)context;
    FUZZ_CHECK(text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    audit_error error = {0};
    audit_verdict verdict = {.findings = -1};
    size_t length = 0;
    if (!whole_size) begin();
    memcpy(changed, whole, whole_size);
    for (size_t i = 0; i + 4 <= size && i / 4 < EDITS; i += 4)
        changed[(data[i] << 16 | data[i + 1] << 8 | data[i + 2]) % whole_size] = data[i + 3];
    write_file(changed, whole_size);
    char *text = read_all(&length);
    const audit_verification how = {.path = path, .public_key = public_key, .finding = ignore};
    bool verified = audit_verify(&how, &verdict, &error);
    if (!memcmp(changed, whole, whole_size)) FUZZ_CHECK(verified && verdict.findings == 0);
    if (verified && verdict.findings == 0)
        FUZZ_CHECK(text && length == whole_length && !memcmp(text, whole_text, length));
    if (!verified) FUZZ_CHECK(error.message[0]);
    free(text);
    return 0;
}
