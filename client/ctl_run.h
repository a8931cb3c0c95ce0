/* The parts of spawnctl run. */
#ifndef SB_CLIENT_CTL_RUN_H
#define SB_CLIENT_CTL_RUN_H

#include "ctl.h"

/* ---- ctl_files.c ---- */

/* Opens the file of NAME=FILE[:r|w|rw] and fills *ret; its handle is the caller's. CTL_EXIT_OK, or the
 * message and what to exit with. */
int run_open_file(const ctl *c, const char *text, sb_handle *ret);

/* The environment block of this process with the NAME=VALUEs set in it. NULL: out of memory or bad text. */
wchar_t *run_environment(arena *a, const char *const *settings, size_t count);

/* ---- ctl_relay.c: standard handles that are consoles ---- */

typedef struct relay {
    HANDLE console; /* not owned; NULL: nothing to relay */
    HANDLE ours;    /* our end of the pipe */
    HANDLE thread;
    bool is_input;
} relay;

/* What the child is to have for the standard handle std: the handle itself, or, of a console, the end of a
 * pipe, which is *ret_owned too. With detached a console gives NULL. */
DWORD relay_prepare(DWORD std, bool detached, relay *ret, HANDLE *ret_handle, HANDLE *ret_owned);
DWORD relay_start(relay *r);
/* After the child has ended: writes to the console what is still in the pipes. What a grandchild that keeps a
 * pipe open writes later is not waited for. */
void relay_finish(relay *relays, size_t count);

#endif
