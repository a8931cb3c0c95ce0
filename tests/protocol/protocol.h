/* The parts of test_protocol speak to one broker by hand. */
#ifndef SB_TESTS_PROTOCOL_PROTOCOL_H
#define SB_TESTS_PROTOCOL_PROTOCOL_H

#include "tests/support/checks.h"
#include "tests/support/raw.h"

void protocol_corpus(const wchar_t *pipe);
void protocol_hello(const wchar_t *pipe);
void protocol_frames(const wchar_t *pipe);
void protocol_ids(const wchar_t *pipe);
void protocol_flight(const wchar_t *pipe);

/* Receives a reply and checks the name of its fault. Returns false if no reply came. */
bool protocol_expect(raw_client *client, const char *fault_wanted);
/* Checks that the broker closes the connection without another reply. */
void protocol_expect_closed(raw_client *client);

#endif
