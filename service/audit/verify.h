/* Verifies that an audit is what its broker wrote. */
#ifndef SB_SERVICE_AUDIT_VERIFY_H
#define SB_SERVICE_AUDIT_VERIFY_H

#include "service/audit/audit.h"

typedef struct audit_verification {
    const char *path;          /* of the database, UTF-8; it is only read */
    const uint8_t *public_key; /* the trusted key, CRYPTO_PUBLIC_BYTES; NULL: none, which is a finding */
    const audit_head *head;    /* one that was kept elsewhere, or NULL */
    /* Receives one sentence about what is wrong and where; at most AUDIT_FINDINGS_MOST times. */
    void (*finding)(void *context, const char *text);
    /* Called now and then; NULL is fine. */
    void (*progress)(void *context, int64_t done, int64_t total);
    void *context;
} audit_verification;

enum { AUDIT_FINDINGS_MOST = 100 };

/* The result. A seq of 0 stands for no record. */
typedef struct audit_verdict {
    int64_t findings; /* 0: the audit is whole */
    int64_t records, launches, checkpoints;
    int64_t first_seq, last_seq; /* of the records that exist */
    int64_t pruned_through;
    int64_t signed_through, signed_at; /* the last good checkpoint: no record up to it was changed */
    int64_t last_at;                   /* when the last record was made */
    audit_head head;                   /* the last record, to keep elsewhere */
    bool signatures_checked;
    bool head_checked; /* false if its record was pruned */
} audit_verdict;

/* Reads the whole audit in one snapshot; a broker may write to it meanwhile. False: the audit could not be
 * read, and nothing is known about it. */
bool audit_verify(const audit_verification *how, audit_verdict *ret, audit_error *ret_error);

#endif
