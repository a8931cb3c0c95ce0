/* The options of spawnctl audit. */
#include "client/ctl/audit_query.h"

#include "service/win32/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ROWS = 20 };

/* "caller_image" as "--caller-image" */
static const char *option_of(arena *a, const char *name) {
    char *option = arena_printf(a, "--%s", name);
    for (char *p = option; p && *p; p++)
        if (*p == '_') *p = '-';
    return option ? option : "";
}

/* Decimal or 0x and hexadecimal digits; -1 to -2^31 as Windows shows such exit codes. */
static bool number_of(const char *text, bool signs, int64_t *ret) {
    bool negative = signs && *text == '-', hexadecimal = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2);
    const char *digits = text + (negative ? 1 : hexadecimal ? 2 : 0);
    char *end;
    if (strlen(digits) > 10 || !isxdigit((unsigned char)*digits)) return false;
    uint64_t value = strtoull(digits, &end, hexadecimal ? 16 : 10);
    if (*end || value > UINT32_MAX || (negative && value > UINT64_C(1) << 31)) return false;
    *ret = negative ? (uint32_t) - (int64_t)value : (int64_t)value;
    return true;
}

/* *ret_wrong: the option was there, with what is no number. */
static bool take_number(ctl *c, const char *option, bool signs, int64_t *ret, bool *ret_has,
                        const char **ret_wrong) {
    const char *text;
    if (!ctl_value(c, option, &text)) return false;
    *ret_has = true;
    if (!number_of(text, signs, ret)) *ret_wrong = option;
    return true;
}

static bool take_filter(ctl *c, audit_args *args, const char **ret_wrong) {
    msg_filter *f = &args->filter;
    return ctl_value(c, "--user", &f->user) || ctl_value(c, "--caller-image", &f->caller_image) ||
           ctl_value(c, "--image", &f->image) || ctl_value(c, "--outcome", &f->outcome) ||
           ctl_value(c, "--rule", &f->rule) || ctl_value(c, "--handle-name", &f->handle_name) ||
           ctl_value(c, "--handle-type", &f->handle_type) || ctl_value(c, "--grep", &f->grep) ||
           ctl_value(c, "--since", &args->since) || ctl_value(c, "--until", &args->until) ||
           take_number(c, "--caller-pid", false, &f->caller_pid, &f->has_caller_pid, ret_wrong) ||
           take_number(c, "--child-pid", false, &f->child_pid, &f->has_child_pid, ret_wrong) ||
           take_number(c, "--exit-code", true, &f->exit_code, &f->has_exit_code, ret_wrong);
}

static bool take_list(ctl *c, audit_args *args) {
    if (ctl_flag(c, "--wide")) return args->wide = true;
    if (ctl_flag(c, "-r") || ctl_flag(c, "--reverse")) return args->reverse = true;
    if (ctl_flag(c, "-f") || ctl_flag(c, "--follow")) return args->follow = true;
    if (ctl_flag(c, "--cursor")) return args->cursor = true;
    return ctl_value(c, "-n", &args->number) || ctl_value(c, "--after-cursor", &args->after_cursor);
}

static bool take_file(ctl *c, audit_args *args) {
    if (ctl_flag(c, "--force")) return args->force = true;
    if (ctl_flag(c, "--no-verify")) return args->no_verify = true;
    return ctl_value(c, "-o", &args->file) || ctl_value(c, "--output", &args->file) ||
           ctl_value(c, "--head", &args->head) || ctl_value(c, "--public-key", &args->public_key);
}

static bool take(ctl *c, unsigned takes, audit_args *args, const char **ret_wrong) {
    if (ctl_common(c)) return true;
    if (ctl_flag(c, "--utc")) return args->utc = true;
    if ((takes & AUDIT_TAKES_FILE) && take_file(c, args)) return true;
    return ctl_value(c, "--db", &args->db) || ctl_value(c, "-o", &args->format) ||
           ctl_value(c, "--output", &args->format) ||
           (!(takes & AUDIT_TAKES_NO_FILTER) && take_filter(c, args, ret_wrong)) ||
           ((takes & AUDIT_TAKES_LIST) && take_list(c, args)) ||
           (!(takes & (AUDIT_TAKES_BY | AUDIT_TAKES_FILE)) &&
            (ctl_value(c, "--fields", &args->columns) || ctl_value(c, "--host", &args->host))) ||
           ((takes & AUDIT_TAKES_BY) && ctl_value(c, "--by", &args->by)) ||
           ((takes & AUDIT_TAKES_ID) && !args->id && ctl_word(c, &args->id));
}

/* ---- what they mean ---- */

