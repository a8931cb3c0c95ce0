/* The token of a pipe's client. */
#ifndef SB_TESTS_RULES_TOKENS_H
#define SB_TESTS_RULES_TOKENS_H

#include "tests/rules/shared.h"

/* Between shared_lock and shared_unlock. Keeps the token that this thread impersonates, if any, for the
 * server of a pipe that this process opened. */
void tokens_keep(shared_object *client);
/* Returns whether the server gets the token of the thread that writes, not of the one that opened the pipe.
 */
bool tokens_follow(const shared_object *client);

#endif
