#include "compiled.h"
#include "paths.h"
#include "sid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CHARS = 64, REASON_CHARS = 150, DENIALS_PER_MINUTE = 60, CONNECTIONS = 4096, IN_FLIGHT = 1024 };

static const char default_security[] = "O:BAG:BAD:(A;;0x3;;;AU)(A;;GA;;;SY)(A;;GA;;;BA)";
static const char memory[] = "does not fit in memory";

typedef struct compiler {
    policy *p;
    const policy_options *options;
    policy_error *error;
    size_t rule; /* at hand; the messages' paths begin with it */
    bool in_rule;
} compiler;

/* The message begins with the path, as those of wrong shapes do. */
static bool bad(compiler *c, const char *what, const char *format, ...) {
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

static bool not_empty(compiler *c, const raw_texts *texts, const char *name) {
    if (texts->at && !texts->count)
        return bad(c, "is empty: leave it out, or nothing would ever match", "%s", name);
    return true;
}

static uint16_t (*upcase_of(const compiler *c))(uint16_t) {
    return c->p->upcase;
}

/* One pattern of text: as it is, or in upper case. */
static bool text_glob(compiler *c, const char *text, uint16_t (*upcase)(uint16_t), glob *ret,
                      const char **ret_what) {
    points at;
    glob g = {.text = text};
    *ret_what = memory;
    if (!points_make(&c->p->memory, text, strlen(text), upcase, &at)) return false;
    *ret_what = "is longer than 1024 characters";
    if (at.count > GLOB_LIMIT) return false;
    *ret_what = memory;
    if (!glob_make_text(&c->p->memory, at, &g)) return false;
    *ret = g;
    return true;
}

static bool path_glob(compiler *c, const char *text, glob *ret, const char **ret_what) {
    points at;
    glob g = {.text = text};
    char *pattern = paths_pattern(&c->p->memory, text, c->options, ret_what);
    if (!pattern) return false;
    *ret_what = memory;
    if (!points_make(&c->p->memory, pattern, strlen(pattern), upcase_of(c), &at)) return false;
    *ret_what = "is longer than 1024 characters";
    if (at.count > GLOB_LIMIT) return false;
    *ret_what = memory;
    if (!glob_make_path(&c->p->memory, at, &g)) return false;
    *ret = g;
    return true;
}

static bool compile_globs(compiler *c, const raw_texts *texts, bool paths, bool ignore_case, const char *name,
                          globs *ret) {
    if (!not_empty(c, texts, name)) return false;
    if (!texts->count) return true;
    glob *list = arena_array(&c->p->memory, texts->count, sizeof *list);
    if (!list) return bad(c, memory, "%s", name);
    for (size_t i = 0; i < texts->count; i++) {
        const char *what;
        bool good = paths ? path_glob(c, texts->at[i], &list[i], &what)
                          : text_glob(c, texts->at[i], ignore_case ? upcase_of(c) : NULL, &list[i], &what);
        if (!good) return bad(c, what, "%s[%zu]", name, i);
    }
    *ret = (globs){list, texts->count};
    return true;
}

static bool compile_sids(compiler *c, const raw_texts *texts, const char *name, raw_texts *ret) {
    if (!not_empty(c, texts, name)) return false;
    const char **list = arena_array(&c->p->memory, texts->count + 1, sizeof *list);
    if (!list) return bad(c, memory, "%s", name);
    for (size_t i = 0; i < texts->count; i++)
        if (!(list[i] = sid_of(texts->at[i])))
            return bad(c, "is not a SID such as S-1-5-32-545, nor one of WD AU IU BU BA SY LS NS SU RD AC",
                       "%s[%zu]", name, i);
    *ret = (raw_texts){list, texts->count};
    return true;
}

static bool check_range(compiler *c, const raw_range *range, const char *name) {
    if (range->given && range->has_most && range->most < range->least)
        return bad(c, "is less than \"least\"", "%s.most", name);
    if (range->given && !range->has_most && !range->least)
        return bad(c, "says nothing: give a \"least\" of 1 or more, or a \"most\"", "%s", name);
    return true;
}

/* "--password=*", or "--password *": the argument after. */
static bool compile_redaction(compiler *c, const char *text, redaction *ret, const char **ret_what) {
    const char *space = strchr(text, ' ');
    redaction r = {.two = space != NULL};
    const char *last = space ? space + 1 : text;
    *ret_what =
        "is neither a pattern such as --password=* nor two such as \"--password *\", with one space between";
    if (!*last || space == text || strchr(last, ' ')) return false;
    if (space) {
        const char *first = arena_copy(&c->p->memory, text, (size_t)(space - text));
        *ret_what = memory;
        if (!first || !text_glob(c, first, upcase_of(c), &r.first, ret_what)) return false;
    }
    if (!text_glob(c, last, upcase_of(c), &r.last, ret_what)) return false;
    *ret_what = "has no * where what is to be hidden stands";
    if (glob_before_star(&r.last) == GLOB_NO_STAR) return false;
    *ret = r;
    return true;
}

static bool compile_redactions(compiler *c, const raw_texts *texts, redactions *ret) {
    redaction *list = arena_array(&c->p->memory, texts->count + 1, sizeof *list);
    if (!list) return bad(c, memory, "redact");
    for (size_t i = 0; i < texts->count; i++) {
        const char *what;
        if (!compile_redaction(c, texts->at[i], &list[i], &what)) return bad(c, what, "redact[%zu]", i);
    }
    *ret = (redactions){list, texts->count};
    return true;
}

static const char *const levels[] = {"untrusted", "low", "medium", "high", "system"};
enum { LEVELS = sizeof levels / sizeof *levels };

int integrity_of(uint32_t rid) {
    int level = (int)(rid >> 12);
    return rid >= 0x5000 ? LEVELS - 1 : level;
}

int integrity_from_name(const char *name) {
    for (int i = 0; i < LEVELS; i++)
        if (!strcmp(levels[i], name)) return i;
    return -1;
}

const char *integrity_name(int level) {
    return level >= 0 && level < LEVELS ? levels[level] : NULL;
}

static bool compile_caller(compiler *c, policy_rule *r) {
    const raw_caller *raw = &r->raw->caller;
    if (!compile_sids(c, &raw->sid, "caller.sid", &r->sids) ||
        !compile_sids(c, &raw->group, "caller.group", &r->groups) ||
        !compile_globs(c, &raw->image, true, true, "caller.image", &r->images) ||
        !not_empty(c, &raw->signer, "caller.signer") || !not_empty(c, &raw->integrity, "caller.integrity") ||
        !check_range(c, &raw->session, "caller.session"))
        return false;
    for (size_t i = 0; i < raw->signer.count; i++)
        if (!raw->signer.at[i][0]) return bad(c, "is empty: a signer has a name", "caller.signer[%zu]", i);
    for (size_t i = 0; i < raw->integrity.count; i++) {
        int level = integrity_from_name(raw->integrity.at[i]);
        if (level < 0)
            return bad(c, "is not one of untrusted, low, medium, high and system", "caller.integrity[%zu]",
                       i);
        r->integrity |= 1u << level;
    }
    return true;
}

static bool compile_program(compiler *c, policy_rule *r) {
    const raw_texts *hashes = &r->raw->program.sha256;
    if (!compile_globs(c, &r->raw->program.path, true, true, "program.path", &r->paths) ||
        !not_empty(c, hashes, "program.sha256"))
        return false;
    for (size_t i = 0; i < hashes->count; i++)
        if (strspn(hashes->at[i], "0123456789abcdefABCDEF") != 64 || hashes->at[i][64])
            return bad(c, "is not 64 hexadecimal digits", "program.sha256[%zu]", i);
    return true;
}

static bool compile_arguments(compiler *c, policy_rule *r) {
    const raw_arguments *raw = &r->raw->arguments;
    bool fold = raw->ignore_case;
    return compile_globs(c, &raw->command_line, false, fold, "arguments.command_line", &r->command_line) &&
           compile_globs(c, &raw->each, false, fold, "arguments.each", &r->each) &&
           compile_globs(c, &raw->some, false, fold, "arguments.some", &r->some) &&
           compile_globs(c, &raw->none, false, fold, "arguments.none", &r->none) &&
           check_range(c, &raw->count, "arguments.count");
}

static bool compile_handles(compiler *c, policy_rule *r) {
    const raw_handles *raw = &r->raw->handles;
    if (!check_range(c, &raw->count, "handles.count") || !not_empty(c, &raw->kinds, "handles.kinds"))
        return false;
    for (size_t i = 0; i < raw->kinds.count; i++) {
        const char *kind = raw->kinds.at[i];
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.";
        if (!*kind || strspn(kind, letters) != strlen(kind) || strlen(kind) > 31 ||
            (strchr(kind, '.') && strcmp(kind, "File.disk") && strcmp(kind, "File.pipe") &&
             strcmp(kind, "File.other")))
            return bad(c,
                       "is not an object's type such as Event, Section or File, nor File.disk, File.pipe or "
                       "File.other",
                       "handles.kinds[%zu]", i);
    }
    const char *access = raw->access_within;
    if (!access) return true;
    size_t digits = strncmp(access, "0x", 2) ? 0 : strspn(access + 2, "0123456789abcdefABCDEF");
    if (!digits || digits > 8 || access[2 + digits])
        return bad(c, "is not an access mask such as \"0x0012019F\"", "handles.access_within");
    r->access_within = (uint32_t)strtoul(access, NULL, 16);
    return true;
}

static bool compile_lifetime(compiler *c, policy_rule *r) {
    const raw_texts *names = &r->raw->lifetime;
    if (!not_empty(c, names, "lifetime")) return false;
    for (size_t i = 0; i < names->count; i++) {
        int found = -1;
        for (int k = MSG_LIFETIME_CALLER; k <= MSG_LIFETIME_DETACHED; k++)
            if (!strcmp(names->at[i], msg_lifetime_name((msg_lifetime)k))) found = k;
        if (found < 0) return bad(c, "is not one of caller, broker and detached", "lifetime[%zu]", i);
        r->lifetimes |= 1u << found;
    }
    return true;
}

static bool check_name(compiler *c, const char *name) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t length = strlen(name);
    if (!length || length > NAME_CHARS || strspn(name, allowed) != length)
        return bad(c, "is not 1 to 64 of A-Z a-z 0-9 _ . -", "name");
    if (!strcmp(name, "security") || !strncmp(name, "default", 7) || !strncmp(name, "quota.", 6) ||
        !strncmp(name, "builtin.", 8))
        return bad(c, "is a name that the broker uses itself (security, default..., quota..., builtin...)",
                   "name");
    for (size_t i = 0; i < c->rule; i++)
        if (!strcmp(c->p->raw.rules[i].name, name)) return bad(c, "is the name of an earlier rule", "name");
    return true;
}

