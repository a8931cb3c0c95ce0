/* The parts of test_bad_input. Each bad thing: an error that names it, nothing launched, the refusal on
 * record; and at the end the broker has the handles that it had, and serves. With --local without a broker:
 * the same, but for the record, and this process has the handles that it had. */
#ifndef SB_TESTS_PROTOCOL_BAD_H
#define SB_TESTS_PROTOCOL_BAD_H

#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

typedef struct bad_place {
    bool local; /* no broker */
    test_broker broker;
    sb_client *client;
} bad_place;

/* What is to come of a launch with options. named: what the message has to contain. */
typedef struct bad_wanted {
    DWORD code, or_code; /* or_code: 0, or what is as good */
    sb_stage stage;      /* SB_STAGE_NONE: whichever */
    size_t handle_index;
    const char *named;
} bad_wanted;
void bad_launch(const bad_place *place, const char *about, sb_spawn_options *options, bad_wanted wanted);

/* Launches with two good handles around a bad one. */
void bad_handle(const bad_place *place, const char *about, HANDLE handle, DWORD code);

void bad_servers(const bad_place *place); /* no broker, and a pipe of somebody else */
void bad_handles(const bad_place *place);
int bad_console(const wchar_t *pipe); /* or "local": a program's whole work; its exit code */
sb_client *bad_client(const wchar_t *pipe);
void bad_programs(const bad_place *place);
void bad_clients(const bad_place *place); /* those that go in the middle of a launch */
void bad_databases(void);

#endif
