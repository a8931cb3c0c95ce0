#include "service/policy/compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    DENIALS_PER_MINUTE = 60,
    CONNECTIONS = 4096,
    IN_FLIGHT = 1024,
    BYTES_IN_FLIGHT = 64 * 1024 * 1024,
    HASH_BYTES = 1024 * 1024 * 1024
};

static const char default_security[] = "O:BAG:BAD:(A;;0x3;;;AU)(A;;GA;;;SY)(A;;GA;;;BA)";
const char compile_memory[] = "does not fit in memory";

/* The message begins with the path, as messages about the shape of a policy do. */
bool compile_bad(compiler *c, const char *what, const char *format, ...) {
    char path[128];
    size_t used = 0;
    va_list list;

    if (c->in_rule) used = (size_t)snprintf(path, sizeof path, "rules[%zu].", c->rule);
    va_start(list, format);
    vsnprintf(path + used, sizeof path - used, format, list);
    va_end(list);
    snprintf(c->error->field, sizeof c->error->field, "%.79s", path);
    snprintf(c->error->message, sizeof c->error->message, "%.100s %s", path, what);
    return false;
}

bool compile_action(compiler *c, const char *text, const char *name, bool *ret) {
    *ret = !strcmp(text, "allow");
    return *ret || !strcmp(text, "deny") || compile_bad(c, "is neither \"allow\" nor \"deny\"", "%s", name);
}

static bool compile_audit(compiler *c, policy_audit *ret) {
    const raw_audit *raw = &c->p->raw.audit;
    policy_audit a = {.retention_days = raw->retention.days,
                      .retention_bytes = raw->retention.bytes,
                      .denials_per_minute =
                          raw->has_denials_per_minute ? raw->denials_per_minute : DENIALS_PER_MINUTE};

    a.wait_for_outcome = raw->wait && !strcmp(raw->wait, "outcome");
    if (raw->wait && !a.wait_for_outcome && strcmp(raw->wait, "request") != 0)
        return compile_bad(c, "is neither \"request\" nor \"outcome\"", "audit.wait");
    a.allow_degraded = raw->on_failure && !strcmp(raw->on_failure, "allow_degraded");
    if (raw->on_failure && !a.allow_degraded && strcmp(raw->on_failure, "deny") != 0)
        return compile_bad(c, "is neither \"deny\" nor \"allow_degraded\"", "audit.on_failure");
    *ret = a;
    return true;
}

/* Checks for the start of SDDL: "D:...", or "O:...G:...D:...". */
static bool looks_like_security(const char *text) {
    const char *list = strstr(text, "D:");
    return list && (list == text || !strncmp(text, "O:", 2) || !strncmp(text, "G:", 2)) && list[2];
}

static bool compile_settings(compiler *c) {
    const raw_policy *raw = &c->p->raw;
    policy_settings *s = &c->p->settings;
    const raw_quotas *q = &raw->quotas;
    s->rules = raw->rule_count;
    s->security = raw->security ? raw->security : default_security;
    s->launches_at_once = raw->launches_at_once;
    s->hash = (policy_hash){.most_bytes = raw->hash.most_bytes ? raw->hash.most_bytes : HASH_BYTES,
                            .remote = raw->hash.remote};
    s->quotas = (policy_quotas){
        .connections = q->has_connections ? q->connections : CONNECTIONS,
        .launches_in_flight = q->has_launches_in_flight ? q->launches_in_flight : IN_FLIGHT,
        .bytes_in_flight = q->has_bytes_in_flight ? q->bytes_in_flight : BYTES_IN_FLIGHT,
        .launches_per_minute = q->launches_per_minute,
        .live_children = q->live_children,
    };

    bool good = !raw->security ||
                (looks_like_security(raw->security) &&
                 (!c->options->security || c->options->security(c->options->context, raw->security)));
    if (!good)
        return compile_bad(c, "is not a security descriptor such as \"D:(A;;0x3;;;AU)(A;;GA;;;BA)\"",
                           "security");
    return compile_audit(c, &s->audit);
}

bool compile_policy(policy *p, const policy_options *options, policy_error *ret_error) {
    compiler c = {.p = p, .options = options, .error = ret_error};
    p->upcase = options->upcase ? options->upcase : codepoints_upcase;
    if (!compile_action(&c, p->raw.otherwise, "default", &p->allow) || !compile_settings(&c) ||
        !compile_redactions(&c, &p->raw.redact, &p->redact))
        return false;

    p->rules = arena_array(&p->memory, p->raw.rule_count + 1, sizeof *p->rules);
    if (!p->rules) return compile_bad(&c, compile_memory, "rules");
    c.in_rule = true;
    for (c.rule = 0; c.rule < p->raw.rule_count; c.rule++) {
        p->rules[c.rule].raw = &p->raw.rules[c.rule];
        if (!compile_rule(&c, &p->rules[c.rule])) return false;
        if (p->rules[c.rule].allow && p->rules[c.rule].raw->caller.sandboxed)
            p->settings.admits_sandboxed = true;
    }
    return true;
}
