/* What the parts of the service share. */
#ifndef SB_SERVICE_BROKER_BROKER_H
#define SB_SERVICE_BROKER_BROKER_H

#include "service/broker/audit_keys.h"
#include "service/broker/children.h"
#include "service/broker/denials.h"
#include "service/broker/metrics.h"
#include "service/broker/policies.h"
#include "service/broker/quota.h"
#include "service/broker/recorder.h"

#include <stdbool.h>
#include <windows.h>

#define BROKER_VERSION SB_VERSION /* from CMake */

typedef struct broker {
    metrics *metrics;
    recorder *records;
    audit_keys keys;
    children *live;
    policies *policies;
    quotas *quotas;
    denials *denials;
    bool may_assign;             /* privileges_held */
    const char *pipe, *database; /* UTF-8 */
    const wchar_t *data;         /* the directory */
    int64_t started_ticks;
    volatile LONG in_flight, connections;
} broker;

#endif
