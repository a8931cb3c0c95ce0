/* spawnctl audit summary: the parts that the broker gives, put together. */
#include "client/ctl/audit_query.h"
#include "client/report/summary.h"

static int gather(audit_source *s, const audit_args *args, summary *sum) {
    msg_summary part = {.by = args->by, .filter = args->filter};
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

int audit_sum_up(ctl *c) {
    audit_args args;
    audit_source *s = NULL;
    summary *sum = NULL;
    int result = audit_args_take(c, AUDIT_TAKES_BY, &args);
    if (result || c->help) return result;
    if (!args.by || msg_by_from_name(args.by) == MSG_BY_COUNT)
        return ctl_usage(c, "by what? --by user, image, caller, rule, outcome or hour");
    if (args.look.format != REPORT_table && args.look.format != REPORT_wide && !c->json)
        return ctl_usage(c, "a summary is -o table, wide, json or jsonl");
    if (args.look.format == REPORT_wide) args.look.width = 0;
    if ((result = source_open(c, &args, &s))) return result;
    if (!(sum = summary_begin())) result = CTL_EXIT_FAILED;
    if (!result) result = gather(s, &args, sum);
    if (!result && !summary_count(sum)) result = audit_no_match(c);
    if (!result || (result == CTL_EXIT_NO_MATCH && c->json))
        summary_print(sum, args.by, &args.look, &out_sink);
    out_flush();
    summary_free(&sum);
    source_close(&s);
    return result;
}
