/* Reads the audit files of a test's broker directly. Link with sb_audit. */
#ifndef SB_TESTS_SUPPORT_AUDIT_LOOK_H
#define SB_TESTS_SUPPORT_AUDIT_LOOK_H

#include "service/audit/db.h"
#include "tests/support/harness.h"
#include "service/audit/verify.h"

enum { AUDIT_PATH_BYTES = 3 * MAX_PATH, AUDIT_TEXT_BYTES = 1024 };

/* Writes the path of a file in the data directory, as UTF-8. */
void audit_path(const wchar_t *data, const wchar_t *name, char ret[AUDIT_PATH_BYTES]);
/* Fills ret with the first column of the first row, or with the error. */
void audit_text(const char *database, const char *sql, char ret[AUDIT_TEXT_BYTES]);
/* Waits until the statement's result is text, and checks that it is. */
bool audit_becomes(const char *database, const char *sql, const char *text);
/* Verifies the database with the key in the data directory and prints what it finds. Returns the number of
 * findings, or -1 if the audit could not be verified. */
int64_t audit_findings(const char *database, const wchar_t *data);

#endif
