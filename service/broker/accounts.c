#include "service/broker/accounts.h"

#include "service/win32/text.h"
#include "service/win32/win.h"

#include <sddl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 1000, RETRY_MS = 60000 };

struct account {
    struct account *next;
    struct accounts *all;
    char *name; /* NULL: not known. Once set it stays */
    bool looking;
    int lookups;          /* begun */
    uint64_t begun_at_ms; /* the last one */
    char sid[];
};

struct accounts {
    accounts_lookup *look_up;
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    struct account *first;
    size_t references; /* the owner's, and one for each running lookup */
};

char *accounts_ask_windows(const char *sid) {
    wchar_t name[256], domain[256];
    DWORD name_units = 256, domain_units = 256;
    SID_NAME_USE use;
    PSID binary = NULL;
    arena a = {0};
    char *full = NULL;

    if (!ConvertStringSidToSidA(sid, &binary)) return NULL;
    if (LookupAccountSidW(NULL, binary, name, &name_units, domain, &domain_units, &use)) {
        const char *user = text_utf8_lossy(&a, name), *where = text_utf8_lossy(&a, domain);
        const char *joined =
            user && where ? arena_printf(&a, "%s%s%s", where, *where ? "\\" : "", user) : NULL;
        if (joined && (full = malloc(strlen(joined) + 1)) != NULL) strcpy(full, joined);
    }
    arena_free(&a);
    LocalFree(binary);
    return full;
}

bool accounts_create(accounts_lookup *look_up, accounts **ret) {
    accounts *all = calloc(1, sizeof *all);
    if (!all) return false;
    InitializeSRWLock(&all->lock);
    InitializeConditionVariable(&all->changed);
    all->look_up = look_up;
    all->references = 1;
    *ret = all;
    return true;
}

/* Drops a reference; the last one frees everything. */
static void release(accounts *all) {
    AcquireSRWLockExclusive(&all->lock);
    bool last = --all->references == 0;
    ReleaseSRWLockExclusive(&all->lock);
    if (!last) return;

    for (struct account *u = all->first, *next; u; u = next) {
        next = u->next;
        free(u->name);
        free(u);
    }
    free(all);
}

void accounts_destroy(accounts **all) {
    accounts *old = *all;
    *all = NULL;
    if (old) release(old);
}

static void CALLBACK on_lookup(TP_CALLBACK_INSTANCE *instance, void *context) {
    struct account *u = context;
    accounts *all = u->all;
    CallbackMayRunLong(instance);
    char *name = all->look_up(u->sid);

    AcquireSRWLockExclusive(&all->lock);
    u->name = name;
    u->looking = false;
    WakeAllConditionVariable(&all->changed);
    ReleaseSRWLockExclusive(&all->lock);
    release(all);
}

/* Starts a lookup, with the lock held. If there is no thread for it, the next accounts_find after RETRY_MS
 * tries again. */
static void begin_lookup(accounts *all, struct account *u, uint64_t now_ms) {
    u->lookups++;
    u->begun_at_ms = now_ms;
    u->looking = TrySubmitThreadpoolCallback(on_lookup, u, NULL) != FALSE;
    if (u->looking) all->references++;
}

/* Finds or adds a user, with the lock held. */
static struct account *find(accounts *all, const char *sid) {
    struct account *u = all->first;
    while (u && strcmp(u->sid, sid) != 0) u = u->next;
    if (u || !(u = calloc(1, sizeof *u + strlen(sid) + 1))) return u;
    strcpy(u->sid, sid);
    u->all = all;
    u->next = all->first;
    all->first = u;
    return u;
}

const account *accounts_find(accounts *all, const char *sid) {
    AcquireSRWLockExclusive(&all->lock);
    struct account *u = find(all, sid);
    uint64_t now = GetTickCount64();

    if (u && !u->name && !u->looking && (!u->lookups || now >= u->begun_at_ms + RETRY_MS))
        begin_lookup(all, u, now);

    for (; u && u->looking && u->lookups == 1 && now < u->begun_at_ms + WAIT_MS; now = GetTickCount64())
        SleepConditionVariableSRW(&all->changed, &all->lock, (DWORD)(u->begun_at_ms + WAIT_MS - now), 0);
    ReleaseSRWLockExclusive(&all->lock);
    return u;
}

const char *account_name(const account *u) {
    AcquireSRWLockShared(&u->all->lock);
    const char *name = u->name ? u->name : u->sid;
    ReleaseSRWLockShared(&u->all->lock);
    return name;
}
