/* Shared by the tests of the audit store: paths of fresh databases, sample records, and query results as
 * text. */
#ifndef SB_TESTS_AUDIT_FIXTURE_H
#define SB_TESTS_AUDIT_FIXTURE_H

#include "tests/support/check.h"
#include "service/audit/db.h" /* the tests read the database through connections of their own */

enum { FIXTURE_NOW = 1700000000 };

/* Sets the directory for databases: the first argument, or the current directory. */
void fixture_begin(int argc, char **argv);
const char *fixture_directory(void);
/* Returns a path in that directory, after removing what an earlier run left there. Lives until the fourth
 * call after this one. */
const char *fixture_path(const char *name);
void fixture_write(const char *path, const char *text);
bool fixture_exists(const char *path);

/* Returns a launch_id for a number. It lives until the fourth call after this one. */
const char *fixture_id(int number);
audit_request fixture_request(const char *id);
audit_outcome fixture_started(const char *id);
audit_outcome fixture_refused(const char *id, audit_result result);

/* Checks a result, and prints the error if it failed. */
static inline bool fixture_ok(bool ok, const audit_error *error, const char *what) {
    if (!CHECK(ok)) fprintf(stderr, "    %s: %d %s\n", what, error->code, error->message);
    return ok;
}

/* Returns the key that signs all databases of a test; the first call makes it. */
const crypto_key *fixture_key(void);
/* Calls audit_open with that key; ret_interrupted may be NULL. */
bool fixture_try(const char *path, int64_t now, audit_store **ret, int *ret_interrupted,
                 audit_error *ret_error);

/* These end the program if they fail. */
audit_store *fixture_open(const char *path);
/* Adds a launch without an outcome, in a transaction of its own. */
void fixture_add_launch(audit_store *store, int number);
/* Adds to the open transaction a request with one handle, its outcome and its exit. */
void fixture_add_whole(audit_store *store, int number);

/* Returns the first column of the first row, or the error. Lives until the next call. */
const char *fixture_sql(const char *path, const char *sql);
/* Runs a statement on a connection that may write. Returns the error, or "" if it worked. */
const char *fixture_write_sql(const char *path, const char *sql);

#endif
