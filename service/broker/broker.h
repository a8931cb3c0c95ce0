/* The broker from start to stop, and what its parts share. */
#ifndef SB_SERVICE_BROKER_BROKER_H
#define SB_SERVICE_BROKER_BROKER_H

#include "service/broker/accounts.h"
#include "service/broker/audit_keys.h"
#include "service/broker/children.h"
#include "service/broker/denials.h"
#include "service/broker/exit_waits.h"
#include "service/broker/launch_keys.h"
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
    exit_waits *waits;
    launch_keys *keys_of_launches;
    accounts *accounts;
    policies *policies;
    quotas *quotas;
    denials *denials;
    bool may_assign;                  /* privileges_held: it may give a child another token */
    const char *pipe, *database;      /* UTF-8 */
    const wchar_t *data;              /* the data directory */
    SECURITY_ATTRIBUTES job_security; /* of the children's jobs: it names their owner */
    int64_t started_ticks;
    int64_t first_seq; /* records up to this one are of earlier brokers */
    volatile LONG in_flight, connections;
} broker;

typedef struct broker_options {
    const wchar_t *pipe;     /* with or without \\.\pipe\; NULL: SpawnBroker */
    const wchar_t *second;   /* another pipe, served as soon as nobody else does; NULL: none */
    const wchar_t *data;     /* NULL: %ProgramData%\SpawnBroker */
    HANDLE logoff;           /* an auto-reset event, set when a user logs off; NULL: none */
    void (*abandoned)(void); /* called before the process exits although a launch hangs; may be NULL */
} broker_options;

/* Opens the audit and the pipe, calls ready with the pipe's full name and serves until stop is set. Then
 * waits for running launches, disconnects all clients and closes the database. On failure message (at least
 * 512 characters) says what failed and why. */
DWORD broker_run(const broker_options *options, HANDLE stop, void (*ready)(const wchar_t *pipe),
                 wchar_t *message);

#endif
