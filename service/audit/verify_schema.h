/* What surrounds the records: tables, views, triggers and indexes, which could lie about them. */
#ifndef SB_SERVICE_AUDIT_VERIFY_SCHEMA_H
#define SB_SERVICE_AUDIT_VERIFY_SCHEMA_H

#include "service/audit/db.h"

typedef void verify_finding(void *context, const char *text);

/* Compares all that the database defines with what this program would make. */
bool verify_schema(db *d, verify_finding *find, void *context, audit_error *ret_error);
/* Lets SQLite compare its indexes with the tables, and look at every page. */
bool verify_content(db *d, verify_finding *find, void *context, audit_error *ret_error);

#endif
