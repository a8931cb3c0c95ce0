/* The children of an earlier broker, which ended or was terminated. A thread finds them on record, one by
 * one: those that run are watched, listed and terminated as this broker's own; of the others the exit is
 * recorded, as far as it can be known. */
#ifndef SB_SERVICE_BROKER_TAKE_UP_H
#define SB_SERVICE_BROKER_TAKE_UP_H

#include "service/broker/broker.h"

typedef struct take_up take_up;

/* Makes the access list of the jobs, which have names: the system and the broker may use them. Their owner
 * tells them from those that others make with such a name. */
DWORD take_up_job_security(SECURITY_ATTRIBUTES *ret);

/* Returns whether the child of a launch without an outcome runs or has run, and what is known of it. That can
 * be known only while a process has a handle of the child's job, as a caller has who was not answered. */
bool take_up_has_started(const msg_launch *launch, audit_outcome *ret);

/* Starts the thread. last_at: the time of the last record of the earlier broker. False: it cannot be started,
 * and those children stay without an exit on record until the next start. */
bool take_up_begin(broker *b, int64_t last_at, take_up **ret);
/* Ends the thread. Sets *t to NULL, which is fine. */
void take_up_end(take_up **t);

#endif
