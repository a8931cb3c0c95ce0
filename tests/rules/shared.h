/* What the programs with the layer know together: a file of Windows' temporary directory that each maps. A
 * file, as the name of a section lives no longer than a handle of it, and a handle of the layer's would be
 * one that a test counts. */
#ifndef SB_TESTS_RULES_SHARED_H
#define SB_TESTS_RULES_SHARED_H

#include "tests/rules/layer.h"

enum { SHARED_PROCESSES = 512 };

/* A process with the layer. Process ids come again; with the time of creation they do not. */
typedef struct shared_process_row {
    DWORD pid; /* 0: free */
    uint64_t created;
    rules_process *own; /* in that process */
} shared_process_row;

typedef struct shared_state {
    volatile LONG lock; /* the holder's process id */
    shared_process_row processes[SHARED_PROCESSES];
} shared_state;

/* Between shared_lock and shared_unlock only. */
extern shared_state *shared;

bool shared_open(void);
void shared_lock(void);
void shared_unlock(void);

/* This process's, which the first module with the layer sets; NULL until then. */
rules_process *shared_process(void);
void shared_set_process(rules_process *own);

#endif
