/* Runs spawnctl as a user does. */
#ifndef SB_TESTS_CLIENT_CTL_RUNNER_H
#define SB_TESTS_CLIENT_CTL_RUNNER_H

#include <stdbool.h>
#include <wchar.h>
#include <windows.h>

/* What the last run printed. Output that does not fit is read and dropped. */
extern char out[1024 * 1024], err[65536];

/* Runs spawnctl with arguments, fills out and err, and returns its exit code. */
DWORD run(const char *input, const wchar_t *format, ...);

/* A spawnctl that keeps running: its process, and the reading end of its output. */
typedef struct running_ctl {
    HANDLE process, output;
} running_ctl;
bool run_on(running_ctl *ret, const wchar_t *arguments);
/* Reads more into out until it contains what is wanted. Returns false at the deadline. */
bool run_until(running_ctl *r, const char *wanted);
void run_end(running_ctl *r);

#endif
