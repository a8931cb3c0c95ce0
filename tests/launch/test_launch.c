/* Tests what a launch gives to the child and returns to the caller: through the broker, or with --local
 * without one. Only the cases about records and about the end of the broker need a broker. */
#include "tests/launch/launch.h"

#include <stdio.h>
#include <wchar.h>

static bool begin(launch_place *place) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    sb_error error;
    if (!place->local) {
        if (broker_start(&place->broker, NULL)) place->client = broker_connect(place->broker.pipe);
    } else if (sb_connect(&local, &place->client, &error)) {
        printf("local mode: %ls\n", error.message);
    }
    return CHECK(place->client != NULL);
}

int wmain(int argc, wchar_t **argv) {
    launch_place place = {.local = argc > 1 && !wcscmp(argv[1], L"--local")};
    if (!begin(&place)) return 2;
    launch_std(&place);
    launch_named(&place);
    launch_refused(&place);
    launch_options(&place);
    launch_flags(&place);
    launch_attributes(&place);
    launch_reduced(&place);
    launch_desktop(&place);
    launch_threads(&place);
    if (place.local) sb_disconnect(place.client);
    else launch_lifetimes(&place);
    return check_report();
}
