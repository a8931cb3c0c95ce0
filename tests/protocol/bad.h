/* The parts of test_bad_input. Each sends something bad: the error names it, nothing is launched, and the
 * failure is recorded. In the end the broker has the handles that it had, and still serves. With --local
 * there is no broker and no record, and this process has the handles that it had. */
#ifndef SB_TESTS_PROTOCOL_BAD_H
#define SB_TESTS_PROTOCOL_BAD_H

#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

typedef struct bad_place {
    bool local; /* without a broker */
    test_broker broker;
    sb_client *client;
} bad_place;

/* How a launch with options must fail. The message must contain `named`. */
typedef struct bad_wanted {
    DWORD code, or_code; /* or_code: 0, or a second code that is accepted */
    sb_stage stage;      /* SB_STAGE_NONE: any stage */
    size_t handle_index;
    const char *named;
} bad_wanted;
void bad_launch(const bad_place *place, const char *about, sb_spawn_options *options, bad_wanted wanted);

/* Launches with a good handle before and after a bad one. */
void bad_handle(const bad_place *place, const char *about, HANDLE handle, DWORD code);

void bad_servers(const bad_place *place); /* no broker, and a pipe of a stranger */
void bad_handles(const bad_place *place);
int bad_console(const wchar_t *pipe); /* or "local": a program's whole work; its exit code */
sb_client *bad_client(const wchar_t *pipe);
void bad_programs(const bad_place *place);
void bad_clients(const bad_place *place); /* clients that end during a launch */
void bad_databases(void);

#endif
