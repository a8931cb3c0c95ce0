/* What the audit is told about a launch: its request and its outcome. */
#ifndef SB_SERVICE_BROKER_LAUNCH_RECORD_H
#define SB_SERVICE_BROKER_LAUNCH_RECORD_H

#include "service/broker/adopt.h"
#include "service/broker/launch_id.h"
#include "service/broker/session.h"

/* What is known about a launch so far. The steps of session_spawn fill it in, and the records are made from
 * it. */
typedef struct launch_progress {
    const session *s;
    char id[LAUNCH_ID_SIZE];
    int64_t requested_at, started_at; /* microseconds since 1970; 0: not yet */
    const char *rule;                 /* that decided, or the quota that refused; NULL: not decided yet */
    const policy_rule *decided_by;    /* NULL: none of the policy file's rules */
    adoption handles;
    DWORD pid, tid;     /* of the child; 0: none was created */
    int64_t created_at; /* when Windows says the child was created */
    int attested;       /* 1: the handles were verified, 0: they were wrong, -1: not checked */
    msg_times times;
    bool brief;  /* long texts and lists are cut: too much of this user has been recorded */
    fault fault; /* why the launch fails; kind FAULT_NONE: it does not */
} launch_progress;

/* Returns AUDIT_STARTED, AUDIT_DENIED (a rule or a quota refused the launch) or AUDIT_FAILED. */
audit_result launch_result(const launch_progress *p);

/* Makes the request's record. Its texts are in the request's arena and in *p. False: out of memory. */
bool launch_record_request(const launch_progress *p, audit_request *ret);

/* Makes the outcome's record. Its texts are in *p. */
audit_outcome launch_record_outcome(const launch_progress *p);

#endif
