#include "service/broker/launch_decision.h"

#include "service/win32/win.h"

#include <stdio.h>
#include <string.h>

enum { DISABLED_BY_POLICY = 1260 }; /* ERROR_ACCESS_DISABLED_BY_POLICY, which not every winerror.h has */

policy_facts decide_facts(const caller *from) {
    return (policy_facts){.sid = from->sid,
                          .image = from->image,
                          .session = from->session,
                          .integrity = from->integrity,
                          .sandboxed = from->sandboxed};
}

static const char *kind_of(const adopted *one) {
    if (strcmp(one->object.type, "File") != 0) return one->object.type;
    return one->device == NT_DEVICE_DISK         ? "File.disk"
           : one->device == NT_DEVICE_NAMED_PIPE ? "File.pipe"
           : one->device == NT_DEVICE_NO_ANSWER  ? POLICY_KIND_UNKNOWN
                                                 : "File.other";
}

/* Gives a rule the kinds and rights of the handles. They are those of the broker's duplicates, which the
 * caller cannot change. */
static bool take_handles(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why) {
    decision *d = context;
    arena *memory = d->facts.memory;
    fault f = {.kind = FAULT_NONE};
    size_t count = 0;

    policy_handle *list = arena_array(memory, d->spawn->handle_count + MSG_STD_COUNT + 1, sizeof *list);
    if (list) adopt_handles(memory, d->s->from, d->spawn, d->handles, &f);
    if (!list || f.kind) {
        d->facts.failed = f; /* an invalid handle is the caller's mistake: the refusal says so */
        snprintf(why->text, sizeof why->text, "%.*s", (int)sizeof why->text - 1,
                 f.kind ? f.message : "out of memory");
        return false;
    }

    for (size_t i = 0; i < d->handles->count; i++) {
        const adopted *one = &d->handles->items[i];
        if (one->caller_value) list[count++] = (policy_handle){kind_of(one), one->object.access};
    }
    *ret = list;
    *ret_count = count;
    return true;
}

/* Counts the caller's handles, each once. */
static size_t count_handles(const msg_spawn *spawn) {
    size_t count = spawn->handle_count;
    for (int i = 0; i < MSG_STD_COUNT; i++) {
        bool seen = !spawn->std[i];
        for (int k = 0; k < i; k++) seen = seen || spawn->std[k] == spawn->std[i];
        for (size_t k = 0; k < spawn->handle_count; k++)
            seen = seen || spawn->handles[k].value == spawn->std[i];
        count += !seen;
    }
    return count;
}

static fault_kind refuse(decision *d, fault *ret_fault) {
    if (d->by.undecided && d->facts.failed.kind) {
        *ret_fault = d->facts.failed;
        return ret_fault->kind;
    }
    return fault_set(ret_fault, FAULT_DENIED, STAGE_DECIDE, DISABLED_BY_POLICY, "refused by rule \"%s\": %s",
                     d->by.rule, d->by.reason);
}

/* Calls about the files of a launch may take until its timeout, or a minute. A file on a server that
 * does not answer, or one whose user does not give up its lock, would hold up the launches of others. */
enum { FILES_MS = 60000 };

fault_kind decide_launch(decision *d, const session *s, const msg_spawn *spawn, adoption *handles,
                         fault *ret_fault) {
    static const char *const no_variables[] = {NULL};
    arena *memory = &s->request->arena;
    policy_facts who = decide_facts(s->from);
    *d = (decision){
        .handles = handles, .spawn = spawn, .s = s, .bound = session_bound(s, spawn->timeout_ms, FILES_MS)};
    d->facts = (facts){.memory = memory,
                       .application = spawn->application,
                       .directory = spawn->directory,
                       .caller_image = s->from->image,
                       .impersonate = s->from->impersonation,
                       .bound = &d->bound,
                       .hung = &s->from->quota->hung,
                       .most_hung = QUOTA_HUNG_CALLS,
                       .hash = policy_settings_of(s->policy.policy)->hash,
                       .token = s->from->impersonation,
                       .handles = take_handles,
                       .context = d};

    who.application = spawn->application;
    who.command_line = spawn->command_line;
    who.handle_count = count_handles(spawn);
    who.environment = spawn->environment ? spawn->environment : no_variables;
    who.environment_count = spawn->environment_count;
    who.lifetime = spawn->lifetime;
    who.ask = &facts_oracle;
    who.context = &d->facts;

    if (!session_may(s, POLICY_RIGHT_LAUNCH)) {
        d->by = (policy_decision){
            .rule = "security", .reason = "the policy's \"security\" does not give you the right to launch"};
        return refuse(d, ret_fault);
    }

    if (!policy_decide(s->policy.policy, &who, memory, NULL, &d->by))
        return fault_set(ret_fault, FAULT_INTERNAL, STAGE_DECIDE, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    return d->by.allow ? FAULT_NONE : refuse(d, ret_fault);
}

void decide_close(decision *d) {
    facts_close(&d->facts);
}
