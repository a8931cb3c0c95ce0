/* A helper child launched through the broker, with its output and end collected. */
#ifndef SB_TESTS_SUPPORT_CHILD_H
#define SB_TESTS_SUPPORT_CHILD_H

#include "tests/support/harness.h"

typedef struct child_result {
    DWORD err; /* of sb_spawn; the rest is of a child only when it is 0 */
    sb_error error;
    DWORD process_id;
    char launch_id[37];
    bool ended; /* false: it was still running, or its output still open, at the deadline */
    DWORD exit_code;
    char output[16384]; /* its standard output, where options gave none */
} child_result;

/* Options to launch the helper with actions (helper.c lists them). line[size] holds the command line. */
sb_spawn_options helper_options(const wchar_t *actions, wchar_t *line, size_t size);

/* Launches, reads its output to the end and waits for its exit. options is changed: what it has no standard
 * output for gets a pipe. */
void child_run(sb_client *client, sb_spawn_options *options, child_result *ret);
/* The helper with these actions and handles, and nothing else. */
void helper_run(sb_client *client, const wchar_t *actions, const sb_handle *handles, size_t count,
                child_result *ret);
/* A helper that launches a sleeper and ends: on that broker, or by itself when pipe is "local". A handle of
 * the sleeper, NULL when it is gone. */
HANDLE helper_orphan(sb_client *client, const wchar_t *pipe, const wchar_t *lifetime);
/* Whether a helper with the actions "handles names" said that it was born with these handles, of these types,
 * and else with NUL and one file as its standard handles, and nothing more. */
bool child_is_exact(const char *output, const sb_handle *handles, const char *const *types, size_t count);

#endif
