#include "service/policy/match.h"
#include "service/policy/paths.h"

static void tell(view *v, const policy_trace *trace, const char *rule) {
    v->step.rule = rule;
    if (trace) trace->each(trace->context, &v->step);
}

static policy_decision by_rule(view *v, const policy_rule *r, answer matched) {
    policy_decision d = {.allow = matched == YES && r->allow,
                         .rule = r->raw->name,
                         .reason = r->raw->reason,
                         .limits = r->raw->limits,
                         .attest = !r->raw->has_attest || r->raw->attest,
                         .by = r};
    if (matched != UNKNOWN) return d;

    d.undecided = true;
    d.reason = arena_printf(v->a, "cannot evaluate whether the rule applies (%s): %s", v->step.condition,
                            v->why.text);
    if (!d.reason) v->no_memory = true;
    v->step.wanted = "to be known";
    v->step.got = d.reason;
    return d;
}

/* Checks for a stream: it holds another program than the name of its file says, and rules look at names. */
static bool names_stream(view *v) {
    char *asked = paths_canonical(v->a, v->f->application);
    if (!asked) v->no_memory = true;
    return asked && paths_has_stream(asked);
}

static policy_decision by_default(const view *v) {
    bool refused = v->f->sandboxed || !v->p->allow;
    return (policy_decision){
        .allow = !refused,
        .rule = v->f->sandboxed ? "default.sandboxed" : "default",
        .reason = v->f->sandboxed
                      ? "a sandboxed caller (AppContainer, restricted token or low integrity) may "
                        "not launch through the broker unless a rule admits it"
                  : refused ? "no rule of the policy allows it"
                            : NULL,
        .attest = true};
}

bool policy_decide(const policy *p, const policy_facts *facts, arena *a, const policy_trace *trace,
                   policy_decision *ret) {
    view v = {.p = p, .f = facts, .a = a};
    policy_decision d;

    if (names_stream(&v)) {
        d = (policy_decision){.rule = "builtin.stream",
                              .reason = "the program is a stream of another file, or has a : in its name",
                              .attest = true};
        goto done;
    }

    for (size_t i = 0; i < p->raw.rule_count; i++) {
        answer matched = match_rule(&v, &p->rules[i]);
        if (v.no_memory) return false;
        d = by_rule(&v, &p->rules[i], matched);
        tell(&v, trace, d.rule);
        if (matched != NO) goto done_told;
    }
    d = by_default(&v);

done:
    v.step = (policy_step){.matched = true};
    tell(&v, trace, d.rule);
done_told:
    if (v.no_memory) return false;
    *ret = d;
    return true;
}

static uint64_t within(uint64_t asked, uint64_t imposed) {
    return !imposed || (asked && asked < imposed) ? asked : imposed;
}

msg_limits policy_limits_within(const msg_limits *asked, const msg_limits *imposed) {
    return (msg_limits){
#define X(name, bits, most) .name = (uint##bits##_t)within(asked->name, imposed->name),
        LAUNCH_LIMIT_LIST(X)
#undef X
    };
}
