/* gate.h: a concurrency limit with fair turns and shares.
 *
 * At most `most` runners work at once; a runner is a thread that runs queued items one by one. Users take
 * turns; so do each user's connections. A user may take one more runner only while it has fewer than are
 * free: one user gets at most half of them, two get a third each, and so on. However slow a user's items are,
 * some runner is free for the next user. Portable. Not thread-safe: the caller locks. */
#ifndef SB_SERVICE_BROKER_GATE_H
#define SB_SERVICE_BROKER_GATE_H

#include "service/broker/turns.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero before use, except most, which must be 1 or more. */
typedef struct gate {
    turns_queue turns;
    size_t most;    /* runners */
    size_t runners; /* started and not ended */
    size_t waiting, running;
} gate;

/* Queues an item. True: the caller must start a runner. */
bool gate_put(gate *g, turns_user *user, turns_line *line, turns_item *item);
/* Returns the next item for a runner. NULL: there is none whose user may have one more runner, or there are
 * too many runners; this one must end. *ret_more: the caller must start another runner, because the item that
 * has ended made room for two users. */
turns_item *gate_take(gate *g, bool *ret_more);
/* Notes that a runner has finished its item, which was this user's. */
void gate_done(gate *g, turns_user *user);
/* Ends a runner. True: items wait, and the caller must start another runner in its place. */
bool gate_leave(gate *g);
/* Changes the limit. Returns how many more runners the caller must start. */
size_t gate_set_most(gate *g, size_t most);

#endif
