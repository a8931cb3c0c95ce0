#include "policy.h"

enum { WIN32_ACCESS_DISABLED_BY_POLICY = 1260 };

fault_kind policy_decide(const policy_caller *caller, const msg_spawn *spawn, const char **ret_rule,
                         fault *ret_fault) {
    (void)spawn; /* the built-in policy looks at the caller alone */
    *ret_rule = caller->sandboxed ? "default.sandboxed" : "default";
    if (!caller->sandboxed) return FAULT_NONE;
    return fault_set(ret_fault, FAULT_DENIED, STAGE_DECIDE, WIN32_ACCESS_DISABLED_BY_POLICY,
                     "refused by rule \"%s\": a sandboxed caller (AppContainer, restricted token or low "
                     "integrity) may not launch through the broker",
                     *ret_rule);
}
