/* What somebody who may write the file can do to it: the database's own rules are put aside, and back in
 * place. */
#ifndef SB_TESTS_AUDIT_TAMPER_H
#define SB_TESTS_AUDIT_TAMPER_H

#include "tests/audit/fixture.h"
#include "service/audit/verify.h"

/* Runs the SQL without triggers, checks and foreign keys. */
void tamper(const char *path, const char *sql);
/* Gives every record the hash that it should have, as one can who knows how, but not the key. */
void tamper_hashes(const char *path);
void tamper_copy(const char *from, const char *to);

/* What verifying finds, a line each; "" when it is whole. public_key: NULL for the fixture's. Lives until the
 * next call. */
const char *tamper_found(const char *path, const uint8_t *public_key, const audit_head *head,
                         audit_verdict *ret);

#endif
