/* Runs spawnctl as a person does. */
#ifndef SB_TESTS_CLIENT_CTL_RUNNER_H
#define SB_TESTS_CLIENT_CTL_RUNNER_H

#include <stdbool.h>
#include <wchar.h>
#include <windows.h>

/* What the last one printed; the rest of more than fits is read, too. */
extern char out[1024 * 1024], err[65536];

/* Runs "spawnctl" with arguments and fills out and err; its exit code. */
DWORD run(const char *input, const wchar_t *format, ...);

/* One that goes on: its process, and the reading end of what it prints. */
typedef struct running_ctl {
    HANDLE process, output;
} running_ctl;
bool run_on(running_ctl *ret, const wchar_t *arguments);
/* Reads on into out until it has what is wanted; false at the deadline. */
bool run_until(running_ctl *r, const char *wanted);
void run_end(running_ctl *r);

#endif
