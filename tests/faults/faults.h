/* spawnbroker_faults is the broker in which every call that can fail is counted, and one of them, which a
 * test chooses, fails once. Its imports lead to functions of faults_broker.c, and the SQLite calls of db.c to
 * functions of faults_db.c. */
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

/* The test makes this named section. Its name is in the broker's environment. */
#define FAULTS_VARIABLE L"SPAWN_BROKER_FAULTS"
typedef struct faults_control {
    volatile LONG target;    /* a function, plus 1; 0: nothing fails */
    volatile LONG countdown; /* how many more calls of it until one fails */
    volatile LONG error;     /* that the call sets; 0: the table's error */
    volatile LONG fired;     /* the call has failed */
    volatile LONG64 blocks;  /* of memory that the broker has allocated */
    volatile LONG calls[FAULTS_COUNT];
} faults_control;

/* For the broker: counts a call. Returns true if this call must fail; *ret_error is then the error (0: the
 * table's). */
bool faults_due(faults_function f, DWORD *ret_error);
/* Call it before SQLite is used. */
bool faults_page_cache(void);

#endif