static int times(ctl *c, audit_args *args) {
    static const when_zone utc = {0};
    const when_zone *zone = args->utc ? &utc : &out_local;
    msg_filter *f = &args->filter;
    int64_t now = out_now();
    f->has_since = args->since != NULL;
    f->has_until = args->until != NULL;
    if (args->since && !when_parse(args->since, now, zone, &f->since))
        return ctl_usage(c, "--since \"%s\" is not a time. Times are %s",
                         out_shown(c->arena, args->since, 40), WHEN_FORMS);
    if (args->until && !when_parse(args->until, now, zone, &f->until))
        return ctl_usage(c, "--until \"%s\" is not a time. Times are %s",
                         out_shown(c->arena, args->until, 40), WHEN_FORMS);
    if (!args->utc) args->look.zone = out_local;
    return CTL_EXIT_OK;
}

static int filters(ctl *c, const audit_args *args) {
    fault f;
    if (!msg_filter_check(&args->filter, &f)) return CTL_EXIT_OK;
    const char *name = strchr(f.field, '.'), *what = strchr(f.message, ' ');
    return ctl_usage(c, "%s%s", option_of(c->arena, name ? name + 1 : f.field), what ? what : "");
}

static int format(ctl *c, audit_args *args) {
    const char *unknown, *name = args->format ? args->format
                                 : c->json    ? "json"
                                 : args->wide ? "wide"
                                              : "table";
    args->look.format = report_format_from_name(name);
    if (args->look.format == REPORT_FORMAT_COUNT)
        return ctl_usage(c, "-o \"%s\" is not one of table, wide, line, json, jsonl, csv and ocsf",
                         out_shown(c->arena, name, 40));
    if (args->columns && args->look.format == REPORT_ocsf)
        return ctl_usage(c, "--fields has no place with -o ocsf, whose events have the schema's fields");
    if (args->columns && !columns_parse(c->arena, args->columns, &args->chosen, &unknown))
        return ctl_usage(c, "--fields: \"%s\" is not a field, or there twice. Fields are %s",
                         out_shown(c->arena, unknown ? unknown : args->columns, 40), columns_names(c->arena));
    c->json = args->look.format == REPORT_json || args->look.format == REPORT_jsonl;
    if (args->columns) args->look.columns = &args->chosen;
    args->look.width = out_width();
    args->look.colour = out_colour();
    args->look.indented = out_is_console(STD_OUTPUT_HANDLE);
    args->look.host = args->host;
    return CTL_EXIT_OK;
}

static const char *this_machine(arena *a) {
    wchar_t name[256];
    DWORD length = sizeof name / sizeof *name;
    return GetComputerNameExW(ComputerNameDnsFullyQualified, name, &length) ? text_utf8_lossy(a, name) : NULL;
}

static int listing(ctl *c, audit_args *args) {
    char *end = NULL;
    args->most = DEFAULT_ROWS;
    if (args->number && !ctl_number(args->number, UINT32_MAX, &args->most))
        return ctl_usage(c, "-n needs a number from 1 to 4294967295");
    if (args->after_cursor) args->after = strtoll(args->after_cursor, &end, 10);
    if (args->after_cursor &&
        (!isdigit((unsigned char)*args->after_cursor) || *end || args->after > TREE_INTEGER_MAX))
        return ctl_usage(c, "--after-cursor needs a number that --cursor gave");
    if (args->follow && (args->reverse || args->until || args->filter.has_exit_code))
        return ctl_usage(c,
                         "-f shows launches as they come: -r, --until and --exit-code have no place with it");
    if (args->follow && args->look.format == REPORT_json)
        return ctl_usage(c, "-f never ends, and -o json is one object: take -o jsonl");
    if (args->look.format == REPORT_ocsf && !args->host) args->look.host = this_machine(c->arena);
    return CTL_EXIT_OK;
}

int audit_args_take(ctl *c, unsigned takes, audit_args *ret) {
    const char *wrong = NULL;
    *ret = (audit_args){0};
    while (take(c, takes, ret, &wrong)) continue;
    int result = ctl_end(c);
    if (result || c->help) return result;
    if (wrong) return ctl_usage(c, "%s needs a number from 0 to 4294967295, decimal or as 0x...", wrong);
    if (ret->db && !*ret->db) return ctl_usage(c, "--db needs a file");
    if ((takes & AUDIT_TAKES_ID) && !ret->id)
        return ctl_usage(c, "which launch? Give its seq, or 8 characters or more of its launch_id");
    if ((result = times(c, ret)) || (result = filters(c, ret)) || (result = format(c, ret))) return result;
    return listing(c, ret);
}
