/* The parts of test_job; they share a broker and a client. */
#ifndef SB_TESTS_JOBS_JOBS_H
#define SB_TESTS_JOBS_JOBS_H

#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

/* Runs spawnctl with these arguments and returns its exit code. */
DWORD job_spawnctl(const wchar_t *pipe, const wchar_t *arguments);

/* Duplicates the handle that holder (a broker, or this process) has of the job of a process; the caller
 * closes it. NULL, after a failed check: none. */
HANDLE job_held_by(HANDLE holder, DWORD holder_id, DWORD process_id);

/* A helper that this test creates itself, suspended, with its output on a pipe. */
typedef struct job_helper {
    HANDLE process, thread, output;
} job_helper;
bool job_helper_start(const wchar_t *actions, job_helper *ret);
/* Reads a line with the first number that it prints; 0: none came. */
DWORD job_helper_number(const job_helper *helper);
void job_helper_close(job_helper *helper);

HANDLE job_open(DWORD process_id); /* opens a process to wait for and terminate; NULL after a failed check */

void job_limits(const test_broker *broker, sb_client *client);
void job_nested(const test_broker *broker, sb_client *client);
void job_within(const test_broker *broker, sb_client *client);
void job_ends(void);

#endif
