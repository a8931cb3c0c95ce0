/* The protocol between a host and its plugins. */
#ifndef SB_CLIENT_EXAMPLES_PLUGIN_HOST_PLUGIN_H
#define SB_CLIENT_EXAMPLES_PLUGIN_HOST_PLUGIN_H

#include <spawn_broker.h>

enum { FRAME_BYTES = 65536 };

/* Requests and the answer: one byte each on the channel. */
enum { REQUEST_CAPITALS = 'u', REQUEST_CRASH = 'c', REQUEST_HANG = 'h', ANSWER_DONE = 'd' };

#endif
