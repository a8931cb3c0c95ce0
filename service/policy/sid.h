/* Security identifiers as text. */
#ifndef SB_SERVICE_POLICY_SID_H
#define SB_SERVICE_POLICY_SID_H

#include <stdbool.h>

/* Returns a SID ("S-1-5-21-...") as it is, and the SID for a two-letter name of SDDL that means the same on
 * every machine ("BA", "AU", "WD" ...). NULL: the text is neither. */
const char *sid_of(const char *text);

#endif
