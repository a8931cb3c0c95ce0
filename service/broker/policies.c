#include "service/broker/policies.h"

#include "service/broker/event_log.h"
#include "service/win32/facts.h"
#include "service/broker/file_watch.h"
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
    SRWLOCK lock; /* held while loading */
    LONG64 loads;
    char *text; /* the file as it was last read, valid or not; NULL: it did not exist */
    DWORD length;
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
    DWORD error = wide ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!error && !ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, ret, NULL))
        error = win_error();
    arena_free(&a);
    return error;
}

/* Puts a policy into force, with the lock held. Frees it on failure. */
static DWORD publish(policies *p, policy *loaded) {
    LONG i = 0;
    PSECURITY_DESCRIPTOR security = NULL;
    DWORD error = make_security(policy_settings_of(loaded)->security, &security);
    while (i < SLOTS && (i == p->current || p->slots[i].users)) i++;
    if (!error && i == SLOTS) error = ERROR_BUSY;
    if (error) {
        policy_free(&loaded);
        return error;
    }
    slot *s = &p->slots[i];
    empty(s);
    s->policy = loaded;
    s->security = security;
    s->number = ++p->loads;
    InterlockedExchange(&p->current, i);
    return ERROR_SUCCESS;
}

/* Reads the file; *ret stays NULL with ERROR_SUCCESS if there is none. */
static DWORD read_file(const wchar_t *path, char **ret, DWORD *ret_length) {
    char *text = malloc(POLICY_LIMIT_BYTES + 4);
    if (!text) return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = whole_file_read(path, text, POLICY_LIMIT_BYTES + 4, ret_length);
    if (!error) {
        *ret = text;
        return ERROR_SUCCESS;
    }
    free(text);
    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
}

static fault_kind wrong(fault *ret_fault, DWORD error, const char *what) {
    return win_fault(ret_fault, FAULT_BAD_POLICY, STAGE_DECIDE, error, "policy.json %s", what);
}

/* Parses text and puts it into force, with the lock held. NULL: the built-in policy. */
static fault_kind load(policies *p, char *text, DWORD length, fault *ret_fault) {
    arena a = {0};
    const policy_options options = facts_options(&a);
    policy *loaded = NULL;
    policy_error e = {0};
    fault_kind kind = FAULT_NONE;
    if (!text) loaded = policy_builtin(&options);
    else if (!policy_parse(text, length, &options, &loaded, &e))
        kind = fault_set(ret_fault, FAULT_BAD_POLICY, STAGE_DECIDE, ERROR_INVALID_DATA,
                         "policy.json, line %lu, column %lu: %s", (unsigned long)e.line,
                         (unsigned long)e.column, e.message);
    arena_free(&a);
    if (kind) return kind;
    DWORD error = loaded ? publish(p, loaded) : ERROR_NOT_ENOUGH_MEMORY;
    return error ? wrong(ret_fault, error, "cannot be put into force") : FAULT_NONE;
}

/* Reads and loads the file, with the lock held. only_changed: does nothing if the file has not changed. */
static fault_kind reload(policies *p, bool only_changed, bool *ret_read, fault *ret_fault) {
    char *text = NULL;
    DWORD length = 0, error = read_file(p->path, &text, &length);
    *ret_read = true;
    if (error) return wrong(ret_fault, error, "cannot be read");
    bool same = !text == !p->text && length == p->length && (!text || !memcmp(text, p->text, length));
    if (same && only_changed) {
        *ret_read = false;
        free(text);
        return FAULT_NONE;
    }
    fault_kind kind = load(p, text, length, ret_fault);
    free(p->text);
    p->text = text;
    p->length = length;
    return kind;
}

static void tell(policies *p, fault_kind kind, const fault *f) {
    char detail[160];
    snprintf(detail, sizeof detail, "%.*s", (int)sizeof detail - 1,
             kind ? f->message : "policy.json was loaded");
    recorder_event(p->records, kind ? "policy_refused" : "policy", detail);
    event_log_report(kind ? EVENT_POLICY_WRONG : EVENT_POLICY_LOADED, "%s",
                     kind ? f->message : "policy.json");
}

fault_kind policies_reload(policies *p, uint32_t *ret_rules, fault *ret_fault) {
    bool was_read;
    AcquireSRWLockExclusive(&p->lock);
    fault_kind kind = reload(p, false, &was_read, ret_fault);
    uint32_t rules = (uint32_t)policy_settings_of(p->slots[p->current].policy)->rules;
    ReleaseSRWLockExclusive(&p->lock);
    tell(p, kind, ret_fault);
    if (!kind) *ret_rules = rules;
    return kind;
}

static void on_change(void *context) {
    policies *p = context;
    fault f;
    bool was_read;
    AcquireSRWLockExclusive(&p->lock);
    fault_kind kind = reload(p, true, &was_read, &f);
    ReleaseSRWLockExclusive(&p->lock);
    if (kind || was_read) tell(p, kind, &f);
}

bool policies_open(const wchar_t *directory, recorder *records, policies **ret, char message[512]) {
    policies *p = calloc(1, sizeof *p);
    size_t units = wcslen(directory) + 32;
    bool was_read;
    fault f;

    if (!p || !(p->path = malloc(units * sizeof *p->path))) {
        free(p);
        snprintf(message, 512, "out of memory");
        return false;
    }

    InitializeSRWLock(&p->lock);
    p->records = records;
    p->current = SLOTS - 1; /* none yet */
    swprintf(p->path, units, L"%ls\\policy.json", directory);

    DWORD error = ERROR_SUCCESS;
    if (!reload(p, false, &was_read, &f) && !(error = file_watch_start(p->path, on_change, p, &p->watch))) {
        *ret = p;
        return true;
    }

    if (error) win_fault(&f, FAULT_INTERNAL, STAGE_NONE, error, "cannot watch policy.json");
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
