/* The story of the problem, in three ways, and its table. Exit code 0: the first two ways leaked, the
 * broker did not, and every child had all its own. test_story [--rounds N]: through the broker of
 * SPAWN_BROKER_PIPE, else through one of its own. */
#include "tests/story/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const char *const names[STORY_WAYS] = {"plain inheritance",
                                              "handle list, and a plugin's CreateProcess",
                                              "Spawn Broker, and a plugin's CreateProcess"};

static bool check_counts(const story_counts *c, story_way way) {
    bool leaked = c->foreign > 0, good = true;
    if (leaked != (way != STORY_BROKER)) {
        printf("%s: %d foreign handles, wanted %s\n", names[way], c->foreign,
               way == STORY_BROKER ? "0" : "some");
        good = false;
    }
    if (c->missing) printf("%s: %d handles are missing or of no use, wanted 0\n", names[way], c->missing);
    if (c->failed) printf("%s: %d launches failed, wanted 0\n", names[way], c->failed);
    if (c->disputed) printf("%s: %d children and the host disagree, wanted 0\n", names[way], c->disputed);
    return good && !c->missing && !c->failed && !c->disputed;
}

static bool tell(int rounds, sb_client *client) {
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
        if (!story_run(way, rounds, client, c)) {
            printf("%s: could not be run, error %lu\n", names[way], GetLastError());
            return false;
        }
        printf("%-44s%10d%16d%18d%18d\n", names[way], c->launches, c->leaking, c->foreign, c->missing);
        fflush(stdout);
    }
    printf("\n");
    bool good = true;
    for (story_way way = 0; way < STORY_WAYS; way++) good = check_counts(&counts[way], way) && good;
    printf(good ? "Both ways of CreateProcess leaked; through the broker every child had exactly its own.\n"
                : "Not as it should be: see above.\n");
    return good;
}

static int host(int rounds) {
    test_broker broker = {0};
    bool own = !GetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", NULL, 0);
    if (own && !broker_start(&broker, NULL)) return 2;
    sb_client *client = broker_connect(own ? broker.pipe : NULL);
    bool good = client && tell(rounds, client);
    sb_disconnect(client);
    if (own) {
        DWORD code = broker_stop(&broker);
        if (code) printf("the broker's exit code is %lu, wanted 0\n", code);
        good = good && !code;
    }
    return good ? 0 : 1;
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
