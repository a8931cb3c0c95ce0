/* Runs calls that a caller's handle can make hang on other threads, where nothing waits for them. */
#ifndef SB_SERVICE_WIN32_APART_H
#define SB_SERVICE_WIN32_APART_H

#include <stdbool.h>
#include <windows.h>

/* Stands first in a calloc'd struct. Set run and hung; the other members are for apart.c. */
typedef struct apart {
    void (*run)(struct apart *a); /* on the other thread */
    volatile LONG *hung; /* counts threads that have been given up and have not come back; NULL: nobody
                            counts. Must live until they have */
    LONG references;
    SRWLOCK lock; /* protects what follows */
    CONDITION_VARIABLE told;
    bool begun, done, counted;
    volatile LONG given_up;
} apart;

/* Runs a->run on another thread, and waits for it, for wait_ms at most. *ret_done: it has returned. Otherwise
 * it has been given up: what it uses must live as long as *a. On an error it does not run. Call apart_release
 * when the results have been read, whatever the result. */
DWORD apart_run(apart *a, DWORD wait_ms, bool *ret_done);
void apart_release(apart *a);

/* For a->run: whether nobody waits for it any more. */
bool apart_given_up(const apart *a);

#endif
