/* Every user gets a turn after at most as many turns as there are users, whatever the others have waiting. */
#include "service/broker/turns.h"

#include "tests/support/check.h"

#include <stdlib.h>

enum { FLOOD = 1000, LINES = 4 };

typedef struct request {
    turns_item item; /* comes first: the queue returns a pointer to it */
    int user, line, number;
} request;

static request *take(turns_queue *q) {
    return (request *)(void *)turns_take(q, 1);
}

/* One user has a thousand items waiting, on four connections. Another user comes with three. */
static void flood(void) {
    static request many[FLOOD], few[3];
    turns_queue q = {0};
    turns_user users[2] = {{0}};
    turns_line lines[LINES] = {{0}}, other = {0};

    check_case("a flood, and another client");
    for (int i = 0; i < FLOOD; i++) {
        many[i] = (request){.line = i % LINES, .number = i};
        turns_put(&q, &users[0], &lines[i % LINES], &many[i].item);
    }

    CHECK(take(&q) == &many[0]);
    for (int i = 0; i < 3; i++) {
        few[i] = (request){.user = 1, .number = i};
        turns_put(&q, &users[1], &other, &few[i].item);
    }

    for (int i = 0; i < 3; i++) {
        CHECK_INT(take(&q)->user, 0);
        CHECK(take(&q) == &few[i]);
    }
    for (int i = 4; i < FLOOD; i++) CHECK(take(&q) == &many[i]);
    CHECK(!take(&q));
}

/* One user has two connections. */
static void connections(void) {
    static request many[FLOOD], one = {.line = 1};
    turns_queue q = {0};
    turns_user user = {0};
    turns_line lines[2] = {{0}};
    check_case("a connection's flood, and another connection of the same user");
    for (int i = 0; i < FLOOD; i++) turns_put(&q, &user, &lines[0], &many[i].item);
    turns_put(&q, &user, &lines[1], &one.item);
    CHECK(take(&q) == &many[0]);
    CHECK(take(&q) == &one);
    for (int i = 1; i < FLOOD; i++) CHECK(take(&q) == &many[i]);
    CHECK(!take(&q));
}

/* Whatever comes and goes, no item is lost, each connection's items come in order, and none waits longer than
 * a turn of every user. */
static void random_ones(void) {
    enum { USERS = 5, STEPS = 20000, WAITING = 64 };
    static request pool[WAITING];
    static int used[WAITING], put[USERS][LINES], taken[USERS][LINES], waited[USERS], waiting[USERS];
    turns_queue q = {0};
    static turns_user users[USERS];
    static turns_line lines[USERS][LINES];
    int count = 0;

    check_case("random");
    srand(1);
    for (int step = 0; step < STEPS; step++) {
        if (count < WAITING && rand() % 2) {
            int slot = 0, u = rand() % 3 ? 0 : rand() % USERS, l = rand() % LINES;
            while (used[slot]) slot++;
            used[slot] = 1;
            pool[slot] = (request){.user = u, .line = l, .number = put[u][l]++};
            turns_put(&q, &users[u], &lines[u][l], &pool[slot].item);
            waiting[u]++;
            count++;
            continue;
        }
        request *r = take(&q);
        CHECK((r != NULL) == (count > 0));
        if (!r) continue;
        count--;
        used[r - pool] = 0;
        CHECK_INT(r->number, taken[r->user][r->line]++);
        waiting[r->user]--;
        for (int u = 0; u < USERS; u++) waited[u] = u == r->user || !waiting[u] ? 0 : waited[u] + 1;
        for (int u = 0; u < USERS; u++) CHECK(waited[u] < USERS);
    }
}

/* Users that have too many items running are passed over, and keep their places. */
static void passed_over(void) {
    request all[3][2] = {{{.user = 0}, {.user = 0}}, {{.user = 1}, {.user = 1}}, {{.user = 2}, {.user = 2}}};
    turns_queue q = {0};
    turns_user users[3] = {{.running = 2}, {.running = 1}, {.running = 3}};
    turns_line lines[3] = {{0}};
    check_case("users with items running");
    for (int n = 0; n < 2; n++)
        for (int u = 0; u < 3; u++) turns_put(&q, &users[u], &lines[u], &all[u][n].item);

    CHECK(!turns_take(&q, 1));
    CHECK(turns_take(&q, 2) == &all[1][0].item);
    CHECK(turns_take(&q, 2) == &all[1][1].item);
    CHECK(!turns_take(&q, 2));
    CHECK(turns_take(&q, 4) == &all[0][0].item);
    CHECK(turns_take(&q, 3) == &all[0][1].item); /* the third user's turn, but it has too many */
    CHECK(!turns_take(&q, 3));

    check_case("the last place is the queue's end");
    turns_put(&q, &users[1], &lines[1], &all[1][0].item);
    CHECK(turns_take(&q, 2) == &all[1][0].item);
    turns_put(&q, &users[0], &lines[0], &all[0][0].item);
    for (int n = 0; n < 2; n++) CHECK(turns_take(&q, 4) == &all[n ? 0 : 2][0].item);
    CHECK(turns_take(&q, 4) == &all[2][1].item);
    CHECK(!turns_take(&q, 4));
}

int main(void) {
    flood();
    passed_over();
    connections();
    random_ones();
    return check_report();
}
