/* spawnctl run: reads the options for attributes, limits and a reduced token. */
#include "client/ctl/run.h"
#include "service/win32/text.h"

#include <stdlib.h>
#include <string.h>

/* Reads digits and, for a size, K, M or G behind them: a number from 1 to most. */
static bool read_amount(const char *text, bool size, uint64_t most, uint64_t *ret) {
    static const char units[] = "KMG";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] && size ? strchr(units, text[digits]) : NULL;
    if (!digits || digits > 12 || (text[digits] && (!unit || text[digits + 1]))) return false;
    *ret = strtoull(text, NULL, 10) << (unit ? 10 * (unit - units + 1) : 0);
    return *ret && *ret <= most;
}

static bool read_limit(const char *text, sb_limits *ret) {
    static const struct {
        const char *name;
        bool size;
        uint64_t most; /* the protocol's limit */
    } all[] = {{"memory=", true, UINT64_C(9007199254740991)},
               {"process-memory=", true, UINT64_C(9007199254740991)},
               {"cpu=", false, 100},
               {"processes=", false, UINT32_MAX}};
    uint64_t values[] = {ret->job_memory_bytes, ret->process_memory_bytes, ret->cpu_percent,
                         ret->max_processes};
    size_t i = 0;

    while (i < sizeof all / sizeof *all && strncmp(text, all[i].name, strlen(all[i].name)) != 0) i++;
    if (i == sizeof all / sizeof *all ||
        !read_amount(text + strlen(all[i].name), all[i].size, all[i].most, &values[i]))
        return false;

    *ret = (sb_limits){.size = sizeof *ret,
                       .job_memory_bytes = values[0],
                       .process_memory_bytes = values[1],
                       .cpu_percent = (uint32_t)values[2],
                       .max_processes = (uint32_t)values[3]};

    return true;
}

/* Reads 0x and hexadecimal digits, or decimal digits, up to the character end or the end of text. Returns
 * what stands behind them; NULL: this is no mask. */
static const char *read_mask(const char *text, char end, uint64_t *ret) {
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    size_t length = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (!length || length > (hex ? 16u : 19u) || (digits[length] && digits[length] != end)) return NULL;
    *ret = strtoull(digits, NULL, hex ? 16 : 10);
    return digits + length;
}

/* The names are the choices of --priority. */
static DWORD priority_of(const char *text) {
    static const struct {
        const char *name;
        DWORD flag;
    } names[] = {{"idle", IDLE_PRIORITY_CLASS},
                 {"below-normal", BELOW_NORMAL_PRIORITY_CLASS},
                 {"normal", NORMAL_PRIORITY_CLASS},
                 {"above-normal", ABOVE_NORMAL_PRIORITY_CLASS},
                 {"high", HIGH_PRIORITY_CLASS}};
    size_t i = 0;
    while (i + 1 < sizeof names / sizeof *names && strcmp(names[i].name, text)) i++;
    return names[i].flag;
}

static int read_masks(const ctl *c, run_attributes *r) {
    const char *affinity = option_value(c, OPT_affinity), *mitigation = option_value(c, OPT_mitigation);
    if (affinity && (!read_mask(affinity, 0, &r->affinity) || !r->affinity))
        return ctl_usage(c, "--affinity needs a mask of processors such as 0x3");
    if (!mitigation) return CTL_EXIT_OK;

    const char *rest = read_mask(mitigation, ',', &r->words[0]);
    if (!rest || (*rest && !read_mask(rest + 1, 0, &r->words[1])))
        return ctl_usage(c, "--mitigation needs one mask, or two with a comma, such as 0x100000000");
    r->has_mitigation = true;
    return CTL_EXIT_OK;
}

int run_read_attributes(const ctl *c, run_attributes *r) {
    size_t limits = 0;
    const char *priority = option_value(c, OPT_priority), **limit = option_values(c, OPT_limit, &limits);
    r->denied = option_values(c, OPT_deny_group, &r->denied_count);
    if (!limit || !r->denied) return CTL_EXIT_FAILED;

    r->desktop = option_value(c, OPT_desktop);
    r->no_children = option_given(c, OPT_no_child_processes);
    r->drop_privileges = option_given(c, OPT_drop_privileges);
    r->low_integrity = option_given(c, OPT_low_integrity);
    r->restricted = option_given(c, OPT_restricted);
    if (priority) r->priority = priority_of(priority);

    for (size_t i = 0; i < limits; i++)
        if (!read_limit(limit[i], &r->limits))
            return ctl_usage(
                c, "--limit needs memory=512M, process-memory=64M, cpu=50 (percent) or processes=8");
    for (size_t i = 0; i < r->denied_count; i++)
        if (strncmp(r->denied[i], "S-1-", 4) != 0)
            return ctl_usage(c, "--deny-group needs a SID such as S-1-5-32-544");
    return read_masks(c, r);
}

static bool apply_reduce(arena *a, run_attributes *r, sb_spawn_options *options) {
    const wchar_t **groups = arena_array(a, r->denied_count + 1, sizeof *groups);
    if (!groups) return false;
    for (size_t i = 0; i < r->denied_count; i++)
        if (!(groups[i] = text_wide(a, r->denied[i]))) return false;
    r->reduce = (sb_reduce){.size = sizeof r->reduce,
                            .drop_privileges = r->drop_privileges,
                            .low_integrity = r->low_integrity,
                            .restricted = r->restricted,
                            .deny_groups = groups,
                            .deny_group_count = r->denied_count};
    options->reduce = &r->reduce;
    return true;
}

bool run_apply_attributes(arena *a, run_attributes *r, sb_spawn_options *options) {
    static const DWORD restricted = 1; /* PROCESS_CREATION_CHILD_PROCESS_RESTRICTED */
    enum { MITIGATION_POLICY = 0x20007, CHILD_PROCESS_POLICY = 0x2000E };
    size_t count = 0;
    if (r->has_mitigation) r->list[count++] = (sb_attribute){MITIGATION_POLICY, r->words, sizeof r->words};
    if (r->no_children)
        r->list[count++] = (sb_attribute){CHILD_PROCESS_POLICY, &restricted, sizeof restricted};
    options->attributes = r->list;
    options->attribute_count = count;
    options->affinity = r->affinity;
    options->limits = r->limits.size ? &r->limits : NULL;
    options->creation_flags |= r->priority;
    options->desktop = text_wide(a, r->desktop);
    return apply_reduce(a, r, options);
}
