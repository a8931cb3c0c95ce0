/* The policy that holds, and those that launches under way began with. Taking it needs no lock. */
#ifndef SB_SERVICE_BROKER_POLICIES_H
#define SB_SERVICE_BROKER_POLICIES_H

#include "service/broker/caller.h"
#include "service/policy/policy.h"
#include "service/broker/recorder.h"

#include <stdbool.h>
#include <windows.h>

typedef struct policies policies;

/* The policy that one request is decided by, until it gives it back. */
typedef struct policy_use {
    const policy *policy;
    PSECURITY_DESCRIPTOR security;
    LONG64 number; /* of the load */
    int slot;
} policy_use;

/* Reads policy.json of directory, where there is one, and watches for changes. False, and message (at least
 * 512 characters) says why, with line and column. */
bool policies_open(const wchar_t *directory, recorder *records, policies **ret, char message[512]);
/* Nobody may use a policy any more. NULL is fine. */
void policies_close(policies **p);

policy_use policies_hold(policies *p);
void policies_release(policies *p, policy_use *use);

/* Tells the recorder what may be pruned. */
void policies_retention(policies *p, recorder *records);

/* Reads the file again. On failure the old policy stays, and the fault says where the file is wrong. */
fault_kind policies_reload(policies *p, uint32_t *ret_rules, fault *ret_fault);

/* The caller's rights (POLICY_RIGHT_...) by the policy's "security": AccessCheck, once for a caller and a
 * policy. */
unsigned policies_rights(const policy_use *use, caller *from);

#endif
