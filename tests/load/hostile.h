/* The hostile client is a process that does to a broker all that frames and pipes allow, until it has
 * finished or is told to stop. */
#ifndef SB_TESTS_LOAD_HOSTILE_H
#define SB_TESTS_LOAD_HOSTILE_H

#include "tests/support/raw.h"

/* Counts what the client has done. The process that started the client reads it in a named section. */
typedef struct hostile_tally {
    volatile LONG64 frames; /* frames sent whole */
    volatile LONG64 cuts, dropped, stalled, continued;
    volatile LONG64 mixed; /* frames with something wrong, or several in one */
    volatile LONG64 bytes, connections, refused;
    volatile LONG64 unread; /* connections that read none of their replies */
    volatile LONG64 beyond; /* requests beyond those that a connection may have in flight */
    volatile LONG done;     /* all cuts have been made */
    volatile LONG stop;     /* the process that started the client sets it */
} hostile_tally;

typedef struct hostile_plan {
    wchar_t pipe[64];
    wchar_t corpus[MAX_PATH];
    unsigned stride; /* make one cut in so many */
    unsigned rounds; /* how often to make all cuts */
    unsigned seed;
    unsigned crowd; /* connections that are open at the same time */
} hostile_plan;

/* Creates or opens the section of this name. Returns NULL after printing why. */
hostile_tally *hostile_share(const wchar_t *name);

/* Starts this program, with --hostile as its first argument, as the hostile client of that plan. Returns
 * false after printing why. */
bool hostile_start(const hostile_plan *plan, const wchar_t *share, HANDLE *ret_process);
/* Runs the client, and returns its exit code. */
int hostile_main(wchar_t **argv);

/* ---- hostile_frames.c ---- */

typedef struct hostile_frame {
    char *bytes; /* begins with its length */
    size_t size;
} hostile_frame;

typedef struct hostile_frames {
    hostile_frame *list;
    size_t count;
} hostile_frames;

/* Reads every file of the corpus as a frame. Returns false after printing why. */
bool hostile_read(const wchar_t *corpus, hostile_frames *ret);
/* hostile_cuts returns the number of cuts in a frame: one at every byte of a small frame; in a large one,
 * some of the first bytes, some of the last and some others. hostile_cut returns where a cut is. */
size_t hostile_cuts(const hostile_frame *frame);
size_t hostile_cut(const hostile_frame *frame, size_t number);
/* Returns a frame with something wrong. Free it with free(). */
char *hostile_mix(const hostile_frames *frames, uint64_t *random, size_t *ret_size);

#endif
