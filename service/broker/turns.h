/* Whose turn it is. Requests wait by connection, connections by user: users take turns, in each user's turn
 * its connections do, so that whoever sends thousands waits for themselves. No locks and no Windows: whoever
 * has the queue guards it. */
#ifndef SB_SERVICE_BROKER_TURNS_H
#define SB_SERVICE_BROKER_TURNS_H

/* Each is zero at first, belongs to what it is a member of and must outlive its waiting. */
typedef struct turns_item { /* a request */
    struct turns_item *next;
} turns_item;

typedef struct turns_line { /* a connection's requests, in order */
    struct turns_line *next;
    turns_item *first, *last;
} turns_line;

typedef struct turns_user { /* a user's connections that have some, in the order of their turns */
    struct turns_user *next;
    turns_line *first, *last;
} turns_user;

typedef struct turns_queue { /* the users that have some */
    turns_user *first, *last;
} turns_queue;

/* item is in no queue; a line is always of the same user. */
void turns_put(turns_queue *queue, turns_user *user, turns_line *line, turns_item *item);
/* The next one, which is in the queue no more; NULL when it is empty. */
turns_item *turns_take(turns_queue *queue);

#endif
