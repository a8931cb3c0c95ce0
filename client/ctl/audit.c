/* spawnctl audit: its commands by name. */
#include "client/ctl/audit.h"
#include "client/ctl/audit_query.h"

int audit_no_match(const ctl *c) {
    if (!c->json) out_printf(STD_ERROR_HANDLE, "spawnctl %s: no launch matches\n", c->command);
    return CTL_EXIT_NO_MATCH;
}

int ctl_audit(ctl *c) {
    static const struct {
        const char *name;
        int (*run)(ctl *);
    } commands[] = {{"list", audit_list},
                    {"tail", audit_tail},
                    {"show", audit_show},
                    {"tree", audit_tree},
                    {"summary", audit_sum_up},
                    {"export", audit_export},
                    {"report", audit_report},
                    {"verify", ctl_audit_verify},
                    {"head", ctl_audit_head},
                    {"backup", ctl_audit_backup},
                    {"disk-usage", ctl_audit_usage},
                    {"prune", ctl_audit_prune}};
    while (ctl_common(c)) continue;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (ctl_flag(c, commands[i].name)) return commands[i].run(c);
    int result = ctl_end(c);
    if (result || c->help) return result;
    return ctl_usage(
        c, "what of the audit? There are: audit list, tail, show, tree, summary, export, report, verify, "
           "head, backup, disk-usage, prune");
}
