/* What the files of the store share. */
#ifndef SB_AUDIT_STORE_H
#define SB_AUDIT_STORE_H

#include "db.h"
#include "schema.h"

struct audit_store {
    db *main;
    db *lock;                                         /* of the writer: held as long as the store is open */
    db_statement *statements[SCHEMA_STATEMENT_COUNT]; /* a reader has those for reading */
    int64_t last_seq;                                 /* with what the open transaction added */
    int64_t committed_seq;                            /* without it */
    bool writing;                                     /* between audit_begin and its end */
};

/* The outcome of the launch with this seq, decided by audit_open. */
bool store_add_interrupted(audit_store *store, int64_t launch, int64_t now, audit_error *ret_error);

#endif