/* "allow" or "deny". */
static bool read_action(compiler *c, const char *text, const char *name, bool *ret) {
    *ret = !strcmp(text, "allow");
    return *ret || !strcmp(text, "deny") || bad(c, "is neither \"allow\" nor \"deny\"", "%s", name);
}

/* What would do nothing is a mistake. */
static bool check_use(compiler *c, const policy_rule *r) {
    const raw_rule *raw = r->raw;
    const msg_limits *l = &raw->limits;
    bool limits = l->process_memory_bytes || l->job_memory_bytes || l->cpu_percent || l->max_processes;
    if (raw->reason && (!*raw->reason || strlen(raw->reason) > REASON_CHARS))
        return bad(c, "is empty, or longer than 150 bytes", "reason");
    if (r->allow) return true;
    if (!raw->reason) return bad(c, "is missing: who is refused is told why", "reason");
    if (limits) return bad(c, "are of no use in a rule that denies", "limits");
    if (raw->has_attest) return bad(c, "is of no use in a rule that denies", "attest");
    return true;
}

static bool compile_rule(compiler *c, policy_rule *r) {
    return read_action(c, r->raw->action, "action", &r->allow) && check_name(c, r->raw->name) &&
           check_use(c, r) && compile_caller(c, r) && compile_program(c, r) && compile_arguments(c, r) &&
           compile_handles(c, r) && compile_lifetime(c, r) &&
           compile_redactions(c, &r->raw->redact, &r->redact);
}

