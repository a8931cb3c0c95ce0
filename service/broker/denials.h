/* Refusals past a user's rate: counted by user and rule, and told together, so that nobody fills the disk
 * with them. */
#ifndef SB_SERVICE_BROKER_DENIALS_H
#define SB_SERVICE_BROKER_DENIALS_H

#include "service/broker/quota.h"
#include "service/broker/recorder.h"

typedef struct denials denials;

bool denials_create(recorder *records, denials **ret);
/* Tells what is left. NULL is fine. */
void denials_destroy(denials **d);

/* Whether this refusal gets a record of its own; if not, it has been counted. */
bool denials_record(denials *d, quota_user *user, uint32_t per_minute, const char *rule);
/* Called now and then: tells what has been counted, the first of a series at once. */
void denials_sweep(denials *d);

#endif
