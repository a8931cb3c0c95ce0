/* The parts of test_launch; they share a broker and a client. */
#ifndef SB_TESTS_LAUNCH_LAUNCH_H
#define SB_TESTS_LAUNCH_LAUNCH_H

#include "tests/support/checks.h"
#include "tests/support/child.h"

#include <string.h>

typedef struct launch_place {
    bool local; /* SB_MODE_LOCAL: without a broker and without records */
    test_broker broker;
    sb_client *client;
} launch_place;

void launch_std(const launch_place *place);
void launch_named(const launch_place *place);
void launch_refused(const launch_place *place);
void launch_options(const launch_place *place);
void launch_flags(const launch_place *place);
void launch_attributes(const launch_place *place);
void launch_reduced(const launch_place *place);
void launch_desktop(const launch_place *place);
void launch_threads(const launch_place *place);
void launch_lifetimes(launch_place *place); /* stops the broker */

#endif
