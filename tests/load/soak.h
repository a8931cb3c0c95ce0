/* Clients of a soaked broker: processes of their own that launch, and end as clients do. What they see goes
 * to a log that all append to, a line each: "LAUNCH-ID CODE", where CODE is how the child ended or must end
 * ("-": whatever), or "! what is wrong". */
#ifndef SB_TESTS_LOAD_SOAK_H
#define SB_TESTS_LOAD_SOAK_H

#include "tests/support/harness.h"

typedef struct soak_share {
    volatile LONG stop; /* clients are to end */
    volatile LONG launches, local, denied, killed, left, sockets, limited, stillborn, dropped, stalled;
} soak_share;

typedef enum soak_role { SOAK_GOOD, SOAK_CRASHER, SOAK_STALLER, SOAK_DROPPER, SOAK_ROLES } soak_role;

typedef struct soak_place {
    wchar_t share[64], pipe[64], directory[MAX_PATH], log[MAX_PATH]; /* log: SOAK_LOG of the directory */
} soak_place;

#define SOAK_LOG L"seen.log"

/* NULL after saying why. Lives as long as the process. */
soak_share *soak_open(const wchar_t *name);
/* This program as such a client. False after saying why. */
bool soak_start(const soak_place *place, soak_role role, unsigned seed, HANDLE *ret_process);
/* What it does; its exit code. */
int soak_client(wchar_t **argv);

/* ---- soak_records.c: the audit, when nothing is under way ---- */

typedef struct soak_seen {
    int64_t launches;    /* that clients saw succeed, all of them looked for */
    int64_t codes_wrong; /* children that were to end with a code and did not, Wine's stillborn among them */
} soak_seen;

/* Every launch of the log is on record as started and with its exit, and no record waits for anything. Adds
 * to *seen. */
void soak_check_records(const wchar_t *data, const soak_place *place, soak_seen *seen);

#endif
