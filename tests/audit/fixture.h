/* What the tests of the audit store share: paths of fresh databases, sample records, and answers as text. */
#ifndef SB_TESTS_AUDIT_FIXTURE_H
#define SB_TESTS_AUDIT_FIXTURE_H

#include "tests/support/check.h"
#include "service/audit/db.h" /* the tests look at the database through connections of their own */

enum { FIXTURE_NOW = 1700000000 };

/* The directory is the first argument, or the current one. */
void fixture_begin(int argc, char **argv);
const char *fixture_directory(void);
/* A path in it; what an earlier run left there is removed. Lives until the fourth call after this one. */
const char *fixture_path(const char *name);
void fixture_write(const char *path, const char *text);
bool fixture_exists(const char *path);

/* 36 characters, different for each number; four of them live at once. */
const char *fixture_id(int number);
audit_request fixture_request(const char *id);
audit_outcome fixture_started(const char *id);
audit_outcome fixture_refused(const char *id, audit_result result);

/* A check of a result, which prints the error too. */
static inline bool fixture_ok(bool ok, const audit_error *error, const char *what) {
    if (!CHECK(ok)) fprintf(stderr, "    %s: %d %s\n", what, error->code, error->message);
    return ok;
}

/* The key that all databases of a test are signed with: made once. */
const crypto_key *fixture_key(void);
/* audit_open with that key; ret_interrupted may be NULL. */
bool fixture_try(const char *path, int64_t now, audit_store **ret, int *ret_interrupted,
                 audit_error *ret_error);

/* These end the program when they fail. */
audit_store *fixture_open(const char *path);
/* A transaction with a request alone. */
void fixture_add_launch(audit_store *store, int number);
/* Into the open transaction: a request with a handle, its outcome and its exit. */
void fixture_add_whole(audit_store *store, int number);

/* The first column of the first row, or the error. Lives until the next call. */
const char *fixture_sql(const char *path, const char *sql);
/* The same, on a connection that may write: the error's text, or "" when it worked. */
const char *fixture_write_sql(const char *path, const char *sql);

#endif
