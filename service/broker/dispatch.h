/* Takes a frame to the function that serves its method. */
#ifndef SB_SERVICE_BROKER_DISPATCH_H
#define SB_SERVICE_BROKER_DISPATCH_H

#include "service/broker/broker.h"
#include "service/broker/connection.h"

#include <stdbool.h>

/* Decodes one frame and answers it, now or from another thread. too_many: the client has more requests in
 * flight than it may. */
void dispatch_frame(connection *c, broker *b, const char *payload, size_t length, bool too_many);

#endif
