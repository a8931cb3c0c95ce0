/* The writer's side of the recorder: all that touches the database. One thread. */
#ifndef SB_SERVICE_RECORDER_WRITING_H
#define SB_SERVICE_RECORDER_WRITING_H

#include "service/broker/recorder.h"
#include "service/broker/recorder_item.h"
#include "service/broker/recorder_trouble.h"

typedef struct writing {
    recorder_start_options options;
    audit_store *store; /* NULL: it could not be opened again */
    trouble *trouble;
    int64_t head_told_at, altered_told_at; /* win_ticks_us */
    int64_t aside_since;                   /* so many files have been set aside since */
    int aside_count;
    bool prune_failed; /* the last time */
} writing;

/* With options and trouble filled in. */
bool writing_open(writing *w, audit_opened *ret_opened, audit_error *ret_error);

/* Writes the batch (NULL: only what is due): together, or, if a record is at fault, one by one, so that it does not hold up the others.
 * Fills each item's result. Returns the transactions; *ret_error is what is wrong with the database, code 0 for nothing. */
LONG64 writing_batch(writing *w, recorder_item *batch, audit_error *ret_error);
/* Whether a checkpoint is due, and in how many milliseconds one will be at the latest: a minute at most. */
bool writing_is_due(const writing *w);
DWORD writing_until_due_ms(const writing *w);
/* Whether the record of a time of trouble can be written: then it is over. */
bool writing_gap(writing *w, recorder_item *gap);
/* One step. */
bool writing_prune(writing *w, const audit_retention *keep, int64_t *ret_removed, audit_error *ret_error);

/* The head to the Event Log, now or if it is time. */
void writing_tell_head(writing *w, bool at_once);
/* The last record of a chain that was stopped as it should be is a signature. */
void writing_sign_end(writing *w);

#endif
