/* Tests what a launch gives to the child and returns to the caller: through the broker, or with --local
 * without one. Only the cases about records and about the end of the broker need a broker. Names of sections
 * as arguments run only those. */
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

static const struct {
    const wchar_t *name;
    void (*run)(const launch_place *place);
} sections[] = {
    {L"std", launch_std},         {L"named", launch_named},     {L"refused", launch_refused},
    {L"options", launch_options}, {L"flags", launch_flags},     {L"attributes", launch_attributes},
    {L"reduced", launch_reduced}, {L"desktop", launch_desktop}, {L"threads", launch_threads},
};

int wmain(int argc, wchar_t **argv) {
    launch_place place = {.local = argc > 1 && !wcscmp(argv[1], L"--local")};
    int first = place.local ? 2 : 1, ran = 0;
    if (!begin(&place)) return 2;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (!section_chosen(argc - first, argv + first, sections[i].name)) continue;
        sections[i].run(&place);
        ran++;
    }

    if (!place.local && section_chosen(argc - first, argv + first, L"lifetimes")) {
        launch_lifetimes(&place);
        ran++;
    } else {
        sb_disconnect(place.client);
        if (!place.local) CHECK_INT(broker_stop(&place.broker), 0);
    }
    check_about("sections that the arguments name");
    CHECK(ran > 0);
    return check_report();
}
