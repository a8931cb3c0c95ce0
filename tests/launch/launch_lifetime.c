#include "tests/launch/launch.h"

#include <wchar.h>

enum { LINE = 1024 };

static HANDLE orphan(const launch_place *place, const wchar_t *lifetime) {
    return helper_orphan(place->client, place->broker.pipe, lifetime);
}

void launch_lifetimes(launch_place *place) {
    wchar_t line[LINE];
    sb_process until_broker = {0}, detached = {0};

    check_about("lifetime of the caller: ends with it");
    HANDLE process = orphan(place, L"caller");
    if (process) CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    if (process) CloseHandle(process);

    check_about("lifetime of the broker, and none: the caller's end changes nothing");
    HANDLE broker_child = orphan(place, L"broker"), free_child = orphan(place, L"detached");
    sb_spawn_options options = helper_options(L"sleep:600000", line, LINE);
    options.lifetime = SB_LIFETIME_BROKER;
    CHECK_INT(sb_spawn(place->client, &options, &until_broker, NULL), ERROR_SUCCESS);
    options.lifetime = SB_LIFETIME_DETACHED;
    CHECK_INT(sb_spawn(place->client, &options, &detached, NULL), ERROR_SUCCESS);
    CHECK(broker_child && free_child);
    /* Long enough for the end of the callers to be noticed and their children to be terminated. */
    CHECK_INT(WaitForSingleObject(broker_child, 500), WAIT_TIMEOUT);
    CHECK_INT(WaitForSingleObject(free_child, 0), WAIT_TIMEOUT);

    check_about("the broker stops: exit code 0, its children end, detached ones do not");
    sb_disconnect(place->client);
    CHECK_INT(broker_stop(&place->broker), 0);
    CHECK_INT(WaitForSingleObject(broker_child, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK_INT(WaitForSingleObject(until_broker.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK_INT(WaitForSingleObject(free_child, 300), WAIT_TIMEOUT);
    CHECK_INT(WaitForSingleObject(detached.process, 0), WAIT_TIMEOUT);

    CHECK(TerminateProcess(free_child, 1));
    CHECK(TerminateProcess(detached.process, 1));
    CloseHandle(broker_child);
    CloseHandle(free_child);
    sb_process_close(&until_broker);
    sb_process_close(&detached);
}
