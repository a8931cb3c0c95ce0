/* The audit's files of a test broker, looked at directly: link sb_audit. */
#ifndef SB_TESTS_SUPPORT_AUDIT_LOOK_H
#define SB_TESTS_SUPPORT_AUDIT_LOOK_H

#include "service/audit/db.h"
#include "tests/support/harness.h"
#include "service/audit/verify.h"

enum { AUDIT_PATH_BYTES = 3 * MAX_PATH, AUDIT_TEXT_BYTES = 1024 };

/* The path of a file in the data directory, as UTF-8. */
void audit_path(const wchar_t *data, const wchar_t *name, char ret[AUDIT_PATH_BYTES]);
/* The first column of the first row, or the error. */
void audit_text(const char *database, const char *sql, char ret[AUDIT_TEXT_BYTES]);
/* Waits until that is text, and checks it. */
bool audit_becomes(const char *database, const char *sql, const char *text);
/* Verifies with the key in the data directory; prints what is found. How many findings, -1 when it could not
 * be done. */
int64_t audit_findings(const char *database, const wchar_t *data);

#endif
