#include "service/broker/policies.h"

#include "proto/hex.h"
#include "service/audit/crypto.h"
#include "service/broker/event_log.h"
#include "service/broker/held_files.h"
#include "service/broker/file_watch.h"
#include "service/win32/facts.h"
#include "service/win32/text.h"
#include "service/win32/whole_file.h"
#include "service/win32/win.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A slot is filled only while it is not the current one and has no users. A reader adds itself to the users
 * of the current slot and then checks that it is still the current one: if so, it is filled and stays so. */
enum { SLOTS = 16 };

typedef struct slot {
    volatile LONG users;
    policy *policy;
    PSECURITY_DESCRIPTOR security;
    LONG64 number;
} slot;

struct policies {
    slot slots[SLOTS];
    volatile LONG current;
    SRWLOCK loading;     /* held while the file is read and loaded, which can wait for another process */
    SRWLOCK source_lock; /* guards source; only who holds loading writes it */
    LONG64 loads;
    char *text; /* the file that is in force; NULL: the built-in policy is */
    DWORD length;
    policy_source source;
    wchar_t *path;
    recorder *records;
    file_watch *watch;
};

policy_use policies_hold(policies *p) {
    for (;;) {
        LONG i = InterlockedCompareExchange(&p->current, 0, 0);
        slot *s = &p->slots[i];
        InterlockedIncrement(&s->users);
        if (InterlockedCompareExchange(&p->current, 0, 0) == i)
            return (policy_use){s->policy, s->security, s->number, (int)i};
        InterlockedDecrement(&s->users);
    }
}

void policies_release(policies *p, policy_use *use) {
    InterlockedDecrement(&p->slots[use->slot].users);
    *use = (policy_use){0};
}

static void empty(slot *s) {
    policy_free(&s->policy);
    LocalFree(s->security);
    s->security = NULL;
}

/* Parses the policy's SDDL. AccessCheck needs an owner and a group, so adds those that are missing. */
static DWORD make_security(const char *text, PSECURITY_DESCRIPTOR *ret) {
    arena a = {0};
    bool owner = strstr(text, "O:") != NULL, group = strstr(text, "G:") != NULL;
    char *whole = arena_printf(&a, "%s%s%s", owner ? "" : "O:BA", group ? "" : "G:BA", text);
    wchar_t *wide = text_wide(&a, whole);
    DWORD err = wide ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!err && !ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, ret, NULL))
        err = win_error();
    arena_free(&a);
    return err;
}

/* Writes the SHA-256 of the file; "" for no file. */
static bool hash_text(const char *text, DWORD length, char ret[65]) {
    uint8_t hash[CRYPTO_HASH_BYTES];
    *ret = '\0';
    if (!text) return true;
    if (!crypto_sha256(text, length, hash)) return false;
    hex_write(ret, hash, sizeof hash);
    return true;
}

/* Says which policy is in force, with the loading lock held. */
static void set_source(policies *p, const policy_source *now) {
    AcquireSRWLockExclusive(&p->source_lock);
    p->source = *now;
    ReleaseSRWLockExclusive(&p->source_lock);
}

/* Puts a policy into force, with the loading lock held. Frees it on failure. */
static DWORD publish(policies *p, policy *loaded) {
    LONG i = 0;
    PSECURITY_DESCRIPTOR security = NULL;
    DWORD err = make_security(policy_settings_of(loaded)->security, &security);
    while (i < SLOTS && (i == p->current || p->slots[i].users)) i++;
    if (!err && i == SLOTS) err = ERROR_BUSY;
    if (err) {
        policy_free(&loaded);
        return err;
    }
    slot *s = &p->slots[i];
    empty(s);
    s->policy = loaded;
    s->security = security;
    s->number = ++p->loads;
    InterlockedExchange(&p->current, i);
    return ERROR_SUCCESS;
}

static fault_kind wrong(fault *ret_fault, DWORD err, const char *what) {
    return win_fault(ret_fault, FAULT_BAD_POLICY, STAGE_DECIDE, err, "policy.json %s", what);
}

