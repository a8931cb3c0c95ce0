/* Runs the story of the problem in three ways and prints its table. The first two ways must leak, the broker
 * must not, and every child must have all its own handles. test_story [--rounds N] uses the broker of
 * SPAWN_BROKER_PIPE, or else starts one. */
#include "tests/story/story.h"

#include "tests/support/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const char *const names[STORY_WAYS] = {"plain inheritance",
                                              "handle list, and a plugin's CreateProcess",
                                              "Spawn Broker, and a plugin's CreateProcess"};

static bool check_counts(const story_counts *c, story_way way, int rounds) {
    check_about(names[way]);
    bool as_many = CHECK(c->launches >= rounds * STORY_THREADS); /* a plugin launches more */
    bool leaks = way == STORY_BROKER ? CHECK_INT(c->foreign, 0) : CHECK(c->foreign > 0);
    bool whole = CHECK_INT(c->missing, 0); /* a handle that does not work counts as missing */
    bool launched = CHECK_INT(c->failed, 0);
    bool agree = CHECK_INT(c->disputed, 0); /* the child and the host read the same table */
    return as_many && leaks && whole && launched && agree;
}

static void tell(int rounds, sb_client *client) {
    story_counts counts[STORY_WAYS];
    printf("A host with %d threads that launch at the same time, %d rounds.\n"
           "Each child is to have a section, a pipe and a listening socket of its thread, and nothing else "
           "of the "
           "host's.\nEach child reads its own handle table and compares object by object.\n\n",
           (int)STORY_THREADS, rounds);
    printf("%-44s%10s%16s%18s%18s\n", "way", "launches", "children with", "foreign handles",
           "missing handles");
    printf("%-44s%10s%16s\n", "", "", "foreign handles");

    for (story_way way = 0; way < STORY_WAYS; way++) {
        story_counts *c = &counts[way];
        if (!CHECK(story_run(way, rounds, client, c))) {
            printf("%s: could not be run, error %lu\n", names[way], GetLastError());
            return;
        }
        printf("%-44s%10d%16d%18d%18d\n", names[way], c->launches, c->leaking, c->foreign, c->missing);
        fflush(stdout);
    }

    printf("\n");
    bool good = true;
    for (story_way way = 0; way < STORY_WAYS; way++) good = check_counts(&counts[way], way, rounds) && good;
    printf(good ? "Both ways of CreateProcess leaked; through the broker every child had exactly its own.\n"
                : "Not as it should be: see above.\n");
}

static int host(int rounds) {
    test_broker broker = {0};
    bool own = !GetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", NULL, 0);
    if (own && !broker_start(&broker, NULL)) return 2;

    sb_client *client = broker_connect(own ? broker.pipe : NULL);
    if (client) tell(rounds, client);
    sb_disconnect(client);

    if (own) CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}

int wmain(int argc, wchar_t **argv) {
    if (argc >= 4 && !wcscmp(argv[1], L"child"))
        return story_child(argv[2], wcstol(argv[3], NULL, 10), argc >= 4 + STORY_KINDS ? argv + 4 : NULL);
    int rounds = 25;
    if (argc == 3 && !wcscmp(argv[1], L"--rounds")) rounds = (int)wcstol(argv[2], NULL, 10);
    if (argc != 1 && (argc != 3 || rounds < 1)) {
        printf("usage: test_story [--rounds N]\n");
        return 2;
    }
    return host(rounds);
}
