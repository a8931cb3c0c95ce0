/* The clients of the soak test: processes that launch children, and end as clients do. All append what they
 * see to one log, a line each: "LAUNCH-ID CODE", where CODE is how the child exited or must exit ("-": any
 * code), or "! what is wrong". */
#ifndef SB_TESTS_LOAD_SOAK_H
#define SB_TESTS_LOAD_SOAK_H

#include "tests/support/harness.h"

typedef struct soak_share {
    volatile LONG stop; /* clients must exit */
    volatile LONG launches, local, denied, killed, left, sockets, limited, stillborn, dropped, stalled;
} soak_share;

typedef enum soak_role { SOAK_GOOD, SOAK_CRASHER, SOAK_STALLER, SOAK_DROPPER, SOAK_ROLES } soak_role;

typedef struct soak_place {
    wchar_t share[64], pipe[64], directory[MAX_PATH], log[MAX_PATH]; /* log: SOAK_LOG of the directory */
} soak_place;

#define SOAK_LOG L"seen.log"

/* Opens the section. It lives as long as the process. Returns NULL after printing why. */
soak_share *soak_open(const wchar_t *name);
/* Starts this program as such a client. Returns false after printing why. */
bool soak_start(const soak_place *place, soak_role role, unsigned seed, HANDLE *ret_process);
/* Runs the client, and returns its exit code. */
int soak_client(wchar_t **argv);

/* ---- soak_records.c: the audit, when nothing is under way ---- */

typedef struct soak_seen {
    int64_t launches;    /* that clients saw succeed; all were looked up */
    int64_t codes_wrong; /* children that were to end with a code and did not, Wine's stillborn among them */
} soak_seen;

/* Checks that every launch of the log has a record as started and with its exit, and that no record is
 * pending. Adds to *seen. */
void soak_check_records(const wchar_t *data, const soak_place *place, soak_seen *seen);

#endif
