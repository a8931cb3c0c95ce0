#include "service/policy/match.h"
#include "service/policy/paths.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static answer failed(view *v, const char *condition, const char *wanted, const char *got) {
    if (!wanted || !got) v->no_memory = true;
    v->step = (policy_step){.condition = condition, .wanted = wanted, .got = got};
    return NO;
}

/* The oracle could not answer; v->why says why. */
static answer unknown(view *v, const char *condition) {
    v->step = (policy_step){.condition = condition};
    return UNKNOWN;
}

static answer out_of_memory(view *v) {
    v->no_memory = true;
    return NO;
}

static bool folded(view *v, const char *text, codepoints *ret) {
    return text && codepoints_make(v->a, text, strlen(text), v->p->upcase, ret);
}

static bool any_glob(const globs *list, codepoints text) {
    for (size_t i = 0; i < list->count; i++)
        if (glob_matches(&list->at[i], text)) return true;
    return false;
}

static bool in_range(const raw_range *r, size_t n) {
    return !r->given || (n >= r->least && (!r->has_most || n <= r->most));
}

static const char *number(view *v, uint64_t n) {
    return arena_printf(v->a, "%" PRIu64, n);
}

/* ---- conditions on facts that are at hand ---- */

static answer caller_known(view *v, const policy_rule *r) {
    const raw_caller *raw = &r->raw->caller;
    bool found = !r->sids.count;
    for (size_t i = 0; !found && i < r->sids.count; i++) found = !strcmp(r->sids.at[i], v->f->sid);
    if (!found) return failed(v, "caller.sid", trace_texts(v->a, &raw->sid), v->f->sid);
    if (!in_range(&raw->session, v->f->session))
        return failed(v, "caller.session", trace_range(v->a, &raw->session), number(v, v->f->session));

    int level = integrity_of(v->f->integrity);
    if (r->integrity && !(r->integrity & 1u << level))
        return failed(v, "caller.integrity", trace_texts(v->a, &raw->integrity), integrity_name(level));

    if (raw->has_sandboxed && raw->sandboxed != v->f->sandboxed)
        return failed(v, "caller.sandboxed", raw->sandboxed ? "true" : "false",
                      v->f->sandboxed ? "true" : "false");
    if (r->allow && !raw->has_sandboxed && v->f->sandboxed)
        return failed(v, "caller.sandboxed", "false (a rule admits sandboxed callers only where it says so)",
                      "true");
    return YES;
}

static answer caller_image(view *v, const policy_rule *r) {
    if (!r->images.count) return YES;
    if (!v->image_text) {
        v->image_text = paths_canonical(v->a, v->f->image);
        if (!folded(v, v->image_text, &v->image)) return out_of_memory(v);
    }
    if (any_glob(&r->images, v->image)) return YES;
    return failed(v, "caller.image", trace_texts(v->a, &r->raw->caller.image), v->image_text);
}

static answer launch_known(view *v, const policy_rule *r) {
    if (r->lifetimes && !(r->lifetimes & 1u << v->f->lifetime))
        return failed(v, "lifetime", trace_texts(v->a, &r->raw->lifetime), msg_lifetime_name(v->f->lifetime));
    const raw_range *count = &r->raw->handles.count;
    if (!in_range(count, v->f->handle_count))
        return failed(v, "handles.count", trace_range(v->a, count), number(v, v->f->handle_count));
    return YES;
}

/* ---- arguments ---- */

static bool split_line(view *v) {
    if (v->line) return true;
    const char *line =
        v->f->command_line ? v->f->command_line : arena_printf(v->a, "\"%s\"", v->f->application);
    if (!line || !args_split(v->a, line, &v->arguments, &v->argument_count)) return false;

    size_t n = v->argument_count;
    v->words_as_is = arena_array(v->a, n, sizeof *v->words_as_is);
    v->words_folded = arena_array(v->a, n, sizeof *v->words_folded);
    if (!v->words_as_is || !v->words_folded ||
        !codepoints_make(v->a, line, strlen(line), NULL, &v->line_as_is) || !folded(v, line, &v->line_folded))
        return false;

    for (size_t i = 0; i < n; i++) {
        const char *text = v->arguments[i].text;
        if (!codepoints_make(v->a, text, strlen(text), NULL, &v->words_as_is[i]) ||
            !folded(v, text, &v->words_folded[i]))
            return false;
    }
    v->line = line;
    return true;
}