/* Parses text and puts it into force, with the loading lock held. NULL: the built-in policy. */
static fault_kind load(policies *p, const char *text, DWORD length, fault *ret_fault) {
    arena a = {0};
    const policy_options options = facts_options(&a);
    policy *loaded = NULL;
    policy_error e = {0};
    policy_source now = {.since = win_now_us()};
    fault_kind kind = FAULT_NONE;

    if (!hash_text(text, length, now.sha256))
        return wrong(ret_fault, ERROR_NOT_SUPPORTED, "cannot be hashed");
    if (!text) loaded = policy_builtin(&options);
    else if (!policy_parse(text, length, &options, &loaded, &e))
        kind = fault_set(ret_fault, FAULT_BAD_POLICY, STAGE_DECIDE, ERROR_INVALID_DATA,
                         "policy.json, line %lu, column %lu: %s", (unsigned long)e.line,
                         (unsigned long)e.column, e.message);
    arena_free(&a);
    if (kind) return kind;

    now.rules = loaded ? (uint32_t)policy_settings_of(loaded)->rules : 0;
    DWORD err = loaded ? publish(p, loaded) : ERROR_NOT_ENOUGH_MEMORY;
    if (err) return wrong(ret_fault, err, "cannot be put into force");
    set_source(p, &now);
    return FAULT_NONE;
}

/* What makes the broker look at the file. */
typedef enum reason {
    AT_START,   /* without a file, the built-in policy comes into force */
    BY_CHANGE,  /* a file that is gone is reported, and one that has not changed is not loaded again */
    BY_REQUEST, /* a file that is gone is reported */
    FOR_NONE    /* a file that exists is reported; without one, the built-in policy comes into force */
} reason;

static fault_kind check_absence(const policies *p, reason why, bool absent, fault *ret_fault) {
    if (why == FOR_NONE && !absent)
        return fault_set(ret_fault, FAULT_BAD_POLICY, STAGE_DECIDE, ERROR_FILE_EXISTS,
                         "policy.json exists; to use the built-in policy, remove it first");
    if (!absent || why == AT_START || why == FOR_NONE || !p->text) return FAULT_NONE;
    return fault_set(ret_fault, FAULT_BAD_POLICY, STAGE_DECIDE, ERROR_FILE_NOT_FOUND,
                     "policy.json is gone; the policy that was read from it stays in force. To use the "
                     "built-in policy: spawnctl policy reload --none");
}

/* Reads the file and puts it into force where that is due, with the loading lock held. Sets *ret_again if
 * another try may succeed although the file does not change. */
static fault_kind reload(policies *p, reason why, bool *ret_again, fault *ret_fault) {
    char *text = malloc(POLICY_LIMIT_BYTES + 4);
    DWORD length = 0;
    DWORD err =
        text ? whole_file_read(p->path, text, POLICY_LIMIT_BYTES + 4, &length) : ERROR_NOT_ENOUGH_MEMORY;
    bool absent = err == ERROR_FILE_NOT_FOUND;
    *ret_again = err && !absent;
    if (err) {
        free(text);
        text = NULL;
    }
    if (err && !absent) return wrong(ret_fault, err, "cannot be read");

    fault_kind kind = check_absence(p, why, absent, ret_fault);
    bool same = !text == !p->text && length == p->length && (!text || !memcmp(text, p->text, length));
    bool due = !kind && !(same && why == BY_CHANGE);
    if (due && !(kind = load(p, text, length, ret_fault))) {
        char *old = p->text;
        p->text = text;
        p->length = length;
        text = old;
    }
    free(text);
    return kind;
}

/* Keeps what went wrong for status, with the loading lock held. Returns whether it is news. */
static bool note(policies *p, fault_kind kind, const fault *f) {
    policy_source now = p->source;
    snprintf(now.trouble, sizeof now.trouble, "%s", kind ? f->message : "");
    bool news = strcmp(now.trouble, p->source.trouble) != 0;
    if (news) set_source(p, &now);
    return news;
}

/* Records which policy is in force, or why another is not. */
static void record(policies *p, fault_kind kind, const fault *f, const policy_source *now) {
    char detail[160];
    if (kind) snprintf(detail, sizeof detail, "%.*s", (int)sizeof detail - 1, f->message);
    else if (*now->sha256) snprintf(detail, sizeof detail, "policy.json was loaded, SHA-256 %s", now->sha256);
    else snprintf(detail, sizeof detail, "the built-in policy is in force");
    recorder_event(p->records, kind ? "policy_refused" : "policy", detail);
}

static void tell(policies *p, fault_kind kind, const fault *f, const policy_source *now) {
    record(p, kind, f, now);
    event_log_report(kind ? EVENT_POLICY_WRONG : EVENT_POLICY_LOADED, "%s",
                     kind           ? f->message
                     : *now->sha256 ? "policy.json"
                                    : "the built-in policy");
}

