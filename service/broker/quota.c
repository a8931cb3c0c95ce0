#include "service/broker/quota.h"

#include "service/win32/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct quotas {
    SRWLOCK lock;
    quota_user *first;
};

bool quotas_create(quotas **ret) {
    quotas *q = calloc(1, sizeof *q);
    if (!q) return false;
    InitializeSRWLock(&q->lock);
    *ret = q;
    return true;
}

void quotas_destroy(quotas **q) {
    quotas *old = *q;
    *q = NULL;
    if (!old) return;
    for (quota_user *u = old->first, *next; u; u = next) {
        next = u->next;
        if (!u->hung) free(u); /* else a thread still counts it, until the process ends */
    }
    free(old);
}

quota_user *quotas_user(quotas *q, const char *sid) {
    AcquireSRWLockExclusive(&q->lock);
    quota_user *u = q->first;
    while (u && strcmp(u->sid, sid) != 0) u = u->next;
    if (!u && (u = calloc(1, sizeof *u + strlen(sid) + 1)) != NULL) {
        strcpy(u->sid, sid);
        u->next = q->first;
        q->first = u;
    }
    ReleaseSRWLockExclusive(&q->lock);
    return u;
}

static fault_kind refuse(const char *name, uint32_t most, const char *of, fault *ret_fault) {
    fault_set(ret_fault, FAULT_QUOTA, STAGE_DECIDE, ERROR_NOT_ENOUGH_QUOTA,
              "the quota \"%s\" of this user is used up: %lu%s", name, (unsigned long)most, of);
    snprintf(ret_fault->field, sizeof ret_fault->field, "quota.%s", name);
    return ret_fault->kind;
}

fault_kind quota_take(volatile LONG *count, uint32_t most, const char *name, fault *ret_fault) {
    LONG now = InterlockedIncrement(count);
    if (!most || (uint32_t)now <= most) return FAULT_NONE;
    InterlockedDecrement(count);
    return refuse(name, most, "", ret_fault);
}

fault_kind quota_hung(quota_user *user, fault *ret_fault) {
    if (user->hung < QUOTA_HUNG_CALLS) return FAULT_NONE;
    return refuse("hung_calls", QUOTA_HUNG_CALLS, " files and handles keep Windows waiting", ret_fault);
}

void quota_give(volatile LONG *count) {
    InterlockedDecrement(count);
}

void quota_hold(quota_user *user, int64_t bytes) {
    InterlockedExchangeAdd64(&user->bytes, bytes);
}

fault_kind quota_bytes(const quota_user *user, uint32_t most, fault *ret_fault) {
    if (!most || user->bytes <= (LONG64)most) return FAULT_NONE;
    return refuse("bytes_in_flight", most, " bytes", ret_fault);
}

/* Generic cell rate algorithm: the rate is used up to *until. Moves that on by some of per_minute, if it is
 * at most a minute from now then, or if forced. False: it is further. */
static bool rate_take(volatile LONG64 *until, uint32_t per_minute, uint32_t some, bool forced) {
    const LONG64 minute = 60 * 1000000;
    LONG64 now = win_ticks_us(), took = per_minute ? minute * some / per_minute : 0;
    if (!per_minute) return false;
    for (;;) {
        LONG64 seen = InterlockedCompareExchange64(until, 0, 0);
        LONG64 from = seen > now ? seen : now;
        if (from + took - now > minute && !forced) return false;
        if (InterlockedCompareExchange64(until, from + took, seen) == seen) return true;
    }
}

bool quota_rate(volatile LONG64 *until, uint32_t per_minute, uint32_t some) {
    return rate_take(until, per_minute, some, false);
}

bool quota_rate_has(const volatile LONG64 *until, uint32_t per_minute, uint32_t some) {
    volatile LONG64 copy = *until;
    return rate_take(&copy, per_minute, some, false);
}

void quota_rate_charge(volatile LONG64 *until, uint32_t per_minute, uint32_t some) {
    rate_take(until, per_minute, some, true);
}

fault_kind quota_launch_rate(quota_user *user, uint32_t per_minute, fault *ret_fault) {
    if (!per_minute || quota_rate(&user->launches_until, per_minute, 1)) return FAULT_NONE;
    return refuse("launches_per_minute", per_minute, " a minute", ret_fault);
}
