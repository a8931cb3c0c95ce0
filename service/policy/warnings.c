#include "service/policy/warnings.h"
#include "service/policy/args.h"
#include "service/policy/compiled.h"
#include "service/policy/locate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_SETTINGS = 1, MOST_FOR_A_RULE = 4, BELOW_MEDIUM = 3 /* bits of untrusted and low */ };

typedef struct warner {
    const policy *p;
    const char *text;
    size_t length;
    policy_error *list;
    size_t count, most;
} warner;

/* Adds a warning about a member of a rule, such as "handles.kinds[1]" or "" for the rule itself; NO_RULE:
 * about one of the policy, such as "hash.most_bytes". */
enum { NO_RULE = -1 };
static void warn(warner *w, size_t rule, const char *member, const char *format, ...) {
    if (w->count == w->most) return;
    policy_error *e = &w->list[w->count++];
    *e = (policy_error){0};
    if (rule == (size_t)NO_RULE) snprintf(e->field, sizeof e->field, "%s", member);
    else snprintf(e->field, sizeof e->field, "rules[%zu]%s%s", rule, *member ? "." : "", member);
    locate_line(w->text, locate(w->text, w->length, w->p->tree, e->field), &e->line, &e->column);

    va_list arguments;
    va_start(arguments, format);
    int used = snprintf(e->message, sizeof e->message, "%s ", e->field);
    vsnprintf(e->message + used, sizeof e->message - (size_t)used, format, arguments);
    va_end(arguments);
}

/* ---- settings ---- */

static void check_settings(warner *w) {
    const uint64_t mib = 1024 * 1024, gib = 1024 * mib, most = w->p->raw.hash.most_bytes;
    if (most && most < mib)
        warn(w, (size_t)NO_RULE, "hash.most_bytes",
             "is less than 1 MiB: most programs are larger, and rules with a hash deny them");
    if (most > 16 * gib)
        warn(w, (size_t)NO_RULE, "hash.most_bytes",
             "is more than 16 GiB: a launch may read a file for minutes before it is decided");
}

/* ---- kinds of handles ---- */

/* The types of objects that a process can have a handle to, in Windows 10 and later. Source: the names that
 * NtQueryObject(ObjectTypesInformation) returns; docs/handles.md has those that were tested. */
static const char *const kinds[] = {"File",
                                    "File.disk",
                                    "File.pipe",
                                    "File.other",
                                    "Event",
                                    "Mutant",
                                    "Semaphore",
                                    "Timer",
                                    "IRTimer",
                                    "Section",
                                    "Process",
                                    "Thread",
                                    "Token",
                                    "Job",
                                    "Key",
                                    "IoCompletion",
                                    "Desktop",
                                    "WindowStation",
                                    "Directory",
                                    "KeyedEvent",
                                    "SymbolicLink",
                                    "Session",
                                    "Partition",
                                    "DebugObject",
                                    "Profile",
                                    "TmTm",
                                    "TmTx",
                                    "TmRm",
                                    "TmEn",
                                    "RegistryTransaction",
                                    "WmiGuid",
                                    "EtwConsumer",
                                    "EtwRegistration",
                                    "TpWorkerFactory",
                                    "WaitCompletionPacket",
                                    "IoRing",
                                    "FilterConnectionPort",
                                    "FilterCommunicationPort",
                                    "DxgkSharedResource",
                                    "DxgkSharedSyncObject",
                                    "Composition",
                                    "UserApcReserve",
                                    "IoCompletionReserve",
                                    "PowerRequest",
                                    "EnergyTracker",
                                    "ActivityReference"};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void check_kind(warner *w, size_t rule, size_t index, const char *kind) {
    char member[40];
    const char *meant = NULL;
    for (int i = 0; i < KINDS; i++) {
        if (!strcmp(kinds[i], kind)) return;
        if (codepoints_same_ascii(kinds[i], kind)) meant = kinds[i];
    }
    if (!strcmp(kind, "Mutex")) meant = "Mutant";
    if (!strcmp(kind, "Pipe")) meant = "File.pipe";
    if (!strcmp(kind, "Socket")) meant = "File.other";

    snprintf(member, sizeof member, "handles.kinds[%zu]", index);
    if (meant) warn(w, rule, member, "is \"%s\", which Windows calls \"%s\"", kind, meant);
    else
        warn(w, rule, member, "is \"%s\", which is not a type of object that Windows is known to have", kind);
}

/* ---- rules that match nothing ---- */

/* Whether each of these texts is among those. */
static bool all_in(const raw_texts *these, const raw_texts *those) {
    for (size_t i = 0; i < these->count; i++) {
        size_t k = 0;
        while (k < those->count && strcmp(these->at[i], those->at[k])) k++;
        if (k == those->count) return false;
    }
    return true;
}

static void check_caller(warner *w, size_t rule, const policy_rule *r) {
    const raw_caller *c = &r->raw->caller;
    bool only_below = r->integrity && !(r->integrity & ~(unsigned)BELOW_MEDIUM);
    if (!only_below) return;
    if (c->has_sandboxed && !c->sandboxed)
        warn(w, rule, "caller.sandboxed",
             "is false, but callers below medium integrity are sandboxed: the rule "
             "never matches");
    else if (!c->has_sandboxed && r->allow)
        warn(w, rule, "caller.integrity",
             "admits only sandboxed callers, and a rule that allows matches them "
             "only with \"sandboxed\": true: the rule never matches");
}

/* Whether all lines that match the pattern have text glued to the program's name. */
static bool glued_pattern(const char *pattern) {
    const char *glued = args_glued(pattern);
    return *pattern == '"' && glued && *glued != '*' && *glued != '?';
}

