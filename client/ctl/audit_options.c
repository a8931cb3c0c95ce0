/* spawnctl audit: reads the options of the commands that ask for launches. */
#include "client/ctl/audit_query.h"
#include "service/win32/console.h"

#include "service/win32/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ROWS = 20 };

/* Turns "caller_image" into "--caller-image". */
static const char *option_of(arena *a, const char *name) {
    char *option = arena_printf(a, "--%s", name);
    for (char *p = option; p && *p; p++)
        if (*p == '_') *p = '-';
    return option ? option : "";
}

/* Reads decimal digits, or 0x and hexadecimal ones. With signs also -1 to -2^31, as Windows shows such exit
 * codes. */
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

/* Reads the number of an option. False after the message. */
static bool read_number(const ctl *c, option_id id, bool signs, int64_t *ret, bool *ret_has) {
    const char *text = option_value(c, id);
    *ret_has = text != NULL;
    if (!text || number_of(text, signs, ret)) return true;
    ctl_usage(c, "%s needs a number from 0 to 4294967295, decimal or as 0x...", ctl_options[id].name);
    return false;
}

static int read_time(ctl *c, option_id id, const when_zone *zone, int64_t *ret, bool *ret_has) {
    const char *text = option_value(c, id);
    *ret_has = text != NULL;
    if (!text || when_parse(text, out_now(), zone, ret)) return CTL_EXIT_OK;
    return ctl_usage(c, "%s \"%s\" is not a time. Times are %s", ctl_options[id].name,
                     out_shown(c->arena, text, 40), WHEN_FORMS);
}

static int read_times(ctl *c, audit_args *args) {
    const when_zone *zone = option_given(c, OPT_utc) ? &when_utc : &out_local;
    msg_filter *f = &args->filter;
    args->look.zone = *zone;
    int result = read_time(c, OPT_since, zone, &f->since, &f->has_since);
    return result ? result : read_time(c, OPT_until, zone, &f->until, &f->has_until);
}

static int read_filters(ctl *c, msg_filter *f) {
    fault wrong;
    f->user = option_value(c, OPT_user);
    f->caller_image = option_value(c, OPT_caller_image);
    f->image = option_value(c, OPT_image);
    f->outcome = option_value(c, OPT_outcome);
    f->rule = option_value(c, OPT_rule);
    f->label = option_value(c, OPT_label);
    f->handle_name = option_value(c, OPT_handle_name);
    f->handle_type = option_value(c, OPT_handle_type);
    f->grep = option_value(c, OPT_grep);
    if (!read_number(c, OPT_caller_pid, false, &f->caller_pid, &f->has_caller_pid) ||
        !read_number(c, OPT_child_pid, false, &f->child_pid, &f->has_child_pid) ||
        !read_number(c, OPT_exit_code, true, &f->exit_code, &f->has_exit_code))
        return CTL_EXIT_USAGE;

    if (!msg_filter_check(f, &wrong)) return CTL_EXIT_OK;
    const char *name = strchr(wrong.field, '.'), *what = strchr(wrong.message, ' ');
    return ctl_usage(c, "%s%s", option_of(c->arena, name ? name + 1 : wrong.field), what ? what : "");
}

static int read_format(ctl *c, audit_args *args) {
    const char *unknown = NULL, *columns = option_value(c, OPT_fields), *given = option_value(c, OPT_format);
    const char *name = given ? given : c->json ? "json" : option_given(c, OPT_wide) ? "wide" : "table";
    args->look.format = report_format_from_name(name);
    c->json = args->look.format == REPORT_json || args->look.format == REPORT_jsonl;
    args->look.width = out_width();
    args->look.colour = out_colour();
    args->look.indented = console_is(STD_OUTPUT_HANDLE);
    args->look.host = option_value(c, OPT_host);
    if (!columns) return CTL_EXIT_OK;

    if (args->look.format == REPORT_ocsf)
        return ctl_usage(c,
                         "--fields cannot be used with -o ocsf: OCSF events have the fields of their schema");
    if (!columns_parse(c->arena, columns, &args->chosen, &unknown))
        return ctl_usage(c, "--fields: \"%s\" is not a field, or occurs twice. Fields are %s",
                         out_shown(c->arena, unknown ? unknown : columns, 40), columns_names(c->arena));
    args->look.columns = &args->chosen;
    return CTL_EXIT_OK;
}

static const char *this_machine(arena *a) {
    wchar_t name[256];
    DWORD length = sizeof name / sizeof *name;
    return GetComputerNameExW(ComputerNameDnsFullyQualified, name, &length) ? text_utf8_lossy(a, name) : NULL;
}

static int read_list(ctl *c, audit_args *args) {
    const char *number = option_value(c, OPT_rows), *cursor = option_value(c, OPT_after_cursor);
    char *end = NULL;
    args->most = DEFAULT_ROWS;
    args->reverse = option_given(c, OPT_reverse);
    args->follow = option_given(c, OPT_follow);
    if (number && !ctl_number(number, UINT32_MAX, &args->most))
        return ctl_usage(c, "-n needs a number from 1 to 4294967295");
    if (cursor) args->after = strtoll(cursor, &end, 10);
    if (cursor && (!isdigit((unsigned char)*cursor) || *end || args->after > JSON_INTEGER_MAX))
        return ctl_usage(c, "--after-cursor needs a number that --cursor printed");

    if (args->follow && (args->reverse || args->filter.has_until || args->filter.has_exit_code))
        return ctl_usage(
            c, "-r, --until and --exit-code cannot be used with -f, which prints launches as they come");
    if (args->follow && args->look.format == REPORT_json)
        return ctl_usage(c, "-o json is one object and -f never ends: use -o jsonl");
    if (args->look.format == REPORT_ocsf && !args->look.host) args->look.host = this_machine(c->arena);
    return CTL_EXIT_OK;
}

int audit_args_read(ctl *c, audit_args *ret) {
    int result;
    *ret = (audit_args){0};
    if ((result = read_times(c, ret)) || (result = read_filters(c, &ret->filter))) return result;
    if ((result = read_format(c, ret))) return result;
    return read_list(c, ret);
}
