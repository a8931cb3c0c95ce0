/* Runs one way of the story, round by round: the threads meet, make their objects, launch, and let the
 * children look. */
#ifndef SB_TESTS_STORY_STORY_ROUND_H
#define SB_TESTS_STORY_STORY_ROUND_H

#include "tests/story/story.h"

typedef struct story_round {
    story_way way;
    wchar_t prefix[64]; /* begins the names of the board and the events */
    HANDLE section, go, bye;
    story_board *board;
    SRWLOCK lock;
    CONDITION_VARIABLE met;
    LONG threads, waiting, meeting;
} story_round;

/* What one thread has for its child. The handles stay open until the children of the round have compared.
 * They are inheritable only from before the launch until it is done, as in a host that closes them then. */
typedef struct story_things {
    HANDLE handles[STORY_KINDS]; /* the section, the writing end of the pipe, the listening socket */
    HANDLE pipe_read;
} story_things;

bool round_open(story_round *ret, story_way way, LONG threads);
void round_close(story_round *round);

/* The four points of a round, at which all threads wait for all. The last to arrive opens what follows. */
typedef enum story_point { POINT_LAUNCHED, POINT_GO, POINT_BYE, POINT_END, POINT_COUNT } story_point;
void round_meet(story_round *round, story_point point);
int round_number(const story_round *round);

bool round_make_things(story_round *round, LONG owner, story_things *ret);
void round_close_things(story_things *things);

/* Launches in the way of the round. Returns the process, or NULL after printing why. */
HANDLE round_launch(story_round *round, LONG owner, story_things *things, sb_client *client);
/* Launches by a CreateProcess that inherits, whatever the way. things NULL: the thread has none. */
HANDLE round_launch_plain(story_round *round, LONG owner, story_things *things);

/* Returns how many handles of other threads the child has, as the host sees them, or -1 if the host cannot
 * see them. Call it before POINT_GO, because a child that compares holds duplicates for a moment. */
int round_foreign_seen(const story_round *round, LONG owner, HANDLE process);
/* Reads the number that the child wrote. Returns false at the deadline. */
bool round_pipe_read(HANDLE pipe, LONG *ret);

#endif
