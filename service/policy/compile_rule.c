#include "service/policy/compile.h"
#include "service/policy/sid.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_CHARS = 64, REASON_CHARS = 150 };

static bool compile_sids(compiler *c, const raw_texts *texts, const char *name, raw_texts *ret) {
    if (!compile_not_empty(c, texts, name)) return false;
    const char **list = arena_array(&c->p->memory, texts->count + 1, sizeof *list);
    if (!list) return compile_bad(c, compile_memory, "%s", name);
    for (size_t i = 0; i < texts->count; i++)
        if (!(list[i] = sid_of(texts->at[i])))
            return compile_bad(
                c, "is not a SID such as S-1-5-32-545, nor one of WD AU IU BU BA SY LS NS SU RD AC",
                "%s[%zu]", name, i);
    *ret = (raw_texts){list, texts->count};
    return true;
}

static bool check_range(compiler *c, const raw_range *range, const char *name) {
    if (range->given && range->has_most && range->most < range->least)
        return compile_bad(c, "is less than \"least\"", "%s.most", name);
    if (range->given && !range->has_most && !range->least)
        return compile_bad(c, "says nothing: give a \"least\" of 1 or more, or a \"most\"", "%s", name);
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
        !compile_not_empty(c, &raw->signer, "caller.signer") ||
        !compile_not_empty(c, &raw->integrity, "caller.integrity") ||
        !check_range(c, &raw->session, "caller.session"))
        return false;

    for (size_t i = 0; i < raw->signer.count; i++)
        if (!raw->signer.at[i][0])
            return compile_bad(c, "is empty: a signer has a name", "caller.signer[%zu]", i);
    for (size_t i = 0; i < raw->integrity.count; i++) {
        int level = integrity_from_name(raw->integrity.at[i]);
        if (level < 0)
            return compile_bad(c, "is not one of untrusted, low, medium, high and system",
                               "caller.integrity[%zu]", i);
        r->integrity |= 1u << level;
    }
    return true;
}

static bool compile_program(compiler *c, policy_rule *r) {
    const raw_texts *hashes = &r->raw->program.sha256;
    if (!compile_globs(c, &r->raw->program.path, true, true, "program.path", &r->paths) ||
        !compile_not_empty(c, hashes, "program.sha256") ||
        !compile_globs(c, &r->raw->program.directory, true, true, "program.directory", &r->directories) ||
        !compile_globs(c, &r->raw->program.environment_not, false, true, "program.environment_not",
                       &r->variables))
        return false;
    for (size_t i = 0; i < hashes->count; i++)
        if (strspn(hashes->at[i], "0123456789abcdefABCDEF") != 64 || hashes->at[i][64])
            return compile_bad(c, "is not 64 hexadecimal digits", "program.sha256[%zu]", i);
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
    if (!check_range(c, &raw->count, "handles.count") || !compile_not_empty(c, &raw->kinds, "handles.kinds"))
        return false;
    for (size_t i = 0; i < raw->kinds.count; i++) {
        const char *kind = raw->kinds.at[i];
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.";
        if (!*kind || strspn(kind, letters) != strlen(kind) || strlen(kind) > 31 ||
            (strchr(kind, '.') && strcmp(kind, "File.disk") && strcmp(kind, "File.pipe") &&
             strcmp(kind, "File.other")))
            return compile_bad(
                c,
                "is not an object's type such as Event, Section or File, nor File.disk, File.pipe or "
                "File.other",
                "handles.kinds[%zu]", i);
    }

    const char *access = raw->access_within;
    if (!access) return true;
    size_t digits = strncmp(access, "0x", 2) ? 0 : strspn(access + 2, "0123456789abcdefABCDEF");
    if (!digits || digits > 8 || access[2 + digits])
        return compile_bad(c, "is not an access mask such as \"0x0012019F\"", "handles.access_within");
    r->access_within = (uint32_t)strtoul(access, NULL, 16);
    return true;
}

static bool compile_lifetime(compiler *c, policy_rule *r) {
    const raw_texts *names = &r->raw->lifetime;
    if (!compile_not_empty(c, names, "lifetime")) return false;
    for (size_t i = 0; i < names->count; i++) {
        int found = -1;
        for (int k = MSG_LIFETIME_CALLER; k <= MSG_LIFETIME_DETACHED; k++)
            if (!strcmp(names->at[i], msg_lifetime_name((msg_lifetime)k))) found = k;
        if (found < 0) return compile_bad(c, "is not one of caller, broker and detached", "lifetime[%zu]", i);
        r->lifetimes |= 1u << found;
    }
    return true;
}

static bool check_name(compiler *c, const char *name) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t length = strlen(name);
    if (!length || length > NAME_CHARS || strspn(name, allowed) != length)
        return compile_bad(c, "is not 1 to 64 of A-Z a-z 0-9 _ . -", "name");
    if (!strcmp(name, "security") || !strncmp(name, "default", 7) || !strncmp(name, "quota.", 6) ||
        !strncmp(name, "builtin.", 8))
        return compile_bad(
            c, "is a name that the broker uses itself (security, default..., quota..., builtin...)", "name");
    for (size_t i = 0; i < c->rule; i++)
        if (!strcmp(c->p->raw.rules[i].name, name))
            return compile_bad(c, "is the name of an earlier rule", "name");
    return true;
}

/* Rejects members that would have no effect: they are mistakes. */
static bool check_use(compiler *c, const policy_rule *r) {
    const raw_rule *raw = r->raw;
    const msg_limits *l = &raw->limits;
    bool limits = false;
#define X(name, bits, most) limits = limits || l->name;
    LAUNCH_LIMIT_LIST(X)
#undef X
    if (raw->reason && (!*raw->reason || strlen(raw->reason) > REASON_CHARS))
        return compile_bad(c, "is empty, or longer than 150 bytes", "reason");
    if (r->allow) return true;
    if (!raw->reason)
        return compile_bad(c, "is missing: the caller is told why its launch is denied", "reason");
    if (limits) return compile_bad(c, "are of no use in a rule that denies", "limits");
    if (raw->has_attest) return compile_bad(c, "is of no use in a rule that denies", "attest");
    return true;
}

bool compile_rule(compiler *c, policy_rule *r) {
    return compile_action(c, r->raw->action, "action", &r->allow) && check_name(c, r->raw->name) &&
           check_use(c, r) && compile_caller(c, r) && compile_program(c, r) && compile_arguments(c, r) &&
           compile_handles(c, r) && compile_lifetime(c, r) &&
           compile_redactions(c, &r->raw->redact, &r->redact);
}
