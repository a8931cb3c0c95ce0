#include "service/broker/gate.h"

static size_t idle(const gate *g) {
    return g->most > g->running ? g->most - g->running : 0;
}

bool gate_put(gate *g, turns_user *user, turns_line *line, turns_item *item) {
    turns_put(&g->turns, user, line, item);
    g->waiting++;
    if (g->runners >= g->most || user->running >= idle(g)) return false; /* a runner takes it */
    g->runners++;
    return true;
}

turns_item *gate_take(gate *g, bool *ret_more) {
    turns_item *item = g->runners > g->most ? NULL : turns_take(&g->turns, idle(g));
    *ret_more = false;
    if (!item) {
        g->runners--;
        return NULL;
    }
    g->waiting--;
    g->running++;
    item->user->running++;

    *ret_more = g->runners < g->most && turns_any(&g->turns, idle(g));
    g->runners += *ret_more;
    return item;
}

void gate_done(gate *g, turns_user *user) {
    g->running--;
    user->running--;
}

bool gate_leave(gate *g) {
    if (g->waiting && g->runners <= g->most) return true;
    g->runners--;
    return false;
}

size_t gate_set_most(gate *g, size_t most) {
    size_t more = most > g->runners ? most - g->runners : 0;
    if (more > g->waiting)
        more = g->waiting; /* runners may be starting already; one too many finds nothing to do */
    g->most = most;
    g->runners += more;
    return more;
}
