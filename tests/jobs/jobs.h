/* The parts of test_job, each on the same broker and client. */
#ifndef SB_TESTS_JOBS_JOBS_H
#define SB_TESTS_JOBS_JOBS_H

#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

/* spawnctl with these arguments: its exit code. */
DWORD job_spawnctl(const wchar_t *pipe, const wchar_t *arguments);

/* The job that a process is in, as holder (a broker, or this process) holds it: the caller's to close.
 * NULL after saying so where there is none. */
HANDLE job_held_by(HANDLE holder, DWORD holder_id, DWORD process_id);

/* A helper that this test starts itself, suspended, its output on a pipe. */
typedef struct job_helper {
    HANDLE process, thread, output;
} job_helper;
bool job_helper_start(const wchar_t *actions, job_helper *ret);
/* The first number that it prints, on a line; 0 when none comes. */
DWORD job_helper_number(const job_helper *helper);
void job_helper_close(job_helper *helper);

HANDLE job_open(DWORD process_id); /* to wait for and to end; NULL after saying so */

void job_limits(const test_broker *broker, sb_client *client);
void job_nested(const test_broker *broker, sb_client *client);
void job_ends(void);

#endif
