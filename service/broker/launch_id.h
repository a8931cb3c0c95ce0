/* Launch ids: UUIDs of version 7 (RFC 9562), which sort by time. */
#ifndef SB_SERVICE_BROKER_LAUNCH_ID_H
#define SB_SERVICE_BROKER_LAUNCH_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { LAUNCH_ID_SIZE = 37 };

/* Makes an id. now: microseconds since 1970. False: the system has no random numbers. */
bool launch_id_make(int64_t now, char out[LAUNCH_ID_SIZE]);

#endif
