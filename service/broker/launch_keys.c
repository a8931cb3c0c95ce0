#include "service/broker/launch_keys.h"

#include "service/broker/quota.h"

#include <stdlib.h>
#include <string.h>

enum { GIVEN_UP_MOST = 64 };

/* A key that was given up, and the process whose key it was. */
typedef struct given_up {
    char key[LIMIT_KEY_CHARS + 1];
    DWORD pid;
    int64_t started_at;
} given_up;

/* The keys of one user, in a ring. */
typedef struct user_keys {
    struct user_keys *next;
    const struct quota_user *user;
    given_up list[GIVEN_UP_MOST];
    size_t count; /* all that were ever added */
} user_keys;

struct launch_keys {
    SRWLOCK lock;
    launch_key_use *first;
    user_keys *users;
};

bool launch_keys_create(launch_keys **ret) {
    launch_keys *keys = calloc(1, sizeof *keys);
    if (!keys) return false;
    InitializeSRWLock(&keys->lock);
    *ret = keys;
    return true;
}

void launch_keys_destroy(launch_keys **keys) {
    launch_keys *old = *keys;
    *keys = NULL;
    if (!old) return;
    for (user_keys *u = old->users, *next; u; u = next) {
        next = u->next;
        free(u);
    }
    free(old);
}

static bool same_process(const caller *a, DWORD pid, int64_t started_at) {
    return a->pid == pid && a->started_at == started_at;
}

static bool under_way(const launch_keys *keys, const caller *from, const char *key) {
    const launch_key_use *use = keys->first;
    while (use && (strcmp(use->key, key) != 0 || !same_process(from, use->from->pid, use->from->started_at)))
        use = use->next;
    return use != NULL;
}

static user_keys *of_user(launch_keys *keys, const caller *from) {
    user_keys *u = keys->users;
    while (u && u->user != from->quota) u = u->next;
    return u;
}

static bool is_given_up(launch_keys *keys, const caller *from, const char *key) {
    const user_keys *u = of_user(keys, from);
    for (size_t i = 0; u && i < GIVEN_UP_MOST && i < u->count; i++)
        if (!strcmp(u->list[i].key, key) && same_process(from, u->list[i].pid, u->list[i].started_at))
            return true;
    return false;
}

static fault_kind refuse_under_way(fault *ret_fault) {
    return fault_set(ret_fault, FAULT_UNDER_WAY, STAGE_RECEIVE, ERROR_IO_PENDING,
                     "the launch with this key is under way; ask again for its outcome");
}

fault_kind launch_keys_begin(launch_keys *keys, const caller *from, const char *key, launch_key_use *use,
                             fault *ret_fault) {
    fault_kind kind = FAULT_NONE;
    if (!key) return kind;
    AcquireSRWLockExclusive(&keys->lock);
    if (under_way(keys, from, key)) {
        kind = refuse_under_way(ret_fault);
    } else if (is_given_up(keys, from, key)) {
        kind =
            fault_set(ret_fault, FAULT_NOT_STARTED, STAGE_RECEIVE, ERROR_NOT_FOUND,
                      "the client was told that the launch with this key has not started; use another key");
    } else {
        *use = (launch_key_use){.next = keys->first, .link = &keys->first, .from = from, .key = key};
        if (use->next) use->next->link = &use->next;
        keys->first = use;
    }
    ReleaseSRWLockExclusive(&keys->lock);
    return kind;
}

void launch_keys_end(launch_keys *keys, launch_key_use *use) {
    if (!use->key) return;
    AcquireSRWLockExclusive(&keys->lock);
    *use->link = use->next;
    if (use->next) use->next->link = use->link;
    ReleaseSRWLockExclusive(&keys->lock);
    *use = (launch_key_use){0};
}

fault_kind launch_keys_give_up(launch_keys *keys, const caller *from, const char *key, fault *ret_fault) {
    fault_kind kind = FAULT_NONE;
    AcquireSRWLockExclusive(&keys->lock);
    user_keys *u = of_user(keys, from);
    if (under_way(keys, from, key)) {
        kind = refuse_under_way(ret_fault);
    } else if (!u && !(u = calloc(1, sizeof *u))) {
        kind = fault_set(ret_fault, FAULT_INTERNAL, STAGE_RECEIVE, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    } else {
        if (!u->user) {
            u->user = from->quota;
            u->next = keys->users;
            keys->users = u;
        }
        given_up *g = &u->list[u->count++ % GIVEN_UP_MOST];
        g->pid = from->pid;
        g->started_at = from->started_at;
        strncpy(g->key, key, sizeof g->key - 1);
    }
    ReleaseSRWLockExclusive(&keys->lock);
    return kind;
}
