/* Verifies what surrounds the records: tables, views, triggers and indexes, which could misrepresent them. */
#ifndef SB_SERVICE_AUDIT_VERIFY_SCHEMA_H
#define SB_SERVICE_AUDIT_VERIFY_SCHEMA_H

#include "service/audit/db.h"

typedef void verify_finding(void *context, const char *text);

/* Compares everything that the database defines with what this program would define. */
bool verify_schema(db *d, verify_finding *find, void *context, audit_error *ret_error);
/* Lets SQLite compare its indexes with the tables and check every page. */
bool verify_content(db *d, verify_finding *find, void *context, audit_error *ret_error);

#endif
