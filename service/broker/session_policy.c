/* The methods of the policy: policy.reload and policy.explain. */
#include "service/broker/launch_decision.h"
#include "proto/path_form.h"
#include "service/broker/session.h"
#include "service/policy/sid.h"

#include <string.h>

char *session_reload(const session *s, size_t *ret_length) {
    fault f;
    policy_source now;
    if (policies_reload(s->broker->policies, s->request->u.reload.none, &f))
        return session_fault(s, &f, ret_length);
    policies_source(s->broker->policies, &now);
    const msg_reloaded result = {.rules = now.rules};
    return msg_encode_reload_result(&s->request->id, &result, ret_length);
}

enum { MEDIUM = 0x2000, FILES_MS = 10000 };

/* Describes another user: a member of the given groups and of those that every logged-on user has. False: a
 * SID is invalid. */
static bool somebody(const msg_explain *what, arena *a, facts *f, policy_facts *who) {
    const char **groups = arena_array(a, what->group_count + 2, sizeof *groups);
    if (!groups || !(who->sid = sid_of(what->as))) return false;
    groups[f->group_count++] = sid_of("WD");
    groups[f->group_count++] = sid_of("AU");
    for (size_t i = 0; i < what->group_count; i++)
        if (!(groups[f->group_count++] = sid_of(what->groups[i]))) return false;
    f->groups = groups;
    f->token = NULL;
    who->integrity = MEDIUM;
    who->sandboxed = false;
    return true;
}

static char *no_launch(const session *s, size_t *ret_length) {
    static const msg_step step = {.rule = "security", .matched = true};
    const msg_explained e = {.decision = "deny",
                             .rule = "security",
                             .reason = "the policy's \"security\" does not give you the right to launch",
                             .attest = true,
                             .steps = &step,
                             .step_count = 1};
    return msg_encode_explain_result(&s->request->id, &e, ret_length);
}

char *session_explain(const session *s, size_t *ret_length) {
    const msg_explain *what = &s->request->u.explain;
    arena *a = &s->request->arena;
    const io_bound bound = session_bound(s, 0, FILES_MS);
    facts f = {.memory = a,
               .application = what->application,
               .caller_image = s->from->image,
               .impersonate = s->from->impersonation,
               .token = s->from->impersonation,
               .bound = &bound,
               .hung = &s->from->quota->hung,
               .most_hung = QUOTA_HUNG_CALLS,
               .hash = policy_settings_of(s->policy.policy)->hash};
    policy_facts who = decide_facts(s->from);
    msg_explained e;
    fault why;

    who.application = what->application;
    who.command_line = what->command_line;
    who.handle_count = what->handle_count;
    who.lifetime = what->lifetime;
    who.ask = &facts_oracle;
    who.context = &f;

    if (what->as && !session_may(s, POLICY_RIGHT_ADMINISTER))
        return session_forbid(s, "administer", ret_length);
    if (!what->as && !session_may(s, POLICY_RIGHT_LAUNCH)) return no_launch(s, ret_length);

    if (path_form_of(what->application) != PATH_ABSOLUTE || (what->as && !somebody(what, a, &f, &who))) {
        fault_set(&why, FAULT_BAD_VALUE, STAGE_DECODE, ERROR_INVALID_PARAMETER,
                  "params.application is not an absolute path, or \"as\" or one of \"groups\" is not a SID");
        return session_fault(s, &why, ret_length);
    }

    bool good = policy_explain(s->policy.policy, &who, a, &e);
    facts_close(&f);
    return good ? msg_encode_explain_result(&s->request->id, &e, ret_length)
                : session_no_memory(s, ret_length);
}