/* Reloads, and tells what came of it: of a change only what is new. */
static fault_kind reload_and_tell(policies *p, reason why, bool *ret_again, fault *ret_fault) {
    AcquireSRWLockExclusive(&p->loading);
    LONG64 before = p->loads;
    fault_kind kind = reload(p, why, ret_again, ret_fault);
    bool news = note(p, kind, ret_fault) || p->loads != before || why != BY_CHANGE;
    policy_source now = p->source;
    ReleaseSRWLockExclusive(&p->loading);
    if (news) tell(p, kind, ret_fault, &now);
    return kind;
}

fault_kind policies_reload(policies *p, bool none, fault *ret_fault) {
    bool again;
    return reload_and_tell(p, none ? FOR_NONE : BY_REQUEST, &again, ret_fault);
}

void policies_source(policies *p, policy_source *ret) {
    AcquireSRWLockShared(&p->source_lock);
    *ret = p->source;
    ReleaseSRWLockShared(&p->source_lock);
}

static bool on_change(void *context) {
    fault f;
    bool again;
    reload_and_tell(context, BY_CHANGE, &again, &f);
    return !again;
}

enum { START_TRIES = HELD_FILES_MS / 1000 }; /* each waits for a second if another process holds the file */

bool policies_open(const wchar_t *directory, recorder *records, policies **ret, char message[512]) {
    policies *p = calloc(1, sizeof *p);
    size_t units = wcslen(directory) + 32;
    bool again = true;
    fault f;

    if (!p || !(p->path = malloc(units * sizeof *p->path))) {
        free(p);
        snprintf(message, 512, "out of memory");
        return false;
    }

    InitializeSRWLock(&p->loading);
    InitializeSRWLock(&p->source_lock);
    p->records = records;
    p->current = SLOTS - 1; /* none yet */
    swprintf(p->path, units, L"%ls\\policy.json", directory);

    fault_kind kind = FAULT_INTERNAL;
    for (int i = 0; kind && again && i < START_TRIES; i++) kind = reload(p, AT_START, &again, &f);
    DWORD err = kind ? ERROR_SUCCESS : file_watch_start(p->path, on_change, p, &p->watch);
    if (!kind && !err) {
        if (p->text) record(p, FAULT_NONE, NULL, &p->source);
        *ret = p;
        return true;
    }

    if (err) win_fault(&f, FAULT_INTERNAL, STAGE_NONE, err, "cannot watch policy.json");
    snprintf(message, 512, "%s", f.message);
    policies_close(&p);
    return false;
}

void policies_close(policies **p) {
    policies *old = *p;
    *p = NULL;
    if (!old) return;
    file_watch_stop(&old->watch);
    for (int i = 0; i < SLOTS; i++) empty(&old->slots[i]);
    free(old->text);
    free(old->path);
    free(old);
}

/* ---- rights ---- */

static unsigned check(const policy_use *use, HANDLE token) {
    GENERIC_MAPPING mapping = {.GenericRead = POLICY_RIGHT_READ_OWN | READ_CONTROL,
                               .GenericWrite = POLICY_RIGHT_ADMINISTER,
                               .GenericExecute = POLICY_RIGHT_LAUNCH,
                               .GenericAll = POLICY_RIGHTS_ALL | STANDARD_RIGHTS_REQUIRED};
    union {
        PRIVILEGE_SET set;
        BYTE bytes[1024];
    } privileges;
    DWORD size = sizeof privileges, granted = 0;
    BOOL allowed = FALSE;
    if (!AccessCheck(use->security, token, MAXIMUM_ALLOWED, &mapping, &privileges.set, &size, &granted,
                     &allowed) ||
        !allowed)
        return 0;
    return granted & POLICY_RIGHTS_ALL;
}

void policies_retention(policies *p, recorder *records) {
    policy_use use = policies_hold(p);
    const policy_audit *audit = &policy_settings_of(use.policy)->audit;
    const int64_t most = INT64_MAX / 2;
    const audit_retention keep = {
        .max_age_us = audit->retention_days * INT64_C(86400000000),
        .max_bytes = audit->retention_bytes > (uint64_t)most ? most : (int64_t)audit->retention_bytes};
    policies_release(p, &use);
    recorder_retain(records, &keep);
}

unsigned policies_rights(const policy_use *use, caller *from) {
    LONG64 known = InterlockedCompareExchange64(&from->rights, 0, 0);
    if (known >> 8 == use->number) return (unsigned)(known & 0xFF);
    unsigned rights = check(use, from->impersonation);
    InterlockedExchange64(&from->rights, use->number << 8 | (LONG64)rights);
    return rights;
}
