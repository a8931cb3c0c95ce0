/* The story of the problem: a host's threads launch children at the same time, each with objects for its own
 * child, and the test looks at what each child ends up holding. story_host.c launches; story_child.c is the
 * child that looks. */
#ifndef SB_TESTS_STORY_STORY_H
#define SB_TESTS_STORY_STORY_H

#include "tests/support/harness.h"

enum {
    STORY_THREADS = 8,
    STORY_KINDS = 3,
    STORY_OBJECTS = STORY_THREADS * STORY_KINDS,
    STORY_NOBODY = STORY_THREADS
};

typedef enum story_kind { STORY_SECTION, STORY_PIPE, STORY_SOCKET } story_kind;

/* Lists what the host had open in a round, in a named section, so that children can compare their handles
 * with it. A child takes these objects from the host only after it has read its own table. */
typedef struct story_board {
    DWORD host;
    volatile LONG count;
    struct {
        uint64_t handle; /* in the host */
        LONG owner;      /* the number of the thread whose child should have it */
        LONG kind;
    } objects[STORY_OBJECTS];
} story_board;

/* A child's exit code says what it found: a bit for each kind of its own handles, a bit if the section held
 * the number of its thread, and the number of other threads' handles. */
enum { STORY_OWN_ALL = (1 << STORY_KINDS) - 1, STORY_TAG_GOOD = 1 << STORY_KINDS, STORY_FOREIGN_SHIFT = 8 };
enum { STORY_FAILED = 0x00F00000 }; /* plus a step: the child could not look */

/* prefix begins the names of the board and of two events, "look now" and "end now". handles is three values
 * as text, or NULL to look the handles up by name. Returns the exit code. */
int story_child(const wchar_t *prefix, LONG owner, wchar_t **handles);

/* The three ways to launch. */
typedef enum story_way { STORY_INHERIT, STORY_LIST, STORY_BROKER, STORY_WAYS } story_way;

typedef struct story_counts {
    int launches, leaking, foreign, missing;
    int failed;   /* launches that failed, or whose child could not look */
    int disputed; /* children whose table the host read with another result */
} story_counts;

/* Runs rounds of one way. Only STORY_BROKER needs client. */
bool story_run(story_way way, int rounds, sb_client *client, story_counts *ret);

#endif
