/* At most so many runners run at once, whatever arrives, ends or is set meanwhile, and no item is
 * forgotten. */
#include "service/broker/gate.h"

#include "tests/support/check.h"

enum { ITEMS = 4000, USERS = 3, LINES = 2, RUNNERS = 64 };

typedef struct request {
    turns_item item; /* comes first: the gate returns a pointer to it */
    bool taken;
} request;

static void one_after_the_other(void) {
    turns_user user = {0};
    turns_line line = {0};
    request all[3] = {{.taken = false}};
    gate g = {.most = 1};

    check_case("one at once");
    CHECK(gate_put(&g, &user, &line, &all[0].item));
    CHECK(gate_take(&g) == &all[0].item);
    CHECK(!gate_put(&g, &user, &line, &all[1].item));
    CHECK(!gate_put(&g, &user, &line, &all[2].item));
    CHECK_INT(g.running, 1);
    CHECK_INT(g.waiting, 2);
    gate_done(&g);
    CHECK(gate_take(&g) == &all[1].item);

    check_case("three at once from now on");
    CHECK_INT(gate_set_most(&g, 3), 1); /* only one item waits */
    CHECK(gate_take(&g) == &all[2].item);
    CHECK_INT(g.running, 2);
    CHECK_INT(g.waiting, 0);

    check_case("one again: the second runner ends");
    CHECK_INT(gate_set_most(&g, 1), 0);
    gate_done(&g);
    CHECK(gate_put(&g, &user, &line, &all[0].item) == false);
    CHECK(gate_take(&g) == NULL);
    CHECK_INT(g.runners, 1);
    gate_done(&g);
    CHECK(gate_take(&g) == &all[0].item);
    gate_done(&g);
    CHECK(gate_take(&g) == NULL);
    CHECK_INT(g.runners, 0);

    check_case("a runner that goes no further");
    CHECK(gate_put(&g, &user, &line, &all[0].item));
    CHECK(gate_take(&g) == &all[0].item);
    CHECK(!gate_put(&g, &user, &line, &all[1].item));
    gate_done(&g);
    CHECK(gate_leave(&g)); /* another runner begins in its place */
    CHECK_INT(g.runners, 1);
    CHECK(gate_take(&g) == &all[1].item);
    gate_done(&g);
    CHECK(!gate_leave(&g));
    CHECK_INT(g.runners, 0);
}

static unsigned next_random(unsigned *seed) {
    return (*seed = *seed * 1103515245u + 12345u) >> 16;
}

typedef struct world {
    gate g;
    turns_user users[USERS];
    turns_line lines[USERS][LINES];
    request all[ITEMS];
    size_t put, ended;
    size_t coming;          /* runners that were started and have not begun yet */
    request *runs[RUNNERS]; /* the items that runners run */
    size_t running;
} world;

static void put(world *w, unsigned *seed) {
    unsigned user = next_random(seed) % USERS, line = next_random(seed) % LINES;
    w->coming += gate_put(&w->g, &w->users[user], &w->lines[user][line], &w->all[w->put++].item);
}

static void take(world *w) {
    request *r = (request *)(void *)gate_take(&w->g);
    if (!r) return;
    CHECK(!r->taken);
    r->taken = true;
    w->runs[w->running++] = r;
}

static void end(world *w, unsigned *seed) {
    w->runs[next_random(seed) % w->running] = w->runs[w->running - 1];
    w->running--;
    w->ended++;
    gate_done(&w->g);
    if (next_random(seed) % 4) take(w);
    else w->coming += gate_leave(&w->g); /* it stops here */
}

static void check_world(const world *w) {
    CHECK_INT(w->g.running, w->running);
    CHECK_INT(w->g.waiting, w->put - w->ended - w->running);
    CHECK_INT(w->g.runners, w->running + w->coming);
    /* For each waiting item there is a runner that will take it. */
    CHECK(!w->g.waiting || w->g.runners > 0);
}

static void random_ones(unsigned seed) {
    static world w;
    w = (world){.g = {.most = 1 + next_random(&seed) % 8}};
    size_t bound = w.g.most;

    check_case("generated, seed %u", seed);
    while (w.ended < ITEMS) {
        unsigned what = next_random(&seed) % 8;
        if (what < 3 && w.put < ITEMS) put(&w, &seed);
        else if (what < 5 && w.coming) w.coming--, take(&w);
        else if (what < 7 && w.running) end(&w, &seed);
        else if (what == 7 && next_random(&seed) % 16 == 0) {
            size_t most = 1 + next_random(&seed) % 8;
            w.coming += gate_set_most(&w.g, most);
            bound = most > w.running ? most : w.running; /* the items that run continue */
        }
        if (bound > w.g.most && w.running <= w.g.most) bound = w.g.most;
        CHECK(w.running <= bound);
        check_world(&w);
        if (check_failures) return;
    }
    for (size_t i = 0; i < ITEMS; i++) CHECK(w.all[i].taken);
}

int main(void) {
    one_after_the_other();
    for (unsigned seed = 1; seed <= 20; seed++) random_ones(seed);
    return check_report();
}
