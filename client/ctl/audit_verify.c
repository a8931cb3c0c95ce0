/* spawnctl audit verify and head. */
#include "client/ctl/audit.h"
#include "service/audit/pem.h"
#include "service/win32/text.h"
#include "service/win32/whole_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct verifying {
    ctl *c;
    const char **findings;
    size_t count;
} verifying;

static void on_finding(void *context, const char *text) {
    verifying *v = context;
    const char *kept = arena_printf(v->c->arena, "%s", text);
    if (kept && v->count < AUDIT_FINDINGS_MOST) v->findings[v->count++] = kept;
}

static void on_progress(void *context, int64_t done, int64_t total) {
    (void)context;
    audit_progress("verifying", done, total);
}

/* Reads the public key in a file. False after the message. */
static bool read_key(ctl *c, const char *name, uint8_t ret[CRYPTO_PUBLIC_BYTES]) {
    char text[4096] = "";
    DWORD length = 0;
    const wchar_t *path = text_wide(c->arena, name);
    DWORD err = path ? whole_file_read(path, text, sizeof text - 1, &length) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    if (!err && pem_read(text, ret)) return true;
    if (!err)
        out_printf(STD_ERROR_HANDLE, "spawnctl audit: %s: there is no public key of P-256 in it\n",
                   out_shown(c->arena, name, 0));
    else
        out_printf(STD_ERROR_HANDLE, "spawnctl audit: the public key %s cannot be read (error %lu)\n",
                   out_shown(c->arena, name, 0), err);
    return false;
}

/* Returns the path of audit.pub in the database's directory. */
static const char *key_beside(ctl *c, const char *db) {
    size_t stem = strlen(db);
    while (stem && db[stem - 1] != '\\' && db[stem - 1] != '/') stem--;
    return arena_printf(c->arena, "%.*saudit.pub", (int)stem, db);
}

