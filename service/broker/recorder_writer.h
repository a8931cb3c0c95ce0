/* The writer's side of the recorder: everything that writes the database. One thread. */
#ifndef SB_SERVICE_BROKER_RECORDER_WRITER_H
#define SB_SERVICE_BROKER_RECORDER_WRITER_H

#include "service/broker/recorder.h"
#include "service/broker/recorder_item.h"
#include "service/broker/recorder_trouble.h"

typedef struct recorder_writer {
    recorder_start_options options;
    audit_store *store; /* NULL: the database could not be opened again */
    trouble *trouble;
    int64_t head_told_at, altered_told_at; /* win_ticks_us */
    int64_t aside_since;                   /* aside_count files have been set aside since then */
    int aside_count;
    bool prune_failed; /* the last time */
} recorder_writer;

/* Opens the database. options and trouble must be set. */
bool recorder_writer_open(recorder_writer *w, audit_opened *ret_opened, audit_error *ret_error);

/* Writes a batch (NULL: only what is due) in one transaction. If a record is at fault, writes the records one
 * by one, so that it does not block the others. Sets each item's result. Returns the number of transactions.
 * *ret_error says what is wrong with the database; code 0: nothing. */
LONG64 recorder_writer_batch(recorder_writer *w, recorder_item *batch, audit_error *ret_error);
/* Return whether a checkpoint is due, and the milliseconds until one is: a minute at most. */
bool recorder_writer_is_due(const recorder_writer *w);
DWORD recorder_writer_until_due_ms(const recorder_writer *w);
/* Writes the record of a time of trouble. True: the trouble is over. */
bool recorder_writer_gap(recorder_writer *w, recorder_item *gap);
/* Prunes one step. */
bool recorder_writer_prune(recorder_writer *w, const audit_retention *keep, int64_t *ret_removed,
                           audit_error *ret_error);

/* Reports the chain's head to the Event Log, at once or every ten minutes. */
void recorder_writer_tell_head(recorder_writer *w, bool at_once);
/* Signs the chain's end. The last record of a clean stop is a signature. */
void recorder_writer_sign_end(recorder_writer *w);

#endif
