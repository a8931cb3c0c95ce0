/* turns.h: a queue with fair turns.
 *
 * Users take turns; within a user, so do its connections; a connection's requests stay in order. A user that
 * sends thousands of requests delays only itself. Portable. Not thread-safe: the caller locks. */
#ifndef SB_SERVICE_BROKER_TURNS_H
#define SB_SERVICE_BROKER_TURNS_H

/* Zero each before use. Each must stay while it is queued. */
typedef struct turns_item { /* a request */
    struct turns_item *next;
} turns_item;

typedef struct turns_line { /* a connection's requests, in order */
    struct turns_line *next;
    turns_item *first, *last;
} turns_line;

typedef struct turns_user { /* a user's connections that have requests, in the order of their turns */
    struct turns_user *next;
    turns_line *first, *last;
} turns_user;

typedef struct turns_queue { /* the users that have requests */
    turns_user *first, *last;
} turns_queue;

/* Queues an item that is in no queue. A line always belongs to the same user. */
void turns_put(turns_queue *queue, turns_user *user, turns_line *line, turns_item *item);
/* Removes and returns the next item; NULL if the queue is empty. */
turns_item *turns_take(turns_queue *queue);

#endif
