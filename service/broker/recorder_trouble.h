/* The times in which the audit cannot be written: said once, counted, and told of when they are over. A
 * reserve on the disk lets the records of what is under way be written when there is no room for more. Used
 * with the recorder's lock held, or by its writer. */
#ifndef SB_SERVICE_BROKER_RECORDER_TROUBLE_H
#define SB_SERVICE_BROKER_RECORDER_TROUBLE_H

#include "service/broker/recorder.h"
#include "service/broker/recorder_item.h"

typedef struct trouble {
    recorder_health health;
    audit_error why;
    int64_t since;              /* microseconds since 1970 */
    int64_t refused, unaudited; /* launches that did not happen for it; that did, without a record */
    int64_t kept, lost;         /* records that were written late; other records that were not */
    char *reserve;              /* its path */
} trouble;

/* Makes the reserve beside the database. */
void trouble_begin(trouble *t, const char *database);
void trouble_close(trouble *t);

/* What a batch ended with: code 0 for nothing wrong. */
void trouble_note(trouble *t, const audit_error *error);
/* A launch that could not be recorded. happens: it does all the same. */
void trouble_count(trouble *t, bool happens);
/* Gives the disk the room back that was reserved; false when it has it already. */
bool trouble_use_reserve(trouble *t);
/* Whether it is worth a try: there is room for the reserve again. */
bool trouble_can_end(trouble *t);
/* The record of it: an event "gap". NULL when out of memory. */
recorder_item *trouble_gap(const trouble *t);
/* told: what the record says; what was counted since is left for the next. */
void trouble_end(trouble *t, const trouble *told);

/* The Win32 code for a caller. */
DWORD trouble_win32(const audit_error *error);

#endif
