#include "tests/audit/tamper.h"

#include "service/audit/chain_reader.h"

#include <stdlib.h>

enum { TRIGGERS_MOST = 64 };

static void must(bool ok, const audit_error *error, const char *what) {
    if (ok) return;
    fprintf(stderr, "%s failed: %d %s\n", what, error->code, error->message);
    exit(1);
}

static char *copy_of(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (!copy) exit(1);
    return strcpy(copy, text);
}

/* Drops every trigger and returns their texts. */
static size_t drop_triggers(db *d, char *texts[TRIGGERS_MOST]) {
    audit_error error = {0};
    db_statement *s = NULL;
    db_row row;
    bool found = true;
    size_t count = 0;
    char drop[128];
    char *names[TRIGGERS_MOST];

    must(db_prepare(d, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid", &s,
                    &error),
         &error, "triggers");
    db_args args = db_with(s);

    while (db_next(&args, "triggers", &row, &found, &error) && found && count < TRIGGERS_MOST) {
        names[count] = copy_of(db_get_text(&row));
        texts[count++] = copy_of(db_get_text(&row));
    }

    db_end(&args);
    db_finalize(&s);
    for (size_t i = 0; i < count; i++) {
        snprintf(drop, sizeof drop, "DROP TRIGGER %s", names[i]);
        must(db_run(d, "dropping", drop, &error), &error, drop);
        free(names[i]);
    }

    return count;
}

void tamper(const char *path, const char *sql) {
    audit_error error = {0};
    char *triggers[TRIGGERS_MOST];
    db *d = NULL;
    must(db_open(path, DB_FOR_WRITING, &d, &error), &error, path);
    must(db_run(d, "tampering", "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; BEGIN",
                &error),
         &error, path);
    size_t count = drop_triggers(d, triggers);
    must(db_run(d, "tampering", sql, &error), &error, sql);
    for (size_t i = 0; i < count; i++) {
        must(db_run(d, "tampering", triggers[i], &error), &error, triggers[i]);
        free(triggers[i]);
    }
    must(db_run(d, "tampering", "COMMIT", &error), &error, sql);
    db_close(&d);
}

void tamper_hashes(const char *path) {
    enum { SQL_BYTES = 256 };
    audit_error error = {0};
    audit_store *store = NULL;
    chain_link link;
    chain_reader w;
    chain_item item;
    bool found = true;
    char *all = calloc(1, 1), sql[SQL_BYTES];

    must(audit_open_reader(path, &store, &error), &error, path);
    must(chain_read_link(store, 0, &link, &error) && chain_reader_start(&w, store, 1, &error), &error, path);
    while (chain_reader_next(&w, &link, &item, &found, &error) && found) {
        const char *table = item.table == SCHEMA_LAUNCH    ? "launch"
                            : item.table == SCHEMA_OUTCOME ? "outcome"
                            : item.table == SCHEMA_EXIT    ? "exit"
                            : item.table == SCHEMA_EVENT   ? "event"
                                                           : "checkpoint";
        int used = snprintf(sql, sizeof sql, "UPDATE %s SET hash = x'", table);
        for (size_t i = 0; i < sizeof item.computed; i++)
            used += snprintf(sql + used, sizeof sql - (size_t)used, "%02x", item.computed[i]);
        snprintf(sql + used, sizeof sql - (size_t)used, "' WHERE seq = %lld;", (long long)item.seq);
        all = realloc(all, strlen(all) + strlen(sql) + 1);
        strcat(all, sql);
        link.seq = item.seq;
        memcpy(link.hash, item.computed, sizeof link.hash);
    }

    chain_reader_end(&w);
    audit_close(&store);
    tamper(path, all);
    free(all);
}

void tamper_copy(const char *from, const char *to) {
    char buffer[65536];
    size_t got;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    if (!in || !out) exit(1);
    while ((got = fread(buffer, 1, sizeof buffer, in)) > 0)
        if (fwrite(buffer, 1, got, out) != got) exit(1);
    fclose(in);
    fclose(out);
}

static char found_text[16384];

static void on_finding(void *context, const char *text) {
    size_t used = strlen(found_text);
    (void)context;
    snprintf(found_text + used, sizeof found_text - used, "%s%s", used ? "\n" : "", text);
}

const char *tamper_found(const char *path, const uint8_t *public_key, const audit_head *head,
                         audit_verdict *ret) {
    audit_error error = {0};
    audit_verdict verdict = {.findings = -1};
    uint8_t own[CRYPTO_PUBLIC_BYTES];
    const audit_verification how = {
        .path = path, .public_key = public_key ? public_key : own, .head = head, .finding = on_finding};
    found_text[0] = 0;
    if (!crypto_export_public(fixture_key(), own)) exit(1);
    if (!fixture_ok(audit_verify(&how, &verdict, &error), &error, "audit_verify"))
        snprintf(found_text, sizeof found_text, "could not verify: %s", error.message);
    CHECK((verdict.findings == 0) == (found_text[0] == 0));
    if (ret) *ret = verdict;
    return found_text;
}
