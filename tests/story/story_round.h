/* One way of the story, round by round: the threads meet, make their things, launch, and let the children
 * look. */
#ifndef SB_TESTS_STORY_STORY_ROUND_H
#define SB_TESTS_STORY_STORY_ROUND_H

#include "tests/story/story.h"

typedef struct story_round {
    story_way way;
    wchar_t prefix[64]; /* of the names of the board and the events */
    HANDLE section, go, bye;
    story_board *board;
    SRWLOCK lock;
    CONDITION_VARIABLE met;
    LONG threads, waiting, meeting;
} story_round;

/* What one thread has for its child. The handles stay open until the round's children have compared, but are
 * inheritable only from before the launch until it is done, as in a host that closes them then. */
typedef struct story_things {
    HANDLE handles[STORY_KINDS]; /* section, writing end of the pipe, listening socket */
    HANDLE pipe_read;
} story_things;

bool round_open(story_round *ret, story_way way, LONG threads);
void round_close(story_round *round);

/* Where all wait for all, at the four points of a round. The last to come opens what follows. */
typedef enum story_point { POINT_LAUNCHED, POINT_GO, POINT_BYE, POINT_END, POINT_COUNT } story_point;
void round_meet(story_round *round, story_point point);
int round_number(const story_round *round);

bool round_make_things(story_round *round, LONG owner, story_things *ret);
void round_close_things(story_things *things);

/* In the way of the round; the process, or NULL after printing why not. */
HANDLE round_launch(story_round *round, LONG owner, story_things *things, sb_client *client);
/* By a CreateProcess that inherits, whatever the way. things NULL: none of its own. */
HANDLE round_launch_plain(story_round *round, LONG owner, story_things *things);

/* Handles of others in the child as the host sees them; before POINT_GO, since a child that compares has
 * duplicates for a moment. -1: could not be seen. */
int round_foreign_seen(const story_round *round, LONG owner, HANDLE process);
/* The number that the child wrote; false at the deadline. */
bool round_pipe_read(HANDLE pipe, LONG *ret);

#endif
