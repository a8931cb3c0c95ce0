/* spawnbroker_faults is the broker with every call that can fail counted, and one of them, which a test
 * chooses, made to fail once: its imports lead through functions of faults_broker.c, and db.c's calls of
 * SQLite through faults_db.c. */
#ifndef SB_TESTS_FAULTS_FAULTS_H
#define SB_TESTS_FAULTS_FAULTS_H

#include "tests/faults/faults_table.h"

#include <stdbool.h>
#include <windows.h>

typedef enum faults_function {
#define X(name, parameters, failure, error) FAULTS_##name,
    FAULTS_OF_IMPORTS(X) FAULTS_OF_LOOK_UPS(X)
#undef X
#define X(name) FAULTS_##name,
        FAULTS_OF_MEMORY(X) FAULTS_OF_SQLITE(X)
#undef X
            FAULTS_RevertToSelf,
    FAULTS_COUNT
} faults_function;

/* A named section of the test's, whose name is in the broker's environment. */
#define FAULTS_VARIABLE L"SPAWN_BROKER_FAULTS"
typedef struct faults_control {
    volatile LONG target;    /* a function, plus 1; 0: nothing fails */
    volatile LONG countdown; /* the so manieth call of it from now */
    volatile LONG error;     /* for it; 0: the table's */
    volatile LONG fired;     /* it has failed */
    volatile LONG64 blocks;  /* of memory that the broker has */
    volatile LONG calls[FAULTS_COUNT];
} faults_control;

/* In the broker: counts a call; true if it is the one that is to fail, and *ret_error is filled (0: the
 * table's). */
bool faults_due(faults_function f, DWORD *ret_error);
/* Before SQLite is used. */
bool faults_page_cache(void);

#endif
