/* spawnctl policy check, explain and reload. */
#include "client/ctl/policy.h"
#include "service/win32/facts.h"
#include "proto/frame.h"
#include "service/policy/warnings.h"
#include "client/ctl/quote.h"
#include "client/lib/resolve.h"
#include "service/win32/text.h"
#include "service/win32/whole_file.h"
#include "service/win32/win.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- check ---- */

/* The members of a JSON object that say where a mistake is, and what it is. */
static const char *place_json(arena *a, const policy_error *e) {
    return arena_printf(a, "\"line\":%lu,\"column\":%lu,\"field\":%s,\"message\":%s", (unsigned long)e->line,
                        (unsigned long)e->column, out_json(a, e->field), out_json(a, e->message));
}

static int say_wrong(ctl *c, const char *name, const policy_error *e) {
    arena *a = c->arena;
    if (c->json) out_printf(STD_OUTPUT_HANDLE, "{\"good\":false,%s}\n", place_json(a, e));
    else if (e->line)
        out_printf(STD_ERROR_HANDLE, "%s:%lu:%lu: %s\n", out_shown(a, name, 0), (unsigned long)e->line,
                   (unsigned long)e->column, out_shown(a, e->message, 0));
    else out_printf(STD_ERROR_HANDLE, "%s: %s\n", out_shown(a, name, 0), out_shown(a, e->message, 0));
    return POLICY_EXIT_WRONG;
}

/* The file's bytes, at most one more than a policy may have. */
static DWORD read_all(arena *a, const char *name, char **ret, DWORD *ret_length) {
    wchar_t *path = text_wide(a, name);
    char *text = arena_alloc(a, POLICY_LIMIT_BYTES + 4);
    if (!path || !text) return ERROR_NOT_ENOUGH_MEMORY;
    *ret = text;
    return whole_file_read(path, text, POLICY_LIMIT_BYTES + 4, ret_length);
}

DWORD policy_load_file(arena *a, const char *name, policy **ret, policy_error *ret_why,
                       policy_doubts *ret_doubts) {
    const policy_options options = facts_options(a);
    char *text = NULL;
    DWORD length = 0, err = read_all(a, name, &text, &length);
    if (err) {
        fault f;
        win_fault(&f, FAULT_INTERNAL, STAGE_NONE, err, "cannot be read");
        *ret_why = (policy_error){0};
        memcpy(ret_why->message, f.message, sizeof ret_why->message);
        return err;
    }
    if (!policy_parse(text, length, &options, ret, ret_why)) return ERROR_INVALID_DATA;
    if (!ret_doubts || policy_warnings(*ret, text, length, a, &ret_doubts->at, &ret_doubts->count))
        return ERROR_SUCCESS;

    policy_free(ret);
    *ret_why = (policy_error){.message = "out of memory"};
    return ERROR_NOT_ENOUGH_MEMORY;
}

static int read_file(ctl *c, const char *name, policy **ret, policy_doubts *ret_doubts) {
    policy_error e = {0};
    return policy_load_file(c->arena, name, ret, &e, ret_doubts) ? say_wrong(c, name, &e) : CTL_EXIT_OK;
}

int policy_read_file(ctl *c, const char *name, policy **ret) {
    return read_file(c, name, ret, NULL);
}

static void print_doubts(ctl *c, const char *name, const policy_doubts *d) {
    for (size_t i = 0; i < d->count; i++)
        out_printf(STD_ERROR_HANDLE, "%s:%lu:%lu: warning: %s\n", out_shown(c->arena, name, 0),
                   (unsigned long)d->at[i].line, (unsigned long)d->at[i].column,
                   out_shown(c->arena, d->at[i].message, 0));
}

static void print_doubts_json(ctl *c, const policy_doubts *d) {
    out_printf(STD_OUTPUT_HANDLE, ",\"warnings\":[");
    for (size_t i = 0; i < d->count; i++)
        out_printf(STD_OUTPUT_HANDLE, "%s{%s}", i ? "," : "", place_json(c->arena, &d->at[i]));
    out_printf(STD_OUTPUT_HANDLE, "]}\n");
}

int ctl_policy_check(ctl *c) {
    const char *name = c->operands[0];
    policy *p = NULL;
    policy_doubts doubts;
    int result = read_file(c, name, &p, &doubts);
    if (result) return result;
    unsigned long rules = (unsigned long)policy_settings_of(p)->rules, count = (unsigned long)doubts.count;
    if (c->json) {
        out_printf(STD_OUTPUT_HANDLE, "{\"good\":true,\"rules\":%lu", rules);
        print_doubts_json(c, &doubts);
    } else {
        print_doubts(c, name, &doubts);
        out_printf(STD_OUTPUT_HANDLE, "%s: good, %lu rule%s", out_shown(c->arena, name, 0), rules,
                   rules == 1 ? "" : "s");
        if (count) out_printf(STD_OUTPUT_HANDLE, ", %lu warning%s", count, count == 1 ? "" : "s");
        out_printf(STD_OUTPUT_HANDLE, "\n");
    }
    policy_free(&p);
    return CTL_EXIT_OK;
}

