/* At most so many at once; the others wait, and users and connections take turns. No locks and no Windows:
 * whoever has the gate guards it. A runner is whoever runs what has its turn, one after the other: a thread.
 */
#ifndef SB_SERVICE_BROKER_GATE_H
#define SB_SERVICE_BROKER_GATE_H

#include "service/broker/turns.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero but for most, which is 1 or more. */
typedef struct gate {
    turns_queue turns;
    size_t most;    /* runners */
    size_t runners; /* begun and not ended */
    size_t waiting, running;
} gate;

/* True: there is room for one more runner, which the caller begins. */
bool gate_put(gate *g, turns_user *user, turns_line *line, turns_item *item);
/* For a runner: the next to run. NULL: none, or there are more runners than there may be; this one ends. */
turns_item *gate_take(gate *g);
/* What a runner took has ended. */
void gate_done(gate *g);
/* For a runner that goes no further: true where something waits, and another is to be begun in its place. */
bool gate_leave(gate *g);
/* From now on. How many more runners the caller begins. */
size_t gate_set_most(gate *g, size_t most);

#endif
