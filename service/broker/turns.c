#include "service/broker/turns.h"

#include <stddef.h>

static void append_line(fair_user *user, fair_line *line) {
    line->next = NULL;
    if (user->last) user->last->next = line;
    else user->first = line;
    user->last = line;
}

static void append_user(fair_queue *queue, fair_user *user) {
    user->next = NULL;
    if (queue->last) queue->last->next = user;
    else queue->first = user;
    queue->last = user;
}

void fair_put(fair_queue *queue, fair_user *user, fair_line *line, fair_item *item) {
    item->next = NULL;
    if (line->last) {
        line->last->next = item;
    } else {
        if (!user->first) append_user(queue, user);
        append_line(user, line);
        line->first = item;
    }
    line->last = item;
}

fair_item *fair_take(fair_queue *queue) {
    fair_user *user = queue->first;
    if (!user) return NULL;
    fair_line *line = user->first;
    fair_item *item = line->first;
    if (!(queue->first = user->next)) queue->last = NULL;
    if (!(user->first = line->next)) user->last = NULL;
    if (!(line->first = item->next)) line->last = NULL;
    if (line->first) append_line(user, line);
    if (user->first) append_user(queue, user);
    return item;
}
