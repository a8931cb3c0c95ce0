/* The name of a launch: a UUID of version 7 (RFC 9562), so that ids sort by time. */
#ifndef SB_SERVICE_BROKER_LAUNCH_ID_H
#define SB_SERVICE_BROKER_LAUNCH_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { LAUNCH_ID_SIZE = 37 };

/* now: microseconds since 1970. False when the system has no random numbers. */
bool launch_id_make(int64_t now, char out[LAUNCH_ID_SIZE]);

#endif