/* ---- reload ---- */

static char *encode_reload(int64_t id, const void *context, size_t *ret_length) {
    return msg_encode_reload(id, context, ret_length);
}

int ctl_policy_reload(ctl *c) {
    msg_reply reply;
    msg_reloaded now;
    const msg_reload what = {.none = option_given(c, OPT_none)};
    int result = ctl_call(c, encode_reload, &what, &reply);
    if (result) return result;
    if (c->json) result = ctl_print_json(&reply);
    else if (msg_reply_reload(&reply, &now))
        out_printf(STD_OUTPUT_HANDLE, "reloaded: %" PRIu32 " rule%s\n", now.rules, now.rules == 1 ? "" : "s");
    else result = ctl_bad_reply(c, &reply);
    msg_reply_free(&reply);
    return result;
}

/* ---- explain ---- */

static char *encode_explain(int64_t id, const void *context, size_t *ret_length) {
    return msg_encode_explain(id, context, ret_length);
}

static void print_explained(ctl *c, const msg_explained *e) {
    enum { COLUMNS = 4 };
    static const char *const head[COLUMNS] = {"RULE", "CONDITION", "WANTED", "GOT"};
    arena *a = c->arena;
    const char **cells = arena_array(a, (e->step_count + 1) * COLUMNS, sizeof *cells);

    if (!cells) return;
    memcpy(cells, head, sizeof head);
    for (size_t i = 0; i < e->step_count; i++) {
        const msg_step *s = &e->steps[i];
        const char **row = cells + (i + 1) * COLUMNS;
        row[0] = out_shown(a, s->rule, 0);
        row[1] = s->matched ? "(decides)" : out_shown(a, s->condition, 0);
        row[2] = s->matched ? "" : out_shown(a, s->wanted, 60);
        row[3] = s->matched ? "" : out_shown(a, s->got, 80);
    }

    out_table(cells, e->step_count + 1, COLUMNS);
    out_printf(STD_OUTPUT_HANDLE, "\n%s, by rule \"%s\"%s%s%s\n", e->decision, out_shown(a, e->rule, 0),
               e->reason ? ": " : "", e->reason ? out_shown(a, e->reason, 0) : "",
               e->attest ? "" : " (its handles would not be checked)");
#define LIMIT(name)     \
    if (e->limits.name) \
        out_printf(STD_OUTPUT_HANDLE, "imposed: %s %" PRIu64 "\n", #name, (uint64_t)e->limits.name);
    LIMIT(process_memory_bytes) LIMIT(job_memory_bytes) LIMIT(cpu_percent) LIMIT(max_processes)
#undef LIMIT
}

/* Builds the reply that a broker would send, so that both print the same JSON. */
static int answer_here(ctl *c, const char *file, const msg_explain *what, msg_reply *ret_reply) {
    const msg_id id = {.number = 1};
    policy *p = NULL;
    msg_explained e = {0};
    size_t length;
    int result = policy_read_file(c, file, &p);
    if (result) return result;
    if (!(result = policy_ask_here(c, p, what, &e))) {
        char *frame = msg_encode_explain_result(&id, &e, &length);
        if (frame) msg_decode_reply(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, ret_reply);
        else result = CTL_EXIT_FAILED;
        free(frame);
    }
    policy_free(&p);
    return result;
}

/* Finds the program as a launch would. */
static int find_program(ctl *c, msg_explain *what) {
    arena *a = c->arena;
    resolved found;
    const char *line = quote_join(a, c->operands, c->operand_count);
    if (!line) return ctl_usage(c, "the name of a program cannot contain a quotation mark");
    wchar_t *wide = text_wide(a, line);
    if (!wide || !resolve_program(a, NULL, wide, &found)) return CTL_EXIT_FAILED;
    if (!found.found) {
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: \"%s\" was not found\n", c->command,
                   out_shown(a, c->operands[0], 80));
        return CTL_EXIT_NOT_FOUND;
    }
    what->application = text_utf8(a, found.path);
    what->command_line = line;
    return what->application ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

int ctl_policy_explain(ctl *c) {
    msg_explain what = {.as = option_value(c, OPT_as)};
    msg_explained e;
    msg_reply reply;
    const char *file = option_value(c, OPT_policy), *number = option_value(c, OPT_handles);
    if (!(what.groups = option_values(c, OPT_group, &what.group_count))) return CTL_EXIT_FAILED;
    if (what.group_count && !what.as) return ctl_usage(c, "--group requires --as");
    if (number && strcmp(number, "0") && !ctl_number(number, LIMIT_HANDLES, &what.handle_count))
        return ctl_usage(c, "--handles needs a number from 0 to %d", LIMIT_HANDLES);
    int result = find_program(c, &what);
    if (!result)
        result = file ? answer_here(c, file, &what, &reply) : ctl_call(c, encode_explain, &what, &reply);
    if (result) return result;
    if (c->json) result = ctl_print_json(&reply);
    else if (msg_reply_explain(&reply, &e)) print_explained(c, &e);
    else result = ctl_bad_reply(c, &reply);
    msg_reply_free(&reply);
    return result;
}
