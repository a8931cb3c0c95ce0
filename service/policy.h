/* Whether a launch is allowed, and by which rule. Nothing of Windows: facts in, a decision out. */
#ifndef SB_SERVICE_POLICY_H
#define SB_SERVICE_POLICY_H

#include "fault.h"
#include "message.h"

#include <stdbool.h>

typedef struct policy_caller {
    bool sandboxed; /* AppContainer, restricted token, or below medium integrity */
} policy_caller;

/* Decides by the built-in policy: a caller that is not sandboxed launches as itself (rule "default"); a
 * sandboxed one is refused (rule "default.sandboxed"), since the broker would be its way out. *ret_rule is a
 * static string, set in either case. Fault: denied, stage decide. */
fault_kind policy_decide(const policy_caller *caller, const msg_spawn *spawn, const char **ret_rule,
                         fault *ret_fault);

#endif
