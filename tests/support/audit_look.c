#include "tests/support/audit_look.h"

#include "tests/support/checks.h"
#include "service/audit/pem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void audit_path(const wchar_t *data, const wchar_t *name, char ret[AUDIT_PATH_BYTES]) {
    wchar_t path[MAX_PATH + 64];
    swprintf(path, MAX_PATH + 64, L"%ls\\%ls", data, name);
    if (!WideCharToMultiByte(CP_UTF8, 0, path, -1, ret, AUDIT_PATH_BYTES, NULL, NULL)) ret[0] = 0;
}

void audit_text(const char *database, const char *sql, char ret[AUDIT_TEXT_BYTES]) {
    audit_error error = {0};
    db *d = NULL;
    if (!db_open(database, DB_FOR_READING, &d, &error) ||
        !db_text(d, "asking", sql, ret, AUDIT_TEXT_BYTES, &error))
        snprintf(ret, AUDIT_TEXT_BYTES, "%s", error.message);
    db_close(&d);
}

typedef struct wanted {
    const char *database, *sql, *text;
    char got[AUDIT_TEXT_BYTES];
} wanted;

static bool is_text(void *context) {
    wanted *w = context;
    audit_text(w->database, w->sql, w->got);
    return !strcmp(w->got, w->text);
}

bool audit_becomes(const char *database, const char *sql, const char *text) {
    wanted w = {.database = database, .sql = sql, .text = text};
    poll_until(is_text, &w, TEST_DEADLINE_MS);
    return check_text(__FILE__, __LINE__, sql, w.got, text);
}

static void complain(void *context, const char *text) {
    (void)context;
    printf("    verify: %s\n", text);
}

int64_t audit_findings(const char *database, const wchar_t *data) {
    audit_error error = {0};
    audit_verdict verdict = {0};
    uint8_t key[CRYPTO_PUBLIC_BYTES];
    size_t size = 0;
    char *pem = file_read(data, L"audit.pub", &size);
    bool read = pem && pem_read(pem, key);
    free(pem);
    if (!CHECK(read)) return -1;
    const audit_verification how = {.path = database, .public_key = key, .finding = complain};
    if (CHECK(audit_verify(&how, &verdict, &error))) return verdict.findings;
    printf("    %s\n", error.message);
    return -1;
}
