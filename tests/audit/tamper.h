/* Does what an attacker who may write the file can do: drops the database's own rules, changes records, and
 * restores the rules. */
#ifndef SB_TESTS_AUDIT_TAMPER_H
#define SB_TESTS_AUDIT_TAMPER_H

#include "tests/audit/fixture.h"
#include "service/audit/verify.h"

/* Runs SQL without triggers, checks and foreign keys. */
void tamper(const char *path, const char *sql);
/* Gives every record the hash that fits, which needs no key. */
void tamper_hashes(const char *path);
void tamper_copy(const char *from, const char *to);

/* Returns what verifying finds, one finding per line; "" if the audit is whole. public_key NULL: the
 * fixture's. Lives until the next call. */
const char *tamper_found(const char *path, const uint8_t *public_key, const audit_head *head,
                         audit_verdict *ret);

#endif
