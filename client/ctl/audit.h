/* What the commands of spawnctl audit share. */
#ifndef SB_CLIENT_CTL_AUDIT_H
#define SB_CLIENT_CTL_AUDIT_H

#include "service/audit/audit.h"
#include "client/ctl/ctl.h"
#include "client/report/html.h"
#include "service/audit/verify.h"

/* Exit code: the audit is not whole. */
enum { AUDIT_EXIT_NOT_WHOLE = 3 };

/* Where an audit is: a file that was named, or the running broker's, with what the broker reports of it. */
typedef struct audit_place {
    const char *path; /* of the database */
    bool of_broker;
    const char *head;       /* the broker's, as text; NULL: not known */
    const char *public_key; /* the broker's, as PEM; NULL: not known */
} audit_place;

/* Finds the audit of --db, or else the broker's. On failure the message has been printed. */
int audit_find(ctl *c, audit_place *ret);

/* The result of verifying: the verdict, the same in lines for people, and what is wrong. */
typedef struct audit_checked {
    audit_verdict verdict;
    html_fact facts[8];
    size_t fact_count;
    const char **findings;
    size_t finding_count;
} audit_checked;

/* Verifies an audit. key_file, head_text: the values of --public-key and --head, or NULL. On failure the
 * message has been printed. */
int audit_check(ctl *c, const audit_place *place, const char *key_file, const char *head_text,
                audit_checked *ret);
/* Encodes a request for the broker's status, for ctl_call. */
char *audit_encode_status(int64_t id, const void *context, size_t *ret_length);
/* Verifies a copy of it with the same key and prints the verdict. */
int audit_verify_copy(ctl *c, const audit_place *place, const char *copy);
/* Prints an error of the audit. Returns CTL_EXIT_FAILED. */
int audit_failed(const ctl *c, const audit_error *error);
/* Prints "doing: 42 %" on standard error, if that is a terminal, over the previous one. doing: a text. */
void audit_progress(void *doing, int64_t done, int64_t total);
void audit_progress_end(void);

#endif
