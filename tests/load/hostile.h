/* The hostile client: a process of its own that does to a broker what a frame and a pipe allow, until it is
 * through or told to stop. */
#ifndef SB_TESTS_LOAD_HOSTILE_H
#define SB_TESTS_LOAD_HOSTILE_H

#include "tests/support/raw.h"

/* What it has done; shared with who started it, by name. */
typedef struct hostile_tally {
    volatile LONG64 frames; /* whole ones sent */
    volatile LONG64 cuts, dropped, stalled, continued;
    volatile LONG64 mixed; /* frames with something wrong, or several as one */
    volatile LONG64 bytes, connections, refused;
    volatile LONG64 unread; /* connections that read none of their replies */
    volatile LONG64 beyond; /* requests on top of as many as a connection may have under way */
    volatile LONG done;     /* of the cuts, all */
    volatile LONG stop;     /* to be set by who started it */
} hostile_tally;

typedef struct hostile_plan {
    wchar_t pipe[64];
    wchar_t corpus[MAX_PATH];
    unsigned stride; /* every so many of all cuts */
    unsigned rounds; /* how often */
    unsigned seed;
    unsigned crowd; /* connections that are open at the same time */
} hostile_plan;

/* A section of this name; NULL after saying why. */
hostile_tally *hostile_share(const wchar_t *name);

/* This program again, as the hostile client of that plan. False after saying why. */
bool hostile_start(const hostile_plan *plan, const wchar_t *share, HANDLE *ret_process);
/* What it does; its exit code. */
int hostile_main(wchar_t **argv);

/* ---- hostile_frames.c ---- */

typedef struct hostile_frame {
    char *bytes; /* with its length before it */
    size_t size;
} hostile_frame;

typedef struct hostile_frames {
    hostile_frame *list;
    size_t count;
} hostile_frames;

/* Every file of the corpus as a frame. False after saying why. */
bool hostile_read(const wchar_t *corpus, hostile_frames *ret);
/* Cuts in a frame: at every byte of a small one, at some of the first, the last and others of a large one.
 * The place of a cut. */
size_t hostile_cuts(const hostile_frame *frame);
size_t hostile_cut(const hostile_frame *frame, size_t number);
/* A frame with something wrong, for free(). */
char *hostile_mix(const hostile_frames *frames, uint64_t *random, size_t *ret_size);

#endif
