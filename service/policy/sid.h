/* Security identifiers as text. */
#ifndef SB_SERVICE_POLICY_SID_H
#define SB_SERVICE_POLICY_SID_H

#include <stdbool.h>

/* "S-1-5-21-..." as it is, or the SID of a two-letter name of SDDL that is the same on every machine ("BA",
 * "AU", "WD" ...); NULL for what is neither. */
const char *sid_of(const char *text);

#endif