static answer each_argument(view *v, const policy_rule *r, const codepoints *words) {
    const raw_arguments *raw = &r->raw->arguments;
    bool some = !r->some.count;
    for (size_t i = 1; i < v->argument_count; i++) {
        if (r->each.count && !any_glob(&r->each, words[i]))
            return failed(v, "arguments.each", trace_texts(v->a, &raw->each), v->arguments[i].text);
        if (r->none.count && any_glob(&r->none, words[i]))
            return failed(v, "arguments.none",
                          arena_printf(v->a, "none of %s", trace_texts(v->a, &raw->none)),
                          v->arguments[i].text);
        some = some || any_glob(&r->some, words[i]);
    }
    return some ? YES : failed(v, "arguments.some", trace_texts(v->a, &raw->some), v->line);
}

static answer arguments_fit(view *v, const policy_rule *r) {
    const raw_arguments *raw = &r->raw->arguments;
    bool fold = raw->ignore_case;
    if (!raw->count.given && !r->command_line.count && !r->each.count && !r->some.count && !r->none.count)
        return YES;
    if (!split_line(v)) return out_of_memory(v);
    if (args_glued(v->line)) {
        snprintf(
            v->why.text, sizeof v->why.text,
            "text is glued to the program's name in the command line, and programs read that differently");
        return unknown(v, "arguments");
    }
    if (!in_range(&raw->count, v->argument_count - 1))
        return failed(v, "arguments.count", trace_range(v->a, &raw->count), number(v, v->argument_count - 1));
    if (r->command_line.count && !any_glob(&r->command_line, fold ? v->line_folded : v->line_as_is))
        return failed(v, "arguments.command_line", trace_texts(v->a, &raw->command_line), v->line);
    return each_argument(v, r, fold ? v->words_folded : v->words_as_is);
}

/* ---- environment ---- */

/* A name may begin with =, as in "=C:=C:\\x". */
static size_t name_bytes(const char *entry) {
    const char *equals = *entry ? strchr(entry + 1, '=') : NULL;
    return equals ? (size_t)(equals - entry) : strlen(entry);
}

static answer environment_fits(view *v, const policy_rule *r) {
    if (!r->variables.count || !v->f->environment) return YES; /* environment_known comes last */
    for (size_t i = 0; i < v->f->environment_count; i++) {
        codepoints name;
        const char *entry = v->f->environment[i];
        const size_t length = name_bytes(entry);
        if (!codepoints_make(v->a, entry, length, v->p->upcase, &name)) return out_of_memory(v);
        if (any_glob(&r->variables, name))
            return failed(
                v, "program.environment_not",
                arena_printf(v->a, "none of %s", trace_texts(v->a, &r->raw->program.environment_not)),
                arena_copy(v->a, entry, length));
    }
    return YES;
}

static answer environment_known(view *v, const policy_rule *r) {
    if (!r->variables.count || v->f->environment) return YES;
    snprintf(v->why.text, sizeof v->why.text, "the environment is known only when a launch is requested");
    return unknown(v, "program.environment_not");
}

/* ---- conditions that ask the oracle ---- */

static answer caller_group(view *v, const policy_rule *r) {
    bool in = !r->groups.count;
    for (size_t i = 0; !in && i < r->groups.count; i++)
        if (!v->f->ask->member(v->f->context, r->groups.at[i], &in, &v->why))
            return unknown(v, "caller.group");
    return in ? YES : failed(v, "caller.group", trace_texts(v->a, &r->raw->caller.group), "in none of them");
}

/* Asks for the path of the file that will run. YES: v->path is set; else UNKNOWN, or NO without memory. */
static answer find_path(view *v) {
    const char *path;
    if (v->path_text) return YES;
    if (!v->f->ask->path(v->f->context, &path, &v->why)) return unknown(v, "program.path");
    v->path_text = paths_canonical(v->a, path);
    if (v->path_text && paths_has_stream(v->path_text)) {
        snprintf(v->why.text, sizeof v->why.text, "the program is a stream of another file");
        v->path_text = NULL;
        return unknown(v, "program.path");
    }
    return folded(v, v->path_text, &v->path) ? YES : out_of_memory(v);
}

static answer program_path(view *v, const policy_rule *r) {
    if (!r->paths.count) return YES;
    answer found = find_path(v);
    if (found != YES) return found;
    if (any_glob(&r->paths, v->path)) return YES;
    return failed(v, "program.path", trace_texts(v->a, &r->raw->program.path), v->path_text);
}

static answer caller_signer(view *v, const policy_rule *r) {
    const raw_texts *wanted = &r->raw->caller.signer;
    if (!wanted->count) return YES;
    if (!v->signer && !v->f->ask->signer(v->f->context, &v->signer, &v->why))
        return unknown(v, "caller.signer");
    for (size_t i = 0; i < wanted->count; i++)
        if (!strcmp(wanted->at[i], v->signer)) return YES;
    return failed(v, "caller.signer", trace_texts(v->a, wanted), *v->signer ? v->signer : "not signed");
}

