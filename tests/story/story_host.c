#include "tests/story/story_round.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef struct player {
    story_round *round;
    LONG number;
    story_counts counts;
} player;

/* Counts what a child found, by its exit code. What the host saw must agree. */
static void judge(player *p, HANDLE process, int seen, bool said) {
    DWORD code = STORY_FAILED;
    story_counts *c = &p->counts;
    if (WaitForSingleObject(process, TEST_DEADLINE_MS) != WAIT_OBJECT_0)
        TerminateProcess(process, STORY_FAILED);
    GetExitCodeProcess(process, &code);

    if (code >= STORY_FAILED) {
        printf("a child of thread %ld could not look: step %lu\n", (long)p->number, code - STORY_FAILED);
        c->failed++;
        return;
    }

    int foreign = (int)(code >> STORY_FOREIGN_SHIFT);
    c->foreign += foreign;
    c->leaking += foreign != 0;
    c->disputed += seen >= 0 && seen != foreign;
    if (p->number == STORY_NOBODY) return;
    int missing = 0;
    for (int kind = 0; kind < STORY_KINDS; kind++) missing += !(code >> kind & 1);
    if (!missing) missing += !(code & STORY_TAG_GOOD) + !said; /* the handle is there, but it does not work */
    c->missing += missing;
}

/* Looks at a child's handles from the host. This costs as much as the child's own look, so the host looks at
 * one thread's child in each round. */
static int see(const player *p, HANDLE process) {
    bool turn = p->number == STORY_NOBODY || round_number(p->round) % STORY_THREADS == p->number;
    return process && turn ? round_foreign_seen(p->round, p->number, process) : -1;
}

static void play_thread(player *p, sb_client *client) {
    story_round *r = p->round;
    story_things things;
    HANDLE process = NULL;
    LONG number = -1;
    bool made = round_make_things(r, p->number, &things);
    if (made) process = round_launch(r, p->number, &things, client);
    p->counts.launches++;
    if (!process) p->counts.failed++;
    round_meet(r, POINT_LAUNCHED);
    int seen = see(p, process);
    round_meet(r, POINT_GO);
    bool said = process && round_pipe_read(things.pipe_read, &number) && number == p->number;
    round_meet(r, POINT_BYE);
    if (process) judge(p, process, seen, said);
    if (process) CloseHandle(process);
    round_meet(r, POINT_END); /* all children have exited: none compares with these any more */
    if (made) round_close_things(&things);
}

/* Code in the host that the host's author did not write launches as usual, with inheritance. */
static void play_plugin(player *p) {
    enum { LAUNCHES = 2 };
    story_round *r = p->round;
    HANDLE processes[LAUNCHES];
    int seen[LAUNCHES];

    for (int i = 0; i < LAUNCHES; i++) {
        processes[i] = round_launch_plain(r, STORY_NOBODY, NULL);
        p->counts.launches++;
        if (!processes[i]) p->counts.failed++;
    }

    round_meet(r, POINT_LAUNCHED);
    for (int i = 0; i < LAUNCHES; i++) seen[i] = see(p, processes[i]);
    round_meet(r, POINT_GO);
    round_meet(r, POINT_BYE);

    for (int i = 0; i < LAUNCHES; i++) {
        if (!processes[i]) continue;
        judge(p, processes[i], seen[i], false);
        CloseHandle(processes[i]);
    }
    round_meet(r, POINT_END);
}

typedef struct actor {
    player player;
    sb_client *client;
    int rounds;
} actor;

static DWORD WINAPI act(void *context) {
    actor *a = context;
    for (int i = 0; i < a->rounds; i++) {
        if (a->player.number == STORY_NOBODY) play_plugin(&a->player);
        else play_thread(&a->player, a->client);
    }
    return 0;
}

bool story_run(story_way way, int rounds, sb_client *client, story_counts *ret) {
    story_round round;
    actor actors[STORY_THREADS + 1];
    HANDLE threads[STORY_THREADS + 1];
    LONG count = way == STORY_INHERIT ? STORY_THREADS : STORY_THREADS + 1;
    story_counts sum = {0};

    if (!round_open(&round, way, count)) return false;
    for (LONG i = 0; i < count; i++) {
        actors[i] = (actor){.player = {.round = &round, .number = i}, .client = client, .rounds = rounds};
        if (!(threads[i] = CreateThread(NULL, 0, act, &actors[i], 0, NULL))) return false; /* the host ends */
    }

    WaitForMultipleObjects((DWORD)count, threads, TRUE, INFINITE);
    for (LONG i = 0; i < count; i++) {
        const story_counts *c = &actors[i].player.counts;
        sum.launches += c->launches;
        sum.leaking += c->leaking;
        sum.foreign += c->foreign;
        sum.missing += c->missing;
        sum.failed += c->failed;
        sum.disputed += c->disputed;
        CloseHandle(threads[i]);
    }

    round_close(&round);
    *ret = sum;
    return true;
}
