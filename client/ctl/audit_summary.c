/* spawnctl audit summary: adds up the parts of a summary. */
#include "client/ctl/audit_query.h"
#include "client/report/summary.h"

static int gather(const ctl *c, audit_source *s, const audit_args *args, summary *sum) {
    msg_summary part = {.by = option_value(c, OPT_by), .filter = args->filter};
    for (bool more = true; more;) {
        msg_groups groups;
        int result = source_summary(s, &part, &groups);
        if (result) return result;
        if (!summary_add(sum, &groups)) return CTL_EXIT_FAILED;
        more = groups.more;
        part.before = groups.next;
    }
    return CTL_EXIT_OK;
}

int ctl_audit_summary(ctl *c) {
    audit_args args;
    audit_source *s = NULL;
    summary *sum = NULL;
    const char *by = option_value(c, OPT_by);
    int result = audit_args_read(c, &args);

    if (result) return result;
    if (!by) return ctl_usage(c, "--by is required: %s", option_choices(c->arena, &ctl_options[OPT_by]));
    if (args.look.format != REPORT_table && args.look.format != REPORT_wide && !c->json)
        return ctl_usage(c, "the formats of a summary are table, wide, json and jsonl");
    if (args.look.format == REPORT_wide) args.look.width = 0;
    if ((result = source_open(c, &s))) return result;
    if (!(sum = summary_begin())) result = CTL_EXIT_FAILED;
    if (!result) result = gather(c, s, &args, sum);
    if (!result && !summary_count(sum)) result = audit_no_match(c);
    if (!result || (result == CTL_EXIT_NO_MATCH && c->json)) summary_print(sum, by, &args.look, &out_sink);
    out_flush();
    summary_free(&sum);
    source_close(&s);

    return result;
}
