/* Launches that are refused or fail. Beyond a user's budget, they are counted by user and rule and recorded
 * together, so that no user can fill the disk with them. */
#ifndef SB_SERVICE_BROKER_DENIALS_H
#define SB_SERVICE_BROKER_DENIALS_H

#include "service/broker/quota.h"
#include "service/broker/recorder.h"

typedef struct denials denials;

bool denials_create(recorder *records, denials **ret);
/* Records what has been counted. Sets *d to NULL, which is fine. */
void denials_destroy(denials **d);

/* Returns whether this one gets a record of its own. If not, it has been counted under that rule. */
bool denials_record(denials *d, quota_user *user, uint32_t per_minute, const char *rule);
/* Returns whether the user's budget has room for a record of this request with its texts whole. */
bool denials_whole(quota_user *user, size_t bytes);
/* Returns whether the user's budget has room for a whole record of this request, in case it fails. Takes
 * nothing. */
bool denials_room(const quota_user *user, uint32_t per_minute, size_t bytes);
/* Takes a whole record of this request from the user's budget: it is recorded, and has failed since. The
 * budget may be exceeded by the launches that run at once, and recovers later. */
void denials_charge(quota_user *user, uint32_t per_minute, size_t bytes);
/* Records what has been counted, at most every 10 s; the first of a series at once. Called periodically. */
void denials_sweep(denials *d);

#endif
