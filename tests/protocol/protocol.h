/* The parts of test_protocol: the pipe by hand, against one broker. */
#ifndef SB_TESTS_PROTOCOL_PROTOCOL_H
#define SB_TESTS_PROTOCOL_PROTOCOL_H

#include "tests/support/checks.h"
#include "tests/support/raw.h"

void protocol_corpus(const wchar_t *pipe);
void protocol_hello(const wchar_t *pipe);
void protocol_frames(const wchar_t *pipe);
void protocol_ids(const wchar_t *pipe);
void protocol_flight(const wchar_t *pipe);

/* Receives a reply and checks its fault's name; false when there was none. */
bool protocol_expect(raw_client *client, const char *fault_wanted);
/* The connection is closed by the broker, with no more replies. */
void protocol_expect_closed(raw_client *client);

#endif