static bool exists(ctl *c, const char *name) {
    const wchar_t *path = text_wide(c->arena, name);
    return path && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* Finds the public key to trust. *ret_whose: its name for people; NULL: there is none. False after the
 * message. */
static bool find_key(ctl *c, const audit_place *place, const char *file, uint8_t key[CRYPTO_PUBLIC_BYTES],
                     const char **ret_whose) {
    const char *beside = key_beside(c, place->path);
    *ret_whose = NULL;
    if (file) *ret_whose = file;
    else if (place->public_key && pem_read(place->public_key, key)) {
        *ret_whose = "the running broker's";
        return true;
    } else if (exists(c, beside)) *ret_whose = file = beside;
    return !file || read_key(c, file, key);
}

static void fact(audit_checked *made, const char *name, const char *text) {
    made->facts[made->fact_count++] = (html_fact){name, text ? text : "(out of memory)"};
}

/* Puts the verdict into lines for people. */
static void say(ctl *c, audit_checked *made, const char *whose, const char *head_from) {
    arena *a = c->arena;
    const audit_verdict *v = &made->verdict;
    char head[AUDIT_HEAD_SIZE];

    audit_head_text(&v->head, head);
    fact(made, "records",
         arena_printf(a, "%" PRId64 " to %" PRId64 ": %" PRId64 ", %" PRId64 " of them launches",
                      v->first_seq, v->last_seq, v->records, v->launches));
    if (v->pruned_through) fact(made, "pruned", arena_printf(a, "through %" PRId64, v->pruned_through));
    fact(made, "signed",
         v->signatures_checked
             ? arena_printf(a, "through %" PRId64 ", %s (%" PRId64 " checkpoint%s; key: %s)",
                            v->signed_through, out_time(a, v->signed_at), v->checkpoints,
                            v->checkpoints == 1 ? "" : "s", out_shown(a, whose, 0))
             : "not checked");
    if (v->signatures_checked && v->last_seq > v->signed_through)
        fact(made, "not signed",
             arena_printf(a, "%" PRId64 " after that: no checkpoint covers them yet",
                          v->last_seq - v->signed_through));

    fact(made, "cut",
         v->head_checked ? arena_printf(a, "nothing up to the head %s", head_from)
         : head_from     ? "not checked: the record of the head has been pruned"
                         : "not checked: give a head that you kept elsewhere with --head");
    fact(made, "head", arena_printf(a, "%s", head));
}

static void print_people(ctl *c, const audit_place *place, const audit_checked *made) {
    const DWORD to = STD_OUTPUT_HANDLE;
    const audit_verdict *v = &made->verdict;
    out_printf(to, "%s\n", out_shown(c->arena, place->path, 0));
    for (size_t i = 0; i < made->fact_count; i++)
        out_printf(to, "  %-12s%s\n", made->facts[i].name, made->facts[i].text);
    for (size_t i = 0; i < made->finding_count; i++)
        out_printf(to, "WRONG: %s\n", out_shown(c->arena, made->findings[i], 0));
    if (v->findings > (int64_t)made->finding_count)
        out_printf(to, "... and %" PRId64 " more\n", v->findings - (int64_t)made->finding_count);
    out_printf(to, "%s\n", v->findings ? "NOT WHOLE" : "whole");
}

static void print_json(ctl *c, const audit_place *place, const audit_checked *made) {
    arena *a = c->arena;
    const audit_verdict *v = &made->verdict;
    char head[AUDIT_HEAD_SIZE];
    audit_head_text(&v->head, head);
    out_printf(
        STD_OUTPUT_HANDLE,
        "{\"whole\":%s,\"database\":%s,\"records\":%" PRId64 ",\"launches\":%" PRId64
        ",\"first_seq\":%" PRId64 ",\"last_seq\":%" PRId64 ",\"pruned_through\":%" PRId64
        ",\"checkpoints\":%" PRId64 ",\"signatures_checked\":%s,\"signed_through\":%" PRId64
        ",\"signed_at\":%" PRId64 ",\"head_checked\":%s,\"head\":\"%s\",\"findings\":%" PRId64 ",\"wrong\":[",
        v->findings ? "false" : "true", out_json(a, place->path), v->records, v->launches, v->first_seq,
        v->last_seq, v->pruned_through, v->checkpoints, v->signatures_checked ? "true" : "false",
        v->signed_through, v->signed_at, v->head_checked ? "true" : "false", head, v->findings);
    for (size_t i = 0; i < made->finding_count; i++)
        out_printf(STD_OUTPUT_HANDLE, "%s%s", i ? "," : "", out_json(a, made->findings[i]));
    out_printf(STD_OUTPUT_HANDLE, "]}\n");
}

int audit_check(ctl *c, const audit_place *place, const char *key_file, const char *head_text,
                audit_checked *ret) {
    uint8_t key[CRYPTO_PUBLIC_BYTES];
    audit_head head;
    audit_error error;
    const char *whose = NULL, *kept = head_text ? head_text : place->head;
    verifying v = {.c = c, .findings = arena_array(c->arena, AUDIT_FINDINGS_MOST, sizeof *v.findings)};
    audit_checked made = {.findings = v.findings};

    if (!v.findings) return CTL_EXIT_FAILED;
    if (kept && !audit_head_read(kept, &head))
        return ctl_usage(
            c, "--head needs CHAIN:NUMBER:HASH, as `spawnctl audit head` and the Event Log print it");

    if (!find_key(c, place, key_file, key, &whose)) return CTL_EXIT_FAILED;
    const audit_verification how = {.path = place->path,
                                    .public_key = whose ? key : NULL,
                                    .head = kept ? &head : NULL,
                                    .finding = on_finding,
                                    .progress = on_progress,
                                    .context = &v};
    bool done = audit_verify(&how, &made.verdict, &error);
    audit_progress_end();
    if (!done) return audit_failed(c, &error);
    made.finding_count = v.count;
    say(c, &made, whose, head_text ? "that was given" : place->head ? "of the running broker" : NULL);
    *ret = made;

    return CTL_EXIT_OK;
}

static int verify(ctl *c, const audit_place *place, const char *key_file, const char *head_text) {
    audit_checked made;
    int result = audit_check(c, place, key_file, head_text, &made);
    if (result) return result;
    if (c->json) print_json(c, place, &made);
    else print_people(c, place, &made);
    return made.verdict.findings ? AUDIT_EXIT_NOT_WHOLE : CTL_EXIT_OK;
}

int audit_verify_copy(ctl *c, const audit_place *place, const char *copy) {
    audit_place there = *place;
    there.path = copy;
    const char *beside = place->public_key ? NULL : key_beside(c, place->path);
    return verify(c, &there, beside && exists(c, beside) ? beside : NULL, NULL);
}

int ctl_audit_verify(ctl *c) {
    audit_place place;
    int result = audit_find(c, &place);
    return result ? result : verify(c, &place, option_value(c, OPT_public_key), option_value(c, OPT_head));
}

/* Prints one line to keep elsewhere: the head of the running broker, or of a file. */
int ctl_audit_head(ctl *c) {
    audit_place place;
    audit_error error;
    int result = audit_find(c, &place);
    if (result) return result;
    char text[AUDIT_HEAD_SIZE] = "";
    audit_head head;
    if (!place.head) {
        if (!audit_head_of_file(place.path, &head, &error)) return audit_failed(c, &error);
        audit_head_text(&head, text);
        place.head = text;
    }
    out_printf(STD_OUTPUT_HANDLE, c->json ? "{\"head\":\"%s\"}\n" : "%s\n", place.head);
    return CTL_EXIT_OK;
}
