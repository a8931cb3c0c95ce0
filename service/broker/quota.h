/* How much each user may use at the same time, and how often. Counting needs no lock. The broker remembers
 * every user that it has seen until it exits. */
#ifndef SB_SERVICE_BROKER_QUOTA_H
#define SB_SERVICE_BROKER_QUOTA_H

#include "service/broker/turns.h"
#include "proto/fault.h"
#include "service/policy/policy.h"

#include <stdbool.h>
#include <windows.h>

typedef struct quotas quotas;

enum { QUOTA_TURNS = 2 };

typedef struct quota_user {
    struct quota_user *next;
    turns_user turns[QUOTA_TURNS]; /* the server's, one for each lane */
    volatile LONG connections, in_flight, live;
    volatile LONG
        hung; /* threads that wait for this user's files and handles, and are not waited for any more */
    volatile LONG64 bytes; /* of requests and replies that the broker holds */
    /* The rate is used up to this win_ticks_us. */
    volatile LONG64 launches_until, denials_until, refused_bytes_until;
    char sid[];
} quota_user;

bool quotas_create(quotas **ret);
void quotas_destroy(quotas **q); /* NULL is fine */

/* Returns the user with this SID; NULL: out of memory. */
quota_user *quotas_user(quotas *q, const char *sid);

/* Takes one more of count, up to most (0: no limit). If the quota is used up, takes nothing, and the fault
 * names the quota in its field ("quota.NAME"). */
fault_kind quota_take(volatile LONG *count, uint32_t most, const char *name, fault *ret_fault);
/* Refuses work for a user for whom too many threads hang already (quota.hung_calls). */
enum { QUOTA_HUNG_CALLS = 16 };
fault_kind quota_hung(quota_user *user, fault *ret_fault);
/* Gives back what quota_take took. */
void quota_give(volatile LONG *count);

/* Counts bytes that the broker holds for a user, or, with a negative number, holds no longer. */
void quota_hold(quota_user *user, int64_t bytes);
/* Returns whether the user holds more than `most` bytes (0: no limit); the fault names the quota. */
fault_kind quota_bytes(const quota_user *user, uint32_t most, fault *ret_fault);

/* Takes some of per_minute and returns true, or returns false if the rate is used up. A whole minute's worth
 * may come at once. */
bool quota_rate(volatile LONG64 *until, uint32_t per_minute, uint32_t some);
/* Returns whether quota_rate would take some now. */
bool quota_rate_has(const volatile LONG64 *until, uint32_t per_minute, uint32_t some);
/* Takes some of per_minute, even if the rate is used up: then it takes longer until there is room again. */
void quota_rate_charge(volatile LONG64 *until, uint32_t per_minute, uint32_t some);
fault_kind quota_launch_rate(quota_user *user, uint32_t per_minute, fault *ret_fault);

#endif
