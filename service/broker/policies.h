/* The policy in force, and the older ones that running requests still use. Reading needs no lock. */
#ifndef SB_SERVICE_BROKER_POLICIES_H
#define SB_SERVICE_BROKER_POLICIES_H

#include "service/broker/caller.h"
#include "service/policy/policy.h"
#include "service/broker/recorder.h"

#include <stdbool.h>
#include <windows.h>

typedef struct policies policies;

/* Which policy is in force. */
typedef struct policy_source {
    char sha256[65]; /* of policy.json, in hexadecimal; "": the built-in policy */
    int64_t since;   /* microseconds since 1970 */
    uint32_t rules;
    char trouble[512]; /* why it is not what policy.json says now; "": it is */
} policy_source;

/* A policy that one request holds until policies_release. */
typedef struct policy_use {
    const policy *policy;
    PSECURITY_DESCRIPTOR security;
    LONG64 number; /* counts the loads */
    int slot;
} policy_use;

/* Reads policy.json in directory and watches it for changes. Without the file, the built-in policy is in
 * force. A file that another process holds is waited for, some seconds. On failure message says why, with
 * line and column. */
bool policies_open(const wchar_t *directory, recorder *records, policies **ret, char message[512]);
/* No thread may use a policy any more. Sets *p to NULL, which is fine. */
void policies_close(policies **p);

policy_use policies_hold(policies *p);
void policies_release(policies *p, policy_use *use);

/* Tells the recorder what the policy allows it to prune. */
void policies_retention(policies *p, recorder *records);

/* Reads the file again. On failure the old policy stays in force, and the fault says where the file is wrong.
 * A file that is gone is a failure too. With none, the built-in policy comes into force, and a file that
 * exists is the failure. */
fault_kind policies_reload(policies *p, bool none, fault *ret_fault);

void policies_source(policies *p, policy_source *ret);

/* Returns the caller's rights (POLICY_RIGHT_...) by the policy's "security". AccessCheck decides; the result
 * is cached per caller and policy. */
unsigned policies_rights(const policy_use *use, caller *from);

#endif
