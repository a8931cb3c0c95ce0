/* turns.h: a queue with fair turns.
 *
 * Users take turns; within a user, so do its connections; a connection's requests stay in order. A user that
 * sends thousands of requests delays only itself. Portable. Not thread-safe: the caller locks. */
#ifndef SB_SERVICE_BROKER_TURNS_H
#define SB_SERVICE_BROKER_TURNS_H

#include <stdbool.h>
#include <stddef.h>

/* Zero each before use. Each must stay while it is queued. */
typedef struct turns_item { /* a request */
    struct turns_item *next;
    struct turns_user *user; /* set by turns_put */
} turns_item;

typedef struct turns_line { /* a connection's requests, in order */
    struct turns_line *next;
    turns_item *first, *last;
} turns_line;

typedef struct turns_user { /* a user's connections that have requests, in the order of their turns */
    struct turns_user *next;
    turns_line *first, *last;
    size_t running; /* items that have been taken and are not done: the queue's owner counts them */
} turns_user;

typedef struct turns_queue { /* the users that have requests */
    turns_user *first, *last;
} turns_queue;

/* Queues an item that is in no queue. A line always belongs to the same user. */
void turns_put(turns_queue *queue, turns_user *user, turns_line *line, turns_item *item);
/* Removes and returns the next item of a user with fewer than `below` items running; NULL if there is none.
 * Users that are passed over keep their places. */
turns_item *turns_take(turns_queue *queue, size_t below);
/* Returns whether turns_take would find an item. */
bool turns_any(const turns_queue *queue, size_t below);

#endif
