/* Times in which the audit cannot be written. Each is reported once, its launches are counted, and a record
 * tells of it when it is over. If the disk is full, a reserve has room for the records of running launches.
 * Used with the recorder's lock, or by its writer. */
#ifndef SB_SERVICE_BROKER_RECORDER_TROUBLE_H
#define SB_SERVICE_BROKER_RECORDER_TROUBLE_H

#include "service/broker/recorder.h"
#include "service/broker/recorder_item.h"

typedef struct trouble {
    recorder_health health;
    audit_error why;
    int64_t since;              /* microseconds since 1970 */
    int64_t refused, unaudited; /* launches refused because of it; launches without a record */
    int64_t kept, lost;         /* requests written late; other records never written */
    char *reserve;              /* the file's path */
} trouble;

/* Makes the reserve beside the database. */
void trouble_begin(trouble *t, const char *database);
void trouble_close(trouble *t);

/* Notes the result of a batch; code 0: success. */
void trouble_note(trouble *t, const audit_error *error);
/* Counts a launch that could not be recorded. happens: it runs all the same. */
void trouble_count(trouble *t, bool happens);
/* Frees the reserve; false if it was freed before. */
bool trouble_use_reserve(trouble *t);
/* Makes the reserve again. True: there is room for it, so writing is worth a try. */
bool trouble_can_end(trouble *t);
/* Makes the record: an event "gap". NULL: out of memory. */
recorder_item *trouble_gap(const trouble *t);
/* Ends the trouble. told: what the record says; what was counted since is kept for the next. */
void trouble_end(trouble *t, const trouble *told);

/* Returns the Win32 code that a caller gets. */
DWORD trouble_win32(const audit_error *error);

#endif
