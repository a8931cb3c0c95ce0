/* The writer's side of the recorder: all that touches the database. One thread. */
#ifndef SB_SERVICE_BROKER_RECORDER_WRITER_H
#define SB_SERVICE_BROKER_RECORDER_WRITER_H

#include "service/broker/recorder.h"
#include "service/broker/recorder_item.h"
#include "service/broker/recorder_trouble.h"

typedef struct recorder_writer {
    recorder_start_options options;
    audit_store *store; /* NULL: it could not be opened again */
    trouble *trouble;
    int64_t head_told_at, altered_told_at; /* win_ticks_us */
    int64_t aside_since;                   /* so many files have been set aside since */
    int aside_count;
    bool prune_failed; /* the last time */
} recorder_writer;

/* With options and trouble filled in. */
bool recorder_writer_open(recorder_writer *w, audit_opened *ret_opened, audit_error *ret_error);

/* Writes the batch (NULL: only what is due): together, or, if a record is at fault, one by one, so that it
 * does not hold up the others. Fills each item's result. Returns the transactions; *ret_error is what is
 * wrong with the database, code 0 for nothing. */
LONG64 recorder_writer_batch(recorder_writer *w, recorder_item *batch, audit_error *ret_error);
/* Whether a checkpoint is due, and in how many milliseconds one will be at the latest: a minute at most. */
bool recorder_writer_is_due(const recorder_writer *w);
DWORD recorder_writer_until_due_ms(const recorder_writer *w);
/* Whether the record of a time of trouble can be written: then it is over. */
bool recorder_writer_gap(recorder_writer *w, recorder_item *gap);
/* One step. */
bool recorder_writer_prune(recorder_writer *w, const audit_retention *keep, int64_t *ret_removed,
                           audit_error *ret_error);

/* The head to the Event Log, now or if it is time. */
void recorder_writer_tell_head(recorder_writer *w, bool at_once);
/* The last record of a chain that was stopped as it should be is a signature. */
void recorder_writer_sign_end(recorder_writer *w);

#endif
