/* Jobs within jobs: which jobs a child goes into, and what ends with what. */
#include "service/broker/enclosure.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>

/* Makes a job around which outer is. Drops the reference to outer, which is no longer the test's. */
static enclosure *within(enclosure *outer, msg_lifetime lifetime, uint32_t max_processes) {
    char id[37];
    static int made;
    const msg_limits limits = {.max_processes = max_processes};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    snprintf(id, sizeof id, "launch-%d", ++made);
    enclosure *e = enclosure_create(job, outer, id, lifetime, &limits);
    CHECK(job && e);
    enclosure_release(&outer);
    return e;
}

static void nobody_around(void) {
    arena a = {0};
    launch_within list = {.count = 99};
    check_about("no job around");
    CHECK_INT(enclosure_list(NULL, &a, &list), ERROR_SUCCESS);
    CHECK_INT(list.count, 0);
    CHECK(list.launch_id == NULL);
    arena_free(&a);
}

static void order(void) {
    arena a = {0};
    launch_within list = {0};
    check_about("outermost first; jobs that bind nothing are left out");
    enclosure *first = within(NULL, MSG_LIFETIME_CALLER, 0), *at = enclosure_hold(first);
    at = within(at, MSG_LIFETIME_DETACHED, 0);
    enclosure *limited = at = within(at, MSG_LIFETIME_DETACHED, 3);
    at = within(at, MSG_LIFETIME_DETACHED, 0);

    CHECK_INT(enclosure_list(at, &a, &list), ERROR_SUCCESS);
    if (CHECK_INT(list.count, 2)) {
        CHECK(list.jobs[0] == first->job);
        CHECK(list.jobs[1] == limited->job);
        CHECK_TEXT(list.launch_id, limited->launch_id);
    }
    enclosure_release(&at);
    CHECK(first->references == 1); /* the chain is gone */
    enclosure_release(&first);
    CHECK(first == NULL);
    arena_free(&a);
}

static void too_deep(void) {
    arena a = {0};
    launch_within list = {0};
    enclosure *at = NULL;
    check_about("so many, and no more");
    for (int i = 0; i < ENCLOSURE_MOST; i++) at = within(at, MSG_LIFETIME_BROKER, 0);
    at = within(at, MSG_LIFETIME_DETACHED, 0);
    CHECK_INT(enclosure_list(at, &a, &list), ERROR_SUCCESS);
    CHECK_INT(list.count, ENCLOSURE_MOST);
    at = within(at, MSG_LIFETIME_BROKER, 0);
    CHECK_INT(enclosure_list(at, &a, &list), ERROR_TOO_MANY_LINKS);
    enclosure_release(&at);
    arena_free(&a);
}

static void ends(void) {
    check_about("what was terminated around a job");
    enclosure *outer = within(NULL, MSG_LIFETIME_CALLER, 0), *hold = enclosure_hold(outer);
    enclosure *own = within(within(hold, MSG_LIFETIME_DETACHED, 1), MSG_LIFETIME_DETACHED, 0);
    CHECK(!enclosure_ended(own));
    own->ended = true;
    CHECK(!enclosure_ended(own)); /* of its own processes nothing is said */
    outer->ended = true;
    CHECK(enclosure_ended(own));

    check_about("what goes on when the broker exits");
    CHECK(!enclosure_goes_on(own));
    outer->shared = true;
    CHECK(enclosure_goes_on(own));
    outer->lifetime = MSG_LIFETIME_BROKER;
    CHECK(!enclosure_goes_on(own));
    outer->lifetime = MSG_LIFETIME_DETACHED;
    CHECK(enclosure_goes_on(own));
    own->lifetime = MSG_LIFETIME_BROKER;
    CHECK(!enclosure_goes_on(own));
    enclosure_release(&own);
    enclosure_release(&outer);

    check_about("the end of a job that did not hold another one's processes");
    outer = within(NULL, MSG_LIFETIME_DETACHED, 0);
    hold = enclosure_hold(outer);
    own = within(hold, MSG_LIFETIME_DETACHED, 0);
    outer->ended = true;
    CHECK(!enclosure_ended(own));
    enclosure_release(&own);
    enclosure_release(&outer);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    nobody_around();
    order();
    too_deep();
    ends();
    return check_report();
}
