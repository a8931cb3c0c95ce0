/* At most so many runners run at once, whatever arrives, ends or is set meanwhile, and no item is
 * forgotten. */
#include "service/broker/gate.h"

#include "tests/support/check.h"

enum { ITEMS = 4000, USERS = 3, LINES = 2, RUNNERS = 64 };

typedef struct request {
    turns_item item; /* comes first: the gate returns a pointer to it */
    bool taken;
} request;

/* Takes an item where no second runner is needed. */
static turns_item *take_one(gate *g) {
    bool more;
    turns_item *item = gate_take(g, &more);
    CHECK(!more);
    return item;
}

static void one_after_the_other(void) {
    turns_user user = {0};
    turns_line line = {0};
    request all[3] = {{.taken = false}};
    gate g = {.most = 1};

    check_case("one at once");
    CHECK(gate_put(&g, &user, &line, &all[0].item));
    CHECK(take_one(&g) == &all[0].item);
    CHECK(!gate_put(&g, &user, &line, &all[1].item));
    CHECK(!gate_put(&g, &user, &line, &all[2].item));
    CHECK_INT(g.running, 1);
    CHECK_INT(g.waiting, 2);
    gate_done(&g, &user);
    CHECK(take_one(&g) == &all[1].item);

    check_case("three at once from now on");
    CHECK_INT(gate_set_most(&g, 3), 1); /* only one item waits */
    CHECK(take_one(&g) == &all[2].item);
    CHECK_INT(g.running, 2);
    CHECK_INT(g.waiting, 0);

    check_case("one again: the second runner ends");
    CHECK_INT(gate_set_most(&g, 1), 0);
    gate_done(&g, &user);
    CHECK(gate_put(&g, &user, &line, &all[0].item) == false);
    CHECK(take_one(&g) == NULL);
    CHECK_INT(g.runners, 1);
    gate_done(&g, &user);
    CHECK(take_one(&g) == &all[0].item);
    gate_done(&g, &user);
    CHECK(take_one(&g) == NULL);
    CHECK_INT(g.runners, 0);

    check_case("a runner that goes no further");
    CHECK(gate_put(&g, &user, &line, &all[0].item));
    CHECK(take_one(&g) == &all[0].item);
    CHECK(!gate_put(&g, &user, &line, &all[1].item));
    gate_done(&g, &user);
    CHECK(gate_leave(&g)); /* another runner begins in its place */
    CHECK_INT(g.runners, 1);
    CHECK(take_one(&g) == &all[1].item);
    gate_done(&g, &user);
    CHECK(!gate_leave(&g));
    CHECK_INT(g.runners, 0);
}

/* A user's items never take the last runner that another user may need. */
static void shares(void) {
    enum { MOST = 12 };
    turns_user users[4] = {{0}};
    turns_line lines[4] = {{0}};
    static request all[4][MOST];
    gate g = {.most = MOST};

    check_case("one user gets half, the next a part of the rest");
    for (int u = 0; u < 4; u++) {
        size_t began = 0;
        for (int i = 0; i < MOST; i++) {
            if (!gate_put(&g, &users[u], &lines[u], &all[u][i].item)) continue;
            CHECK(take_one(&g) != NULL);
            began++;
        }
        static const size_t wanted[] = {6, 3, 2, 1};
        CHECK_INT(began, wanted[u]);
        CHECK_INT(users[u].running, wanted[u]);
    }
    CHECK_INT(g.running, MOST);

    check_case("what one user ends goes to the one that has the fewest");
    for (int i = 0; i < 2; i++) {
        gate_done(&g, &users[0]);
        CHECK((take_one(&g) != NULL) == (i == 1)); /* one stays free for the next user */
    }
    CHECK_INT(users[0].running, 4);
    CHECK_INT(users[3].running, 2);
}

/* A user ends an item and could begin another, but another user's turn comes first: then there is room for
 * both. */
static void room_for_two(void) {
    turns_user users[2] = {{0}};
    turns_line lines[2] = {{0}};
    static request all[2][3];
    gate g = {.most = 6};
    bool more;
    check_case("an item that ends makes room for two users");
    for (int i = 0; i < 2; i++)
        for (int u = 0; u < 2; u++) {
            CHECK(gate_put(&g, &users[u], &lines[u], &all[u][i].item));
            CHECK(take_one(&g) == &all[u][i].item);
        }
    for (int u = 0; u < 2; u++) CHECK(!gate_put(&g, &users[u], &lines[u], &all[u][2].item));
    CHECK_INT(g.runners, 4);

    gate_done(&g, &users[1]);
    CHECK(gate_take(&g, &more) == &all[0][2].item);
    CHECK(more);
    CHECK(take_one(&g) == &all[1][2].item);
    CHECK_INT(g.runners, 5);
    CHECK_INT(g.waiting, 0);
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
    bool more;
    request *r = (request *)(void *)gate_take(&w->g, &more);
    w->coming += more;
    if (!r) return;
    CHECK(!r->taken);
    r->taken = true;
    w->runs[w->running++] = r;
}

static void end(world *w, unsigned *seed) {
    size_t which = next_random(seed) % w->running;
    turns_user *user = w->runs[which]->item.user;
    w->runs[which] = w->runs[w->running - 1];
    w->running--;
    w->ended++;
    gate_done(&w->g, user);
    if (next_random(seed) % 4) take(w);
    else w->coming += gate_leave(&w->g); /* it stops here */
}

static void check_world(const world *w) {
    CHECK_INT(w->g.running, w->running);
    CHECK_INT(w->g.waiting, w->put - w->ended - w->running);
    CHECK_INT(w->g.runners, w->running + w->coming);
    /* For each waiting item there is a runner that will take it. */
    CHECK(!w->g.waiting || w->g.runners > 0);
    /* And no user waits that may have one more, unless a runner comes. */
    size_t all = 0;
    for (int u = 0; u < USERS; u++) {
        all += w->users[u].running;
        CHECK(!w->users[u].first || w->coming || w->users[u].running + w->running >= w->g.most);
    }
    CHECK_INT(all, w->running);
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
    shares();
    room_for_two();
    for (unsigned seed = 1; seed <= 20; seed++) random_ones(seed);
    return check_report();
}
