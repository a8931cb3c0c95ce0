/* Whose turn it is. Requests wait by connection, connections by user: users take turns, in each user's turn its connections
 * do, so that whoever sends thousands waits for themselves. No locks and no Windows: whoever has the queue guards it. */
#ifndef SB_SERVICE_FAIR_H
#define SB_SERVICE_FAIR_H

/* Each is zero at first, belongs to what it is a member of and must outlive its waiting. */
typedef struct fair_item { /* a request */
    struct fair_item *next;
} fair_item;

typedef struct fair_line { /* a connection's requests, in order */
    struct fair_line *next;
    fair_item *first, *last;
} fair_line;

typedef struct fair_user { /* a user's connections that have some, in the order of their turns */
    struct fair_user *next;
    fair_line *first, *last;
} fair_user;

typedef struct fair_queue { /* the users that have some */
    fair_user *first, *last;
} fair_queue;

/* item is in no queue; a line is always of the same user. */
void fair_put(fair_queue *queue, fair_user *user, fair_line *line, fair_item *item);
/* The next one, which is in the queue no more; NULL when it is empty. */
fair_item *fair_take(fair_queue *queue);

#endif