static void check_arguments(warner *w, size_t rule, const policy_rule *r) {
    const raw_arguments *a = &r->raw->arguments;
    char member[40];
    if (a->count.given && a->count.has_most && !a->count.most && a->some.count)
        warn(w, rule, "arguments.some",
             "needs an argument, and \"count\" admits none: the rule never matches");
    else if (a->some.count && all_in(&a->some, &a->none))
        warn(w, rule, "arguments.some", "is excluded by \"none\": the rule never matches");

    size_t glued = 0;
    while (glued < a->command_line.count && glued_pattern(a->command_line.at[glued])) glued++;
    if (glued && glued == a->command_line.count) {
        snprintf(member, sizeof member, "arguments.command_line[%zu]", glued - 1);
        warn(w, rule, member,
             "has text glued to the quoted name of the program, which no rule about arguments "
             "matches");
    }
}

/* Names have no = but at their start; nothing has a name of the whole text NAME=VALUE. */
static void check_variables(warner *w, size_t rule, const policy_rule *r) {
    const raw_texts *names = &r->raw->program.environment_not;
    char member[40];
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->at[i];
        if (*name && !strchr(name + 1, '=')) continue;
        snprintf(member, sizeof member, "program.environment_not[%zu]", i);
        if (*name) warn(w, rule, member, "has a =, which is in no name of a variable: it excludes nothing");
        else warn(w, rule, member, "is empty, and no variable is without a name: it excludes nothing");
    }
}

/* ---- rules behind others ---- */

/* Whether a list of accepted texts accepts whatever the other one accepts; no list accepts everything. */
static bool wider(const raw_texts *a, const raw_texts *b) {
    return !a->count || (b->count && all_in(b, a));
}

static bool wider_range(const raw_range *a, const raw_range *b) {
    if (!a->given) return true;
    return b->given && b->least >= a->least && (!a->has_most || (b->has_most && b->most <= a->most));
}

static bool wider_caller(const policy_rule *a, const policy_rule *b) {
    const raw_caller *ca = &a->raw->caller, *cb = &b->raw->caller;
    bool any_a = !a->allow && !ca->has_sandboxed, any_b = !b->allow && !cb->has_sandboxed;
    bool sandboxed = any_a || (!any_b && ca->sandboxed == cb->sandboxed);
    bool integrity = !a->integrity || (b->integrity && !(b->integrity & ~a->integrity));
    return sandboxed && integrity && wider(&a->sids, &b->sids) && wider(&a->groups, &b->groups) &&
           wider(&ca->image, &cb->image) && wider(&ca->signer, &cb->signer) &&
           wider_range(&ca->session, &cb->session);
}

static bool wider_program(const raw_program *a, const raw_program *b) {
    return wider(&a->path, &b->path) && wider(&a->sha256, &b->sha256) &&
           wider(&a->directory, &b->directory) && all_in(&a->environment_not, &b->environment_not) &&
           (!a->directory_not_writable_by_caller || b->directory_not_writable_by_caller);
}

static bool wider_arguments(const raw_arguments *a, const raw_arguments *b) {
    bool texts = a->command_line.count || a->each.count || a->some.count || a->none.count;
    return (!texts || a->ignore_case == b->ignore_case) && wider(&a->command_line, &b->command_line) &&
           wider(&a->each, &b->each) && wider(&a->some, &b->some) && all_in(&a->none, &b->none) &&
           wider_range(&a->count, &b->count);
}

static bool wider_launch(const policy_rule *a, const policy_rule *b) {
    bool any_a = !a->raw->handles.access_within, any_b = !b->raw->handles.access_within;
    bool access = any_a || (!any_b && !(b->access_within & ~a->access_within));
    bool lifetimes = !a->lifetimes || (b->lifetimes && !(b->lifetimes & ~a->lifetimes));
    return access && lifetimes && wider(&a->raw->handles.kinds, &b->raw->handles.kinds) &&
           wider_range(&a->raw->handles.count, &b->raw->handles.count);
}

/* Whether each launch that b matches is one that a matches. Patterns are compared as texts, so this misses
 * what only their meaning shows. */
static bool covers(const policy_rule *a, const policy_rule *b) {
    return wider_caller(a, b) && wider_program(&a->raw->program, &b->raw->program) &&
           wider_arguments(&a->raw->arguments, &b->raw->arguments) && wider_launch(a, b);
}

static void check_reached(warner *w, size_t rule) {
    for (size_t i = 0; i < rule; i++)
        if (covers(&w->p->rules[i], &w->p->rules[rule])) {
            warn(w, rule, "", "is never reached: all that it matches, rule \"%s\" decides before it",
                 w->p->rules[i].raw->name);
            return;
        }
}

bool policy_warnings(const policy *p, const char *text, size_t length, arena *a, policy_error **ret,
                     size_t *ret_count) {
    size_t skip = locate_start(text, length), rules = policy_settings_of(p)->rules;
    warner w = {.p = p, .text = text + skip, .length = length - skip};
    w.most = MOST_SETTINGS;
    for (size_t i = 0; i < rules; i++)
        w.most += MOST_FOR_A_RULE + p->rules[i].raw->handles.kinds.count +
                  p->rules[i].raw->program.environment_not.count;
    if (!(w.list = arena_array(a, w.most + 1, sizeof *w.list))) return false;

    check_settings(&w);
    for (size_t i = 0; i < rules; i++) {
        const policy_rule *r = &p->rules[i];
        check_reached(&w, i);
        check_caller(&w, i, r);
        check_arguments(&w, i, r);
        check_variables(&w, i, r);
        for (size_t k = 0; k < r->raw->handles.kinds.count; k++)
            check_kind(&w, i, k, r->raw->handles.kinds.at[k]);
    }

    *ret = w.list;
    *ret_count = w.count;
    return true;
}
