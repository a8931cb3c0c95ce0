#include "tests/policy/slow.h"

#include <string.h>

static char upper(char c) {
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* Matches a star within a component and two stars across components by trying everything. */
static bool path_matches(const char *p, const char *t) {
    if (p[0] == '*' && p[1] == '*' && p[2] == '\\') {
        for (;; t = strchr(t, '\\') + 1) {
            if (path_matches(p + 3, t)) return true;
            if (!strchr(t, '\\')) return false;
        }
    }
    if (p[0] == '*' && p[1] == '*') return true;
    if (*p == '*') {
        for (;; t++) {
            if (path_matches(p + 1, t)) return true;
            if (!*t || *t == '\\') return false;
        }
    }
    if (!*p || !*t) return *p == *t;
    return (*p == '?' ? *t != '\\' : upper(*p) == upper(*t)) && path_matches(p + 1, t + 1);
}

static bool text_matches(const char *p, const char *t) {
    if (*p == '*') {
        for (;; t++) {
            if (text_matches(p + 1, t)) return true;
            if (!*t) return false;
        }
    }
    if (!*p || !*t) return *p == *t;
    return (*p == '?' || *p == *t) && text_matches(p + 1, t + 1);
}

static bool equals(const char *p, const char *t) {
    return !strcmp(p, t);
}

static bool is_kind(const char *p, const char *t) {
    size_t n = strlen(p);
    return !strcmp(p, t) || (!strncmp(p, t, n) && t[n] == '.');
}

static bool any(const slow_texts *list, const char *text, bool (*one)(const char *, const char *)) {
    for (int i = 0; i < list->count; i++)
        if (one(list->at[i], text)) return true;
    return false;
}

static bool within(const slow_range *r, uint32_t n) {
    return !r->given || (n >= r->least && n <= r->most);
}

typedef enum truth { NO, YES, UNKNOWN } truth;

static truth of(bool yes) {
    return yes ? YES : NO;
}

static truth group_truth(const slow_rule *r, const slow_facts *f) {
    if (!r->group.count) return YES;
    if (!f->groups_known) return UNKNOWN;
    for (int i = 0; i < f->groups.count; i++)
        if (any(&r->group, f->groups.at[i], equals)) return YES;
    return NO;
}

static truth arguments_truth(const slow_rule *r, const slow_facts *f) {
    bool some = !r->some.count;
    for (int i = 0; i < f->argument_count; i++) {
        if (r->each.count && !any(&r->each, f->arguments[i], text_matches)) return NO;
        if (any(&r->none, f->arguments[i], text_matches)) return NO;
        if (any(&r->some, f->arguments[i], text_matches)) some = true;
    }
    return of(some && within(&r->arguments, (uint32_t)f->argument_count));
}

static bool variable_matches(const char *p, const char *t) {
    char name[64];
    size_t n = 0;
    for (; t[n] && n + 1 < sizeof name; n++) name[n] = upper(t[n]);
    name[n] = 0;
    return text_matches(p, name);
}

static truth environment_truth(const slow_rule *r, const slow_facts *f) {
    for (int i = 0; i < f->variable_count; i++)
        if (any(&r->environment_not, f->variables[i], variable_matches)) return NO;
    return YES;
}

static truth handles_truth(const slow_rule *r, const slow_facts *f) {
    for (int i = 0; i < f->handle_count; i++) {
        if (r->kinds.count && !any(&r->kinds, f->kinds[i], is_kind)) return NO;
        if (r->access_within && (f->access[i] & ~r->access_within)) return NO;
    }
    return YES;
}

/* Every condition, in the order in which the documentation lists them. */
static truth matches(const slow_rule *r, const slow_facts *f) {
    bool sandbox = r->sandboxed >= 0 ? (r->sandboxed == 1) == f->sandboxed : !r->allow || !f->sandboxed;
    const truth all[] = {
        of(!r->sid.count || any(&r->sid, f->sid, equals)),
        of(within(&r->session, f->session)),
        of(!r->integrity.count || any(&r->integrity, f->integrity, equals)),
        of(sandbox),
        of(!r->lifetime.count || any(&r->lifetime, f->lifetime, equals)),
        of(within(&r->handles, (uint32_t)f->handle_count)),
        of(!r->image.count || any(&r->image, f->image, path_matches)),
        arguments_truth(r, f),
        environment_truth(r, f),
        group_truth(r, f),
        !r->path.count ? YES
        : !f->path     ? UNKNOWN
                       : of(any(&r->path, f->path, path_matches)),
        of(!r->not_writable || !f->writable),
        !r->sha256.count ? YES
        : !f->sha256     ? UNKNOWN
                         : of(any(&r->sha256, f->sha256, equals)),
        !r->signer.count ? YES
        : !f->signer     ? UNKNOWN
                         : of(any(&r->signer, f->signer, equals)),
        !r->directory.count ? YES
        : !f->directory     ? UNKNOWN
                            : of(any(&r->directory, f->directory, path_matches)),
        handles_truth(r, f),
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] != YES) return all[i];
    return YES;
}

const char *slow_decide(const slow_policy *p, const slow_facts *f, bool *ret_allow) {
    for (int i = 0; i < p->count; i++) {
        truth t = matches(&p->rules[i], f);
        if (t == NO) continue;
        *ret_allow = t == YES && p->rules[i].allow;
        return p->rules[i].name;
    }
    *ret_allow = p->allow && !f->sandboxed;
    return f->sandboxed ? "default.sandboxed" : "default";
}
