#include "service/policy/compiled.h"

#include <string.h>

typedef struct collected {
    arena *a;
    msg_step *list;
    size_t count;
} collected;

static void collect(void *context, const policy_step *step) {
    collected *c = context;
    c->list[c->count++] = (msg_step){.rule = step->rule,
                                     .matched = step->matched,
                                     .condition = step->condition,
                                     .wanted = step->wanted,
                                     .got = step->got};
}

bool policy_explain(const policy *p, const policy_facts *facts, arena *a, msg_explained *ret) {
    collected c = {.a = a, .list = arena_array(a, p->raw.rule_count + 1, sizeof *c.list)};
    const policy_trace trace = {collect, &c};
    policy_decision d;
    if (!c.list || !policy_decide(p, facts, a, &trace, &d)) return false;
    *ret = (msg_explained){.decision = d.undecided ? "unknown"
                                       : d.allow   ? "allow"
                                                   : "deny",
                           .rule = d.rule,
                           .reason = d.reason,
                           .attest = d.attest,
                           .limits = d.limits,
                           .steps = c.list,
                           .step_count = c.count};
    return true;
}
