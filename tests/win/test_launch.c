/* What a launch through the broker gives a child, and what it gives back. */
#include "launch.h"

int wmain(int argc, wchar_t **argv) {
    launch_place place = {0};
    (void)argc, (void)argv;
    if (!broker_start(&place.broker, NULL)) return 2;
    place.client = broker_connect(place.broker.pipe);
    if (place.client) {
        launch_std(&place);
        launch_named(&place);
        launch_refused(&place);
        launch_options(&place);
        launch_flags(&place);
        launch_threads(&place);
    }
    CHECK(place.client != NULL);
    launch_lifetimes(&place);
    return check_report();
}
