/* Launches a helper child through the broker and collects its output and exit code. */
#ifndef SB_TESTS_SUPPORT_CHILD_H
#define SB_TESTS_SUPPORT_CHILD_H

#include "tests/support/harness.h"

typedef struct child_result {
    DWORD err; /* from sb_spawn; the other fields are set only if it is 0 */
    sb_error error;
    DWORD process_id;
    char launch_id[37];
    bool ended; /* false: at the deadline the child still ran, or its output was still open */
    DWORD exit_code;
    char output[16384]; /* its standard output, unless options gave it one */
} child_result;

/* Returns options that launch the helper with actions (helper.c lists them). line[size] holds the command
 * line. */
sb_spawn_options helper_options(const wchar_t *actions, wchar_t *line, size_t size);

/* Launches the child, reads its output to the end and waits for its exit. Changes options: if they name no
 * standard output, the child gets a pipe. */
void child_run(sb_client *client, sb_spawn_options *options, child_result *ret);
/* Launches the helper with these actions and handles, and nothing else. */
void helper_run(sb_client *client, const wchar_t *actions, const sb_handle *handles, size_t count,
                child_result *ret);
/* Launches a helper that launches a sleeper and exits. The helper uses the broker on pipe, or no broker if
 * pipe is "local". Returns a handle of the sleeper, or NULL if it has exited. */
HANDLE helper_orphan(sb_client *client, const wchar_t *pipe, const wchar_t *lifetime);
/* Checks the output of a helper with the actions "handles names": the child inherited exactly these handles,
 * of these types, and as standard handles only NUL and one file. */
bool child_is_exact(const char *output, const sb_handle *handles, const char *const *types, size_t count);

#endif
