/* spawnctl run: what the program has besides handles. */
#include "ctl_run.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

bool run_take_attribute(ctl *c, run_attributes *r) {
    if (ctl_flag(c, "--no-child-processes")) return r->no_children = true;
    return ctl_value(c, "--affinity", &r->affinity_text) || ctl_value(c, "--priority", &r->priority_text) ||
           ctl_value(c, "--mitigation", &r->mitigation_text) || ctl_value(c, "--desktop", &r->desktop);
}

/* 0x and hexadecimal digits, or decimal ones, not 0; up to the end or end. NULL when it is not that. */
static const char *read_mask(const char *text, char end, uint64_t *ret) {
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    size_t length = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (!length || length > (hex ? 16u : 19u) || (digits[length] && digits[length] != end)) return NULL;
    *ret = strtoull(digits, NULL, hex ? 16 : 10);
    return digits + length;
}

static bool read_priority(const char *text, DWORD *ret) {
    static const struct {
        const char *name;
        DWORD flag;
    } names[] = {{"idle", IDLE_PRIORITY_CLASS},
                 {"below-normal", BELOW_NORMAL_PRIORITY_CLASS},
                 {"normal", NORMAL_PRIORITY_CLASS},
                 {"above-normal", ABOVE_NORMAL_PRIORITY_CLASS},
                 {"high", HIGH_PRIORITY_CLASS}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].name, text)) return *ret = names[i].flag, true;
    return false;
}

int run_check_attributes(const ctl *c, run_attributes *r) {
    const char *rest;
    if (r->affinity_text && (!read_mask(r->affinity_text, 0, &r->affinity) || !r->affinity))
        return ctl_usage(c, "--affinity needs a mask of processors such as 0x3");
    if (r->priority_text && !read_priority(r->priority_text, &r->priority))
        return ctl_usage(c, "--priority needs idle, below-normal, normal, above-normal or high");
    if (r->desktop && !*r->desktop) return ctl_usage(c, "--desktop needs a name");
    if (r->mitigation_text) {
        rest = read_mask(r->mitigation_text, ',', &r->words[0]);
        if (!rest || (*rest && !read_mask(rest + 1, 0, &r->words[1])))
            return ctl_usage(c, "--mitigation needs one mask, or two with a comma, such as 0x100000000");
    }
    return CTL_EXIT_OK;
}

void run_apply_attributes(arena *a, run_attributes *r, sb_spawn_options *options) {
    static const DWORD restricted = 1; /* PROCESS_CREATION_CHILD_PROCESS_RESTRICTED */
    enum { MITIGATION_POLICY = 0x20007, CHILD_PROCESS_POLICY = 0x2000E };
    size_t count = 0;
    if (r->mitigation_text) r->list[count++] = (sb_attribute){MITIGATION_POLICY, r->words, sizeof r->words};
    if (r->no_children)
        r->list[count++] = (sb_attribute){CHILD_PROCESS_POLICY, &restricted, sizeof restricted};
    options->attributes = r->list;
    options->attribute_count = count;
    options->affinity = r->affinity;
    options->creation_flags |= r->priority;
    options->desktop = text_wide(a, r->desktop);
}
