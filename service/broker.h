/* What the parts of the service share. */
#ifndef SB_SERVICE_BROKER_H
#define SB_SERVICE_BROKER_H

#include "children.h"
#include "recorder.h"

#include <stdbool.h>
#include <windows.h>

#define BROKER_VERSION SB_VERSION /* from CMake */

typedef struct broker {
    recorder *records;
    children *live;
    bool may_assign;             /* token_may_assign */
    const char *pipe, *database; /* UTF-8 */
    int64_t started_ticks;
    volatile LONG in_flight, connections;
    volatile LONG64 started, denied, failed;
} broker;

#endif
