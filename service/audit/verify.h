/* Whether an audit is what its broker wrote. */
#ifndef SB_SERVICE_AUDIT_VERIFY_H
#define SB_SERVICE_AUDIT_VERIFY_H

#include "service/audit/audit.h"

typedef struct audit_verification {
    const char *path; /* of the database, UTF-8: read, never written */
    const uint8_t
        *public_key;        /* CRYPTO_PUBLIC_BYTES: who is trusted; NULL: nobody, and then it is not whole */
    const audit_head *head; /* one that was kept elsewhere, or NULL */
    /* One sentence about what is wrong, and where. After FINDINGS_MOST they are only counted. */
    void (*finding)(void *context, const char *text);
    /* Now and then; NULL is fine. */
    void (*progress)(void *context, int64_t done, int64_t total);
    void *context;
} audit_verification;

enum { AUDIT_FINDINGS_MOST = 100 };

/* What was found out. seq 0: there is no such record. */
typedef struct audit_verdict {
    int64_t findings; /* 0: it is whole */
    int64_t records, launches, checkpoints;
    int64_t first_seq, last_seq; /* of the records that are there */
    int64_t pruned_through;
    int64_t signed_through,
        signed_at;   /* the last checkpoint that is good: nothing up to it can have been changed */
    int64_t last_at; /* time of the last record */
    audit_head head; /* the last record: to be kept elsewhere */
    bool signatures_checked;
    bool head_checked; /* false where its record has been pruned */
} audit_verdict;

/* Reads all of it: a snapshot, while a broker may be at work. False: it could not be done, and nothing is
 * said of the audit. */
bool audit_verify(const audit_verification *how, audit_verdict *ret, audit_error *ret_error);

#endif
