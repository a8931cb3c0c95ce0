/* The parts of spawnctl run. */
#ifndef SB_CLIENT_CTL_RUN_H
#define SB_CLIENT_CTL_RUN_H

#include "client/ctl/ctl.h"

/* ---- run_handles.c, run_environment.c ---- */

/* Opens the file of NAME[@FD]=FILE[:r|w|rw] and fills *ret; its handle is the caller's. CTL_EXIT_OK, or the
 * message and what to exit with. */
int run_open_file(const ctl *c, const char *text, sb_handle *ret);

/* Makes the environment block of this process with each NAME=VALUE set in it. NULL: out of memory or bad
 * text. */
wchar_t *run_environment(arena *a, const char *const *settings, size_t count);

/* ---- run_attributes.c ---- */

typedef struct run_attributes {
    const char *desktop;         /* NULL: none was given */
    uint64_t affinity, words[2]; /* 0: none was given; words: of --mitigation */
    DWORD priority;
    sb_limits limits;    /* size 0: none */
    const char **denied; /* the SIDs of --deny-group */
    size_t denied_count;
    bool no_children, has_mitigation, drop_privileges, low_integrity, restricted;

    /* Filled by run_apply_attributes: */
    sb_attribute list[2];
    sb_reduce reduce;
} run_attributes;

/* Reads the options. CTL_EXIT_OK, or the message and what to exit with. */
int run_read_attributes(const ctl *c, run_attributes *r);
/* Sets the options of the launch, which point to *r afterwards. False: out of memory. */
bool run_apply_attributes(arena *a, run_attributes *r, sb_spawn_options *options);

/* ---- run_relay.c: standard handles that are consoles ---- */

typedef struct relay {
    HANDLE console; /* not owned; NULL: nothing to relay */
    HANDLE ours;    /* our end of the pipe */
    HANDLE thread;
    HANDLE read;        /* an event: a read of an output is complete */
    HANDLE child_ended; /* an event */
    bool is_input;
} relay;

/* What the child is to have for the standard handle std: the handle itself, or, of a console, the end of a
 * pipe, which is *ret_owned too. With detached a console gives NULL. */
DWORD relay_prepare(DWORD std, bool detached, relay *ret, HANDLE *ret_handle, HANDLE *ret_owned);
DWORD relay_start(relay *r);
/* Call after the child has ended: writes to the console what the child left in the pipes, within some
 * seconds. Does not wait for a descendant that keeps a pipe open. */
void relay_finish(relay *relays, size_t count);

#endif
