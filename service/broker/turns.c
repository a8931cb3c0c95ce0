#include "service/broker/turns.h"

static void append_line(turns_user *user, turns_line *line) {
    line->next = NULL;
    if (user->last) user->last->next = line;
    else user->first = line;
    user->last = line;
}

static void append_user(turns_queue *queue, turns_user *user) {
    user->next = NULL;
    if (queue->last) queue->last->next = user;
    else queue->first = user;
    queue->last = user;
}

void turns_put(turns_queue *queue, turns_user *user, turns_line *line, turns_item *item) {
    item->next = NULL;
    item->user = user;
    if (line->last) {
        line->last->next = item;
    } else {
        if (!user->first) append_user(queue, user);
        append_line(user, line);
        line->first = item;
    }
    line->last = item;
}

turns_item *turns_take(turns_queue *queue, size_t below) {
    turns_user *before = NULL, *user = queue->first;
    while (user && user->running >= below) {
        before = user;
        user = user->next;
    }
    if (!user) return NULL;

    turns_line *line = user->first;
    turns_item *item = line->first;
    *(before ? &before->next : &queue->first) = user->next;
    if (!user->next) queue->last = before;
    if (!(user->first = line->next)) user->last = NULL;
    if (!(line->first = item->next)) line->last = NULL;
    if (line->first) append_line(user, line);
    if (user->first) append_user(queue, user);
    return item;
}

bool turns_any(const turns_queue *queue, size_t below) {
    const turns_user *user = queue->first;
    while (user && user->running >= below) user = user->next;
    return user != NULL;
}