static bool compile_audit(compiler *c, policy_audit *ret) {
    const raw_audit *raw = &c->p->raw.audit;
    policy_audit a = {.retention_days = raw->retention.days,
                      .retention_bytes = raw->retention.bytes,
                      .denials_per_minute =
                          raw->has_denials_per_minute ? raw->denials_per_minute : DENIALS_PER_MINUTE};
    a.wait_for_outcome = raw->wait && !strcmp(raw->wait, "outcome");
    if (raw->wait && !a.wait_for_outcome && strcmp(raw->wait, "request") != 0)
        return bad(c, "is neither \"request\" nor \"outcome\"", "audit.wait");
    a.allow_degraded = raw->on_failure && !strcmp(raw->on_failure, "allow_degraded");
    if (raw->on_failure && !a.allow_degraded && strcmp(raw->on_failure, "deny") != 0)
        return bad(c, "is neither \"deny\" nor \"allow_degraded\"", "audit.on_failure");
    *ret = a;
    return true;
}

/* D:..., or O:...G:...D:... */
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
    s->quotas = (policy_quotas){
        .connections = q->has_connections ? q->connections : CONNECTIONS,
        .launches_in_flight = q->has_launches_in_flight ? q->launches_in_flight : IN_FLIGHT,
        .launches_per_minute = q->launches_per_minute,
        .live_children = q->live_children,
    };
    bool good = !raw->security ||
                (looks_like_security(raw->security) &&
                 (!c->options->security || c->options->security(c->options->context, raw->security)));
    if (!good)
        return bad(c, "is not a security descriptor such as \"D:(A;;0x3;;;AU)(A;;GA;;;BA)\"", "security");
    return compile_audit(c, &s->audit);
}

bool compile_policy(policy *p, const policy_options *options, policy_error *ret_error) {
    compiler c = {.p = p, .options = options, .error = ret_error};
    p->upcase = options->upcase ? options->upcase : points_upcase;
    if (!read_action(&c, p->raw.otherwise, "default", &p->allow) || !compile_settings(&c) ||
        !compile_redactions(&c, &p->raw.redact, &p->redact))
        return false;
    p->rules = arena_array(&p->memory, p->raw.rule_count + 1, sizeof *p->rules);
    if (!p->rules) return bad(&c, memory, "rules");
    c.in_rule = true;
    for (c.rule = 0; c.rule < p->raw.rule_count; c.rule++) {
        p->rules[c.rule].raw = &p->raw.rules[c.rule];
        if (!compile_rule(&c, &p->rules[c.rule])) return false;
    }
    return true;
}