static answer program_directory(view *v, const policy_rule *r) {
    if (!r->raw->program.directory_not_writable_by_caller) return YES;
    if (!v->has_writable && !v->f->ask->writable(v->f->context, &v->writable, &v->why))
        return unknown(v, "program.directory_not_writable_by_caller");
    v->has_writable = true;
    return v->writable ? failed(v, "program.directory_not_writable_by_caller", "true",
                                "the caller can change the program, its directory or one above")
                       : YES;
}

static answer program_sha256(view *v, const policy_rule *r) {
    const raw_texts *wanted = &r->raw->program.sha256;
    if (!wanted->count) return YES;
    if (!v->sha256[0] && !v->f->ask->sha256(v->f->context, v->sha256, &v->why))
        return unknown(v, "program.sha256");
    for (size_t i = 0; i < wanted->count; i++)
        if (codepoints_same_ascii(wanted->at[i], v->sha256)) return YES;
    return failed(v, "program.sha256", trace_texts(v->a, wanted), v->sha256);
}

/* Asks for the directory that the child starts in, as find_path does for the program. */
static answer find_directory(view *v) {
    const char *path;
    if (v->directory_text) return YES;
    if (!v->f->ask->directory(v->f->context, &path, &v->why)) return unknown(v, "program.directory");
    v->directory_text = paths_canonical(v->a, path);
    if (v->directory_text && paths_has_stream(v->directory_text)) {
        snprintf(v->why.text, sizeof v->why.text, "the directory has a : in its name");
        v->directory_text = NULL;
        return unknown(v, "program.directory");
    }
    return folded(v, v->directory_text, &v->directory) ? YES : out_of_memory(v);
}

static answer start_directory(view *v, const policy_rule *r) {
    if (!r->directories.count) return YES;
    answer found = find_directory(v);
    if (found != YES) return found;
    if (any_glob(&r->directories, v->directory)) return YES;
    return failed(v, "program.directory", trace_texts(v->a, &r->raw->program.directory), v->directory_text);
}

static answer is_kind(const raw_texts *kinds, const char *kind) {
    bool some_files = false;
    for (size_t i = 0; i < kinds->count; i++) {
        size_t length = strlen(kinds->at[i]);
        if (!strncmp(kinds->at[i], kind, length) && (!kind[length] || kind[length] == '.')) return YES;
        some_files = some_files || !strncmp(kinds->at[i], "File.", 5);
    }
    return some_files && !strcmp(kind, POLICY_KIND_UNKNOWN) ? UNKNOWN : NO;
}

static answer handles_fit(view *v, const policy_rule *r) {
    const raw_handles *raw = &r->raw->handles;
    if (!raw->kinds.count && !raw->access_within) return YES;
    if (!v->has_handles && !v->f->ask->handles(v->f->context, &v->handles, &v->handle_count, &v->why))
        return unknown(v, raw->kinds.count ? "handles.kinds" : "handles.access_within");
    v->has_handles = true;
    for (size_t i = 0; i < v->handle_count; i++) {
        const policy_handle *h = &v->handles[i];
        answer kind = raw->kinds.count ? is_kind(&raw->kinds, h->kind) : YES;
        if (kind == UNKNOWN) {
            snprintf(
                v->why.text, sizeof v->why.text,
                "a file does not say whether it is a pipe or on a disk, since a thread is reading from it");
            return unknown(v, "handles.kinds");
        }
        if (kind == NO) return failed(v, "handles.kinds", trace_texts(v->a, &raw->kinds), h->kind);
        if (raw->access_within && (h->access & ~r->access_within))
            return failed(v, "handles.access_within", raw->access_within,
                          arena_printf(v->a, "0x%08" PRIx32 " (%s)", h->access, h->kind));
    }
    return YES;
}

/* In order of cost: the oracle is asked only when all conditions before hold. What only a launch has, and
 * policy.explain does not, comes last: an explanation is "unknown" only if all else matches. */
static answer (*const conditions[])(view *, const policy_rule *) = {
    caller_known,      launch_known,    caller_image,      arguments_fit,  environment_fits,
    caller_group,      program_path,    program_directory, program_sha256, caller_signer,
    environment_known, start_directory, handles_fit,
};

answer match_rule(view *v, const policy_rule *r) {
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        answer one = conditions[i](v, r);
        if (one != YES || v->no_memory) return one;
    }
    v->step = (policy_step){.matched = true};
    return YES;
}
