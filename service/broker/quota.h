/* What each user may have of the broker at the same time, and how often. Counted without locks; a user, once
 * seen, is remembered until the broker ends. */
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
    turns_user turns[QUOTA_TURNS]; /* the server's: one for each of its lanes */
    volatile LONG connections, in_flight, live;
    volatile LONG64 launches_until, denials_until; /* win_ticks_us up to which the rate has been used */
    char sid[];
} quota_user;

bool quotas_create(quotas **ret);
void quotas_destroy(quotas **q); /* NULL is fine */

/* Whose counts those of this SID are; NULL: out of memory. */
quota_user *quotas_user(quotas *q, const char *sid);

/* Takes one more of count, of which there may be most (0: any number). On refusal nothing was taken, and the
 * fault names the quota ("quota.NAME" is its field). quota_give gives it back. */
fault_kind quota_take(volatile LONG *count, uint32_t most, const char *name, fault *ret_fault);
void quota_give(volatile LONG *count);

/* Whether one more a minute is within per_minute, of which all may come at once; takes it if so. */
bool quota_rate(volatile LONG64 *until, uint32_t per_minute);
fault_kind quota_launch_rate(quota_user *user, uint32_t per_minute, fault *ret_fault);

#endif
